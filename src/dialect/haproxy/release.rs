//! What each HAProxy release assumes and which words it knows (`rules/servers/haproxy.yaml`).

use crate::protocol::Protocol;
use crate::target::Release;

include!(concat!(env!("OUT_DIR"), "/haproxy.rs"));

/// What a release does where nothing is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Defaults {
    from: Release,
    /// The oldest protocol of a `bind`.
    pub(super) bind_minimum: Protocol,
    /// Diffie-Hellman parameters for DHE suites, in bits; 0 for none.
    pub(super) dh_bits: u32,
    /// Whether HAProxy's own parameters beside an EC key are as long as is set, and not 1024 bits.
    pub(super) dh_beside_ec_is_set: bool,
    /// Whether clients without SNI get the versions of the first certificate's crt-list line rather than the bind line's.
    pub(super) default_certificate_versions: bool,
    /// Whether a crt-list line's groups hold for its names.
    pub(super) groups_of_line: bool,
    /// Whether the certificates of a bundle are one context, in which the library chooses.
    pub(super) bundles_share_context: bool,
    /// Whether `ecdhe` takes one curve by its short name, and no list.
    pub(super) ecdhe_is_one_curve: bool,
    /// Whether a file must end with a newline.
    pub(super) needs_newline: bool,
    /// Whether `no-ssl` leaves the cipher string of a server that has spoken TLS so far.
    pub(super) no_ssl_keeps_ciphers: bool,
    /// Whether a directory's files whose names start with a dot are passed over.
    pub(super) skips_hidden: bool,
    /// Whether `ca-file` may be a directory or `@system-ca`.
    pub(super) takes_trusted_directories: bool,
    /// Whether the certificate that a server is shown is one file with its key, without files beside it.
    pub(super) server_certificate_is_one_file: bool,
    /// Whether servers are sent the request's host name as SNI.
    pub(super) sends_host: bool,
    /// Whether clients that offer no RSA signatures but RSA-PSS ones count as clients that take RSA.
    pub(super) pss_is_rsa: bool,
}

/// A word of the configuration language.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Keyword {
    /// The word.
    pub(super) name: &'static str,
    /// How many words it takes; -1 where it takes what it needs.
    pub(super) arguments: i8,
    /// How many words it may have at most on a line of `global`; -1 where that is not told.
    pub(super) most: i8,
    /// Whether `default-server` may have it.
    pub(super) in_default: bool,
    since: Release,
    until: Release,
}

/// What a release makes of a word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Lookup {
    /// It knows it.
    Known(&'static Keyword),
    /// Other releases do; the first and last that do, where there is one.
    OtherRelease(&'static Keyword),
    /// None does.
    Unknown,
}

/// The defaults of `release`; those of the releases that serve most where it is not known.
pub(super) fn defaults(release: Option<Release>) -> Defaults {
    let row = DEFAULTS.iter().rev().find(|row| release.is_some_and(|release| row.from <= release));
    *row.or(DEFAULTS.first()).expect("the table of defaults has a first row")
}

/// Looks `word` up in one of the tables.
pub(super) fn look_up(table: &'static [Keyword], word: &str, release: Option<Release>) -> Lookup {
    let Some(keyword) =
        table.binary_search_by(|keyword| keyword.name.cmp(word)).ok().and_then(|at| table.get(at))
    else {
        return Lookup::Unknown;
    };
    match release {
        Some(release) if !(keyword.since..=keyword.until).contains(&release) => Lookup::OtherRelease(keyword),
        _ => Lookup::Known(keyword),
    }
}

/// What to say of a word that no release knows: a near one that it may be a misspelling of.
///
/// Without a release in the target and without a near word nothing is said: later releases and other editions know more words.
pub(super) fn unknown(table: &'static [Keyword], word: &str, release: Option<Release>) -> Option<String> {
    match nearest(table, word) {
        Some(hint) => Some(format!("; did you mean '{hint}' maybe ?")),
        None => release.map(|_| String::new()),
    }
}

/// The known word that is spelt most like `word`, where one is near.
///
/// Distances are worked out for words alone that have nearly the same letters, since each takes the product of two lengths.
fn nearest(table: &'static [Keyword], word: &str) -> Option<&'static str> {
    let limit = word.len() / 3;
    let own = letters(word);
    let near = table.iter().filter(|keyword| {
        let length = keyword.name.len().abs_diff(word.len());
        length <= limit && differing(&letters(keyword.name), &own) <= limit
    });
    near.map(|keyword| (strsim::damerau_levenshtein(keyword.name, word), keyword.name))
        .filter(|(distance, _)| *distance <= limit)
        .min()
        .map(|(_, name)| name)
}

/// How often each letter stands in a word, letters in groups.
type Letters = [u16; 32];

fn letters(word: &str) -> Letters {
    let mut letters = [0_u16; 32];
    for character in word.chars() {
        let group = &mut letters[character as usize % 32];
        *group = group.saturating_add(1);
    }
    letters
}

/// How many edits it takes at least to make the letters of one word those of the other.
fn differing(one: &Letters, other: &Letters) -> usize {
    let (mut more, mut fewer) = (0, 0);
    for (one, other) in one.iter().zip(other) {
        more += usize::from(one.saturating_sub(*other));
        fewer += usize::from(other.saturating_sub(*one));
    }
    more.max(fewer)
}

/// What is not certain of predictions for `release`, in words; `None` where its line was held against a running server.
pub(super) fn unverified(release: Release) -> Option<String> {
    if VERIFIED.iter().any(|verified| verified.0[..2] == release.0[..2]) {
        return None;
    }
    if (FIRST..=LAST).contains(&release) {
        return Some(format!("HAProxy {release} is predicted from its sources"));
    }
    Some(format!("HAProxy {release} is predicted as the nearest release that is known"))
}

impl Keyword {
    /// `since 2.8`, `up to 2.6`: the releases that know the word, for a message.
    pub(super) fn releases(&self) -> String {
        if self.until.0[0] == u16::MAX {
            format!("known since {}.{}", self.since.0[0], self.since.0[1])
        } else if self.since.0[0] == 0 {
            format!("known up to {}.{}", self.until.0[0], self.until.0[1])
        } else {
            format!(
                "known from {}.{} to {}.{}",
                self.since.0[0], self.since.0[1], self.until.0[0], self.until.0[1]
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn knows(table: &'static [Keyword], word: &str, release: &str) -> bool {
        matches!(look_up(table, word, Release::parse(release)), Lookup::Known(_))
    }

    #[test]
    fn words_come_and_go_with_releases() {
        assert!(!knows(BIND, "sigalgs", "2.6.12") && knows(BIND, "sigalgs", "3.0.11"));
        assert!(!knows(GLOBAL, "ssl-security-level", "2.6.12") && knows(GLOBAL, "ssl-security-level", "3.2"));
        assert!(knows(GLOBAL, "nbproc", "2.2.9") && !knows(GLOBAL, "nbproc", "2.6.12"));
        assert_eq!(look_up(BIND, "ssl-min-version", None), Lookup::Unknown);
        assert_eq!(nearest(BIND, "ssl-min-version"), Some("ssl-min-ver"));
        assert!(matches!(look_up(SERVER, "no-tlsv13", None), Lookup::Known(keyword) if !keyword.in_default));
    }

    #[test]
    fn defaults_change_with_releases() {
        assert_eq!(defaults(Release::parse("2.2.9")).dh_bits, 2048);
        assert_eq!(defaults(Release::parse("2.6.12")).dh_bits, 0);
        assert!(defaults(Release::parse("3.4")).sends_host);
        assert_eq!(defaults(None).dh_bits, 2048, "the weakest of all");
        assert_eq!(unverified(Release::new(3, 2, 26)), None);
        assert!(unverified(Release::new(2, 8, 0)).is_some() && unverified(Release::new(3, 5, 0)).is_some());
    }
}
