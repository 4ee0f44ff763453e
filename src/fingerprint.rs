//! Names for findings that survive moved lines: what baselines and code hosts recognise a finding by.
//!
//! A fingerprint is the 128-bit FNV-1a hash (<http://www.isthe.com/chongo/tech/comp/fnv/>) of the check's id, the path in the
//! repository, the finding's context (directive and enclosing blocks), the text at fault with blanks folded, and the number of
//! earlier findings that are alike in all of these. It holds no line, no message and no severity, so that neither an edit
//! elsewhere in the file nor a new wording in a later release changes it. The hash guards against accidents only.
//!
//! A finding with several places hashes all of them; a baseline knows each place for itself, so that a further suite or version in a
//! known setting is new, and one less is not.

use crate::files::FileTree;
use crate::finding::Finding;
use crate::span::Location;
use std::collections::HashMap;
use std::fmt;

/// What a finding is recognised by from one run to the next.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Fingerprint(pub u128);

impl Fingerprint {
    /// Reads the 32 hexadecimal digits that [`fmt::Display`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        digits.then(|| u128::from_str_radix(text, 16).ok().map(Self))?
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// The fingerprints of `findings`, in their order; `prefix` is the working directory's path in the repository (`infra/`).
pub fn of(findings: &[Finding], files: &dyn FileTree, prefix: &str) -> Vec<Fingerprint> {
    let mut seen: HashMap<u128, u32> = HashMap::new();
    let mut told = |alike: u128| {
        let occurrence = seen.entry(alike).or_default();
        let print = Fingerprint(feed(alike, &occurrence.to_le_bytes()));
        *occurrence += 1;
        print
    };
    let whole = findings.iter().map(|finding| {
        let places = places(finding).map(|place| alike(finding.check, place, files, prefix));
        let whole = places.reduce(|all, place| feed(all, &place.to_le_bytes()));
        told(whole.expect("a finding has a place"))
    });
    whole.collect()
}

/// For each finding the fingerprints of its places, each as if it were a finding of its own: what baselines know.
pub fn of_places(findings: &[Finding], files: &dyn FileTree, prefix: &str) -> Vec<Vec<Fingerprint>> {
    let mut all: Vec<(usize, Location, u128)> = Vec::new();
    for (rank, finding) in findings.iter().enumerate() {
        let hash = |place: Place<'_>| alike(finding.check, place, files, prefix);
        all.extend(places(finding).map(|place| (rank, place.0, hash(place))));
    }
    // Of places that are alike the first in its file is the first.
    all.sort_by_key(|(_, location, _)| *location);
    let mut seen: HashMap<u128, u32> = HashMap::new();
    let mut out = vec![Vec::new(); findings.len()];
    for (rank, _, alike) in all {
        let occurrence = seen.entry(alike).or_default();
        if let Some(prints) = out.get_mut(rank) {
            prints.push(Fingerprint(feed(alike, &occurrence.to_le_bytes())));
        }
        *occurrence += 1;
    }
    out
}

/// A place at fault and its context.
type Place<'a> = (Location, &'a str);

fn places(finding: &Finding) -> impl Iterator<Item = Place<'_>> {
    let marks = finding.marks.iter().map(|mark| (mark.location, mark.context.as_str()));
    std::iter::once((finding.location, finding.context.as_str())).chain(marks)
}

/// A path in the repository, `/` between its parts, `.` and `..` taken out; an absolute path stays as it is.
pub fn repository_path(display: &str, prefix: &str) -> String {
    if display.starts_with('/') {
        return display.to_owned();
    }
    let joined = format!("{prefix}/{display}");
    let mut parts: Vec<&str> = Vec::new();
    for part in joined.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// The hash of everything but the occurrence.
fn alike(check: &str, (location, context): Place<'_>, files: &dyn FileTree, prefix: &str) -> u128 {
    let source = files.source(location.file);
    let path = repository_path(source.display(), prefix);
    let words = location.span.of(source.text()).split_whitespace();
    let mut hash = OFFSET_BASIS;
    for part in [check, path.as_str(), context].into_iter().chain(words) {
        hash = feed(hash, part.as_bytes());
        hash = feed(hash, &[0]);
    }
    hash
}

const OFFSET_BASIS: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;

/// FNV-1a: exclusive or, then multiply.
fn feed(hash: u128, bytes: &[u8]) -> u128 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::Memory;
    use crate::finding::Severity;
    use crate::span::Span;
    use std::path::Path;

    #[test]
    fn the_hash_is_fnv_1a() {
        // Test vectors of draft-eastlake-fnv, appendix C.
        assert_eq!(feed(OFFSET_BASIS, b""), 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d);
        assert_eq!(feed(OFFSET_BASIS, b"a"), 0xd228_cb69_6f1a_8caf_7891_2b70_4e4a_8964);
        assert_eq!(feed(OFFSET_BASIS, b"foobar"), 0x343e_1662_793c_64bf_6f0d_3597_ba44_6f18);
    }

    fn findings(text: &str, word: &str) -> (Memory, Vec<Finding>) {
        let files = Memory::new([("a.conf", text)]);
        let source = files.read(Path::new("a.conf")).unwrap();
        let found = text.match_indices(word).map(|(at, _)| {
            let span = Span::new(at as u32, (at + word.len()) as u32);
            let mut finding = Finding::new("x", Severity::Note, Location::new(source.id(), span), "m");
            finding.context = "server/ssl_protocols".into();
            finding
        });
        let findings = found.collect();
        (files, findings)
    }

    fn fingerprints(text: &str, word: &str) -> Vec<Fingerprint> {
        let (files, findings) = findings(text, word);
        of(&findings, &files, "")
    }

    #[test]
    fn moved_lines_keep_it() {
        assert_eq!(fingerprints("TLSv1.1;", "TLSv1.1"), fingerprints("\n\n# new\n  TLSv1.1;", "TLSv1.1"));
    }

    #[test]
    fn a_second_occurrence_has_its_own() {
        let two = fingerprints("TLSv1.1; TLSv1.1;", "TLSv1.1");
        assert_ne!(two[0], two[1]);
        assert_eq!(two[0], fingerprints("TLSv1.1;", "TLSv1.1")[0]);
    }

    #[test]
    fn text_at_fault_and_directory_tell_apart() {
        let (files, found) = findings("a b", "a");
        assert_ne!(of(&found, &files, ""), of(&found, &files, "infra"));
        assert_ne!(fingerprints("a b", "a"), fingerprints("a b", "b"));
    }

    #[test]
    fn paths_are_those_of_the_repository() {
        assert_eq!(repository_path("../lb/./x.conf", "infra/web"), "infra/lb/x.conf");
        assert_eq!(repository_path("x.conf", ""), "x.conf");
        assert_eq!(repository_path("/etc/x.conf", "infra"), "/etc/x.conf");
        assert_eq!(repository_path("../../x.conf", "infra"), "../x.conf");
    }

    #[test]
    fn what_is_written_is_read() {
        let fingerprint = Fingerprint(0xab);
        assert_eq!(Fingerprint::parse(&fingerprint.to_string()), Some(fingerprint));
        assert_eq!(Fingerprint::parse("+0000000000000000000000000000000"), None);
    }
}
