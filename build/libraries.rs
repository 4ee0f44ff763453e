//! `rules/libraries/*.yaml` → `libraries.rs`: one constant table for every build of every release.

use super::criteria::{AUTHENTICATIONS, CLASSES, Criteria, ENCRYPTIONS, KEY_EXCHANGES, MACS, bits};
use super::data::{files, protocol, write};
use super::order;
use super::release::{Choice, Order, Release, Tls13, read_release};
use super::suites::Row as Suite;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Switches that decide what goes into the tables.
const TABLE_SWITCHES: &[&str] = &["export-classes", "iana-names", "tls13-names"];
/// Switches that decide how strings are read.
const SWITCHES: &[&str] = &[
    "all-high-fips-prefix",
    "default-prefix",
    "empty-is-fine-when-lenient",
    "letter-case-ignored",
    "name-pins-suite",
    "not-default-erased-by-class",
    "security-level",
    "suite-b",
    "system-profile",
    "underscore-in-words",
    "version-word-only-last",
    "words-without-equals-sign",
];
/// Code points by their names.
type Codes = [(String, u16)];

pub(crate) fn generate(suites: &[Suite], groups: &Codes, schemes: &Codes) {
    let mut paths = files("rules/libraries");
    paths.sort_by_key(|path| natural(&path.with_extension("").to_string_lossy()));

    let mut out = String::new();
    let mut libraries = Vec::new();
    let (mut known, mut shared) = (BTreeMap::new(), BTreeMap::new());
    for path in paths {
        let release = read_release(&path.to_string_lossy());
        for build in &release.builds {
            let (index, build) = (libraries.len(), Build::new(&release, build, (suites, groups, schemes)));
            // Builds that read strings alike share their tables, and a union needs to ask one of them only.
            let tables = build.tables();
            let shared = *shared.entry(tables.clone()).or_insert(index);
            if shared == index {
                out.push_str(&tables.replace("_NUMBER", &format!("_{index}")));
            }
            if let Some(release) = build.tls13_alone() {
                let alone = Build::new(&release, build.suffix, (suites, groups, schemes));
                out.push_str(&alone.tables().replace("_NUMBER", &format!("_TLS13_{index}")));
                let literal = alone.literal(index, &format!("TLS13_{index}"));
                let _ = writeln!(out, "static TLS13_{index}: Library = {literal};");
            }
            libraries.push(format!("    {},\n", build.literal(index, &shared.to_string())));
            for (word, _) in build.words {
                *known.entry(word).or_insert(0u64) |= 1 << index;
            }
        }
    }
    let _ = writeln!(out, "pub(super) static LIBRARIES: &[Library] = &[\n{}];", libraries.concat());
    assert!(libraries.len() <= 64, "a set of libraries has 64 bits");
    out.push_str("/// Every word, with the set of the builds that know it.\npub(crate) static KNOWN: &[(&str, u64)] = &[\n");
    for (word, libraries) in known {
        let _ = writeln!(out, "    ({word:?}, {libraries:#x}),");
    }
    out.push_str("];\n");
    write("libraries.rs", &out);
}

/// A key that sorts `3.2` before `3.10`.
fn natural(text: &str) -> Vec<(String, u32)> {
    text.split_inclusive(|c: char| !c.is_ascii_digit())
        .map(|part| {
            let digits = part.trim_end_matches(|c: char| !c.is_ascii_digit());
            (part[digits.len()..].to_owned(), digits.parse().unwrap_or(0))
        })
        .collect()
}

/// One build of a release, while its tables are worked out.
struct Build<'a> {
    release: &'a Release,
    suffix: &'a str,
    suites: &'a [Suite],
    groups: &'a Codes,
    schemes: &'a Codes,
    entries: Vec<Entry<'a>>,
    /// Every word that a string may hold, with the literal of what it means.
    words: Vec<(String, String)>,
}

struct Entry<'a> {
    name: String,
    suite: &'a Suite,
    criteria: Criteria,
    strength: u16,
    deprecated: bool,
}

impl<'a> Build<'a> {
    fn new(
        release: &'a Release,
        suffix: &'a str,
        (suites, groups, schemes): (&'a [Suite], &'a Codes, &'a Codes),
    ) -> Self {
        let (entries, words) = (Vec::new(), Vec::new());
        let mut build = Self { release, suffix, suites, groups, schemes, entries, words };
        for name in &release.switches {
            let known = SWITCHES.iter().chain(TABLE_SWITCHES).any(|known| known == name);
            assert!(known, "{}: {name} is no switch", release.id);
        }
        build.collect_entries();
        build.collect_words();
        build
    }

    fn switch(&self, name: &str) -> bool {
        self.release.switches.iter().any(|given| given == name)
    }

    /// What the build is made with.
    fn given(&self) -> impl Iterator<Item = &'a Choice> + use<'a> {
        let suffix = self.suffix;
        let release = self.release;
        release.options.iter().filter(move |option| suffix.split('+').any(|part| part == option.name))
    }

    /// What is lacking because the build is made without some options, or with some that take things away.
    fn lacking(&self, list: fn(&Choice) -> &Vec<String>) -> Vec<&'a String> {
        let off =
            self.release.options.iter().filter(|option| !self.given().any(|given| given.name == option.name));
        off.flat_map(list).chain(self.given().flat_map(|given| &given.without)).collect()
    }

    fn find(&self, name: &str) -> &'a Suite {
        let known = |suite: &&Suite| suite.openssl == name || suite.also.iter().any(|also| also == name);
        let found = self.suites.iter().find(known);
        found.unwrap_or_else(|| panic!("{}: {name} is not in rules/suites.yaml", self.release.id))
    }

    fn collect_entries(&mut self) {
        let (no_suites, no_algorithms) =
            (self.lacking(|option| &option.suites), self.lacking(|option| &option.algorithms));
        for line in &self.release.suites {
            let mut words: Vec<&str> = line.split(' ').collect();
            let strength =
                words.pop().and_then(|word| word.parse().ok()).expect("a suite's line ends in its bits");
            let name = words.remove(0);
            let suite = self.find(name);
            let parts = [&suite.kx, &suite.au, &suite.enc, &suite.mac];
            if no_suites.contains(&&suite.enc) || parts.iter().any(|part| no_algorithms.contains(part)) {
                continue;
            }
            let deprecated = words.contains(&"deprecated");
            let mut classes: Vec<String> =
                words.into_iter().filter(|word| *word != "deprecated").map(str::to_owned).collect();
            if self.switch("export-classes") && !classes.iter().any(|class| class == "export") {
                classes.push("not-export".to_owned());
            }
            let criteria = Criteria::of_suite(suite, bits(&classes, CLASSES));
            self.entries.push(Entry { name: name.to_owned(), suite, criteria, strength, deprecated });
        }
        if self.release.order == Order::Strength {
            self.entries.sort_by_key(|entry| order::place(entry.suite, entry.strength));
        }
        for option in self.given() {
            self.entries.sort_by_key(|entry| !option.first.contains(&entry.suite.enc));
        }
        assert!(self.entries.len() < 255, "{}: a set of suites has 256 bits", self.release.id);
    }

    fn collect_words(&mut self) {
        for (at, entry) in self.entries.iter().enumerate() {
            self.words.push((entry.name.clone(), format!("Meaning::Suite({at})")));
            if self.switch("iana-names") && entry.suite.iana != entry.name {
                self.words.push((entry.suite.iana.clone(), format!("Meaning::Suite({at})")));
            }
        }
        if self.switch("tls13-names") {
            let tls13 = self.release.tls13.iter().flat_map(Tls13::known);
            self.words.extend(tls13.map(|(name, _)| (name.to_owned(), "Meaning::Tls13".to_owned())));
        }
        for (name, word) in &self.release.words {
            let criteria = Criteria::of_word(word);
            // Suites' names are looked up first.
            if self.has_algorithms(criteria) && !self.words.iter().any(|(taken, _)| taken == name) {
                let meaning = self.alias(criteria, word.with_deprecated);
                self.words.push((name.clone(), meaning));
            }
        }
        let release = &self.release.id;
        if self.switch("letter-case-ignored") {
            self.words.sort_by_key(|(name, _)| name.to_ascii_lowercase());
            assert!(
                self.words.windows(2).all(|pair| !pair[0].0.eq_ignore_ascii_case(&pair[1].0)),
                "{release}"
            );
        } else {
            self.words.sort();
            assert!(
                self.words.windows(2).all(|pair| pair[0].0 != pair[1].0),
                "{release}: a word stands twice"
            );
        }
    }

    /// Whether the library has, of each category that the word names, one of the algorithms.
    fn has_algorithms(&self, criteria: Criteria) -> bool {
        let no_algorithms = self.lacking(|option| &option.algorithms);
        let has = |wanted: u32, known: &[&str]| {
            let there = |value: &str| !no_algorithms.iter().any(|name| *name == value);
            let mut values = known.iter().enumerate();
            wanted == 0 || values.any(|(bit, value)| wanted >> bit & 1 == 1 && there(value))
        };
        has(criteria.kx, KEY_EXCHANGES)
            && has(criteria.au, AUTHENTICATIONS)
            && has(criteria.enc, ENCRYPTIONS)
            && has(criteria.mac, MACS)
    }

    fn alias(&self, criteria: Criteria, with_deprecated: bool) -> String {
        let mut set = [0u64; 4];
        for (at, entry) in self.entries.iter().enumerate() {
            if criteria.fits(entry.criteria) {
                set[at / 64] |= 1 << (at % 64);
            }
        }
        let criteria = criteria.literal();
        format!(
            "Meaning::Alias {{ criteria: {criteria}, matches: Bits({set:?}), with_deprecated: {with_deprecated} }}"
        )
    }

    /// The tables, with `_NUMBER` in their names, behind a comment of what else decides how strings are read.
    fn tables(&self) -> String {
        let mut out =
            format!("// {}, {}, {}\n", self.release.family, self.release.default_rules, self.switches());
        let _ = writeln!(out, "static ENTRIES_NUMBER: &[Entry] = &[");
        for Entry { suite, criteria, strength, deprecated, .. } in &self.entries {
            let (criteria, code) = (criteria.literal(), suite.code);
            let _ = writeln!(
                out,
                "    Entry {{ suite: Suite::of({code}), criteria: {criteria}, bits: {strength}, deprecated: {deprecated} }},",
            );
        }
        let _ = writeln!(out, "];\nstatic WORDS_NUMBER: &[Word] = &[");
        for (name, meaning) in &self.words {
            let _ = writeln!(out, "    Word {{ name: {name:?}, meaning: {meaning} }},");
        }
        out.push_str("];\n");
        out
    }

    fn switches(&self) -> String {
        let field = |name: &&str| format!("{}: {}", name.replace('-', "_"), self.switch(name));
        SWITCHES.iter().map(field).collect::<Vec<_>>().join(", ")
    }

    /// The `Library` literal; its tables stand under the name `shared`.
    fn literal(&self, index: usize, shared: &str) -> String {
        let release = self.release;
        let protocols: Vec<String> =
            release.protocols.iter().map(|name| format!(".with({})", protocol(name))).collect();
        let family = match release.family.as_str() {
            "openssl" => "OpenSsl",
            "boringssl" => "BoringSsl",
            "aws-lc" => "AwsLc",
            other => panic!("{}: {other} is no family", release.id),
        };
        let made_with: Vec<&str> = self.given().map(|option| option.what.as_str()).collect();
        format!(
            "Library {{ index: {index}, id: {:?}, release: {:?}, name: {:?}, made_with: &{made_with:?}, \
             family: Family::{family}, switches: Switches {{ {} }}, default_rules: {:?}, system_ciphers: None, entries: ENTRIES_{shared}, strengths: &[{}], \
             words: WORDS_{shared}, is_twin: {}, own_names: &[{}], protocols: ProtocolSet::EMPTY{}, security: {}, tls13: {}, default_groups: &[{}], key_shares: &[{}], \
             groups: &[{}], group_names_in_any_case: {}, group_tuples: {}, any_group_in_tls13: {}, group_names_unread: &{:?}, signatures: {} }}",
            format!("{}{}", release.id, self.suffix),
            release.id,
            release.name,
            self.switches(),
            release.default_rules,
            self.strengths(),
            shared != index.to_string(),
            self.own_names(),
            protocols.concat(),
            self.security(),
            self.tls13(index),
            self.group_list(&release.groups.default),
            self.group_list(&release.groups.key_shares),
            self.group_list(&release.groups.known),
            release.groups.any_case,
            release.groups.tuples,
            release.groups.any_in_tls13,
            release.groups.unread,
            self.signatures(),
        )
    }

    /// The bits of security of every suite in the order of code points: they are looked up for every suite of every endpoint.
    fn strengths(&self) -> String {
        let mut strengths: Vec<_> =
            self.entries.iter().map(|entry| (entry.suite.code, entry.strength.to_string())).collect();
        let tls13 = self.release.tls13.iter().flat_map(Tls13::known);
        strengths.extend(tls13.map(|(name, bits)| (self.find(name).code, bits.to_owned())));
        strengths.sort();
        let literal = |(code, bits): &(u16, String)| format!("(Suite::of({code}), {bits})");
        strengths.iter().map(literal).collect::<Vec<_>>().join(", ")
    }

    /// The suites that the library calls something else than current OpenSSL does.
    fn own_names(&self) -> String {
        let own = self.entries.iter().filter(|entry| entry.name != entry.suite.openssl);
        own.map(|entry| format!("(Suite::of({}), {:?})", entry.suite.code, entry.name))
            .collect::<Vec<_>>()
            .join(", ")
    }

    fn security(&self) -> String {
        let Some(security) = &self.release.security else { return "None".to_owned() };
        let refused = &security.protocols_refused_from;
        let not_offered = security.protocols_not_offered_from.as_ref().unwrap_or(refused);
        let levels = |of: &BTreeMap<String, u8>| {
            let levels = of.iter().map(|(name, level)| format!("({}, {level})", protocol(name)));
            levels.collect::<Vec<_>>().join(", ")
        };
        format!(
            "Some(Security {{ default: {}, rc4_refused_from: {:?}, rsa_strength_rounded: {}, \
             certificate_signatures_unjudged: {}, protocols_refused_from: &[{}], \
             protocols_not_offered_from: &[{}] }})",
            security.default,
            security.rc4_refused_from,
            security.rsa_strength_rounded,
            security.certificate_signatures_unjudged,
            levels(refused),
            levels(not_offered)
        )
    }

    fn tls13(&self, index: usize) -> String {
        let Some(tls13) = &self.release.tls13 else { return "None".to_owned() };
        let mut default: Vec<&Suite> = tls13.default.iter().map(|name| self.find(name)).collect();
        for option in self.given() {
            default.sort_by_key(|suite| !option.first.contains(&suite.enc));
        }
        let default: Vec<String> = default.iter().map(|suite| format!("Suite::of({})", suite.code)).collect();
        let code = |(name, bits)| format!("(Suite::of({}), {bits})", self.find(name).code);
        let known: Vec<String> = tls13.known().map(code).collect();
        let reading = match tls13.read_as.as_deref() {
            None => "Nothing".to_owned(),
            Some("names") => "Names { skips_unknown: true }".to_owned(),
            Some("known-names") => "Names { skips_unknown: false }".to_owned(),
            Some("cipher-string") => format!("CipherString(&TLS13_{index})"),
            Some(other) => panic!("{}: TLS 1.3 suites cannot be read as {other}", self.release.id),
        };
        format!(
            "Some(Tls13 {{ suites: &[{}], default: &[{}], reading: Tls13Reading::{reading} }})",
            known.join(", "),
            default.join(", ")
        )
    }

    /// The release as if it had no suites but TLS 1.3's, where strings of those are read like cipher strings.
    fn tls13_alone(&self) -> Option<Release> {
        let tls13 = self.release.tls13.as_ref()?;
        let is_meant = tls13.read_as.as_deref() == Some("cipher-string");
        is_meant.then(|| Release { suites: tls13.suites.clone(), tls13: None, ..self.release.clone() })
    }

    fn group_list(&self, names: &[String]) -> String {
        self.code_list("Group", self.groups, names)
    }

    fn signatures(&self) -> String {
        let signatures = &self.release.signatures;
        let list = |names: &[String]| self.code_list("Scheme", self.schemes, names);
        format!(
            "Signatures {{ known: &[{}], default: &[{}], paired_only: &[{}], forgiving: {}, sha1_bits: {:?}, judges_old_handshakes: {} }}",
            list(&signatures.known),
            list(signatures.default.as_ref().unwrap_or(&signatures.known)),
            list(&signatures.paired_only),
            signatures.forgiving,
            signatures.sha1_bits,
            signatures.judges_old_handshakes,
        )
    }

    fn code_list(&self, what: &str, known: &Codes, names: &[String]) -> String {
        let code = |name: &String| {
            let found = known.iter().find(|(known, _)| known == name);
            let (_, code) = found.unwrap_or_else(|| panic!("{}: {name} is not known", self.release.id));
            format!("{what}::of({code})")
        };
        names.iter().map(code).collect::<Vec<_>>().join(", ")
    }
}
