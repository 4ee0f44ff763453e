//! The data against the OpenSSL that this test links, over random strings that walk the grammar.

use tlslint::library::{ErrorKind, Library, Parser, linked};

/// How many strings; each costs the linked library about 0.15 ms.
const STRINGS: usize = 20_000;

#[test]
fn random_strings_mean_what_the_linked_library_says() {
    let library = linked::data();
    let words: Vec<&str> = Library::all().iter().flat_map(Library::words).collect();
    let mut random = Random(0x5EED_0F71_5714);
    let mut accepted = 0;
    for _ in 0..STRINGS {
        let string = random.string(&words);
        let expansion = library.expand(&string, Parser::Strict);
        let got: Result<Vec<_>, ErrorKind> = match expansion.error {
            Some(error) => Err(error.kind),
            None => Ok(expansion.suites.iter().map(|selected| selected.suite).collect()),
        };
        accepted += usize::from(got.is_ok());
        assert_eq!(got, linked::suites(&string), "{}: {string:?}", library.id());
    }
    // Else the strings would only have compared errors.
    assert!(accepted > STRINGS / 3, "{accepted} strings select something");
}

/// A linear congruential generator (Knuth, MMIX): the same strings on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % bound
    }

    fn one<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }

    fn string(&mut self, words: &[&str]) -> String {
        let mut string = String::new();
        match self.below(20) {
            0..6 => {
                string += self.one(&[
                    "DEFAULT",
                    "DEFAULT:",
                    "ALL:",
                    "HIGH:",
                    "ALL:COMPLEMENTOFALL:",
                    "COMPLEMENTOFDEFAULT:",
                ]);
            }
            6 if self.below(4) == 0 => {
                string += self.one(&[
                    "SUITEB128",
                    "SUITEB128ONLY",
                    "SUITEB128C2",
                    "SUITEB192",
                    "suiteb128",
                    "default:",
                ]);
            }
            _ => {}
        }
        for _ in 0..=self.below(8) {
            self.item(words, &mut string);
            string += match self.below(30) {
                0..22 => ":",
                22..26 => self.one(&[" ", ",", ";", "::", ": "]),
                26..29 => "",
                _ => self.one(&["+", "!", "\t", "_", "=", "#", "é", ".", "/", "\"", "@"]),
            };
        }
        string
    }

    fn item(&mut self, words: &[&str], string: &mut String) {
        *string += match self.below(16) {
            0..8 => "",
            8..10 => "!",
            10..12 => "-",
            12..14 => "+",
            _ if self.below(3) == 0 => {
                *string += self.one(&[
                    "@STRENGTH",
                    "@SECLEVEL=0",
                    "@SECLEVEL=3",
                    "@SECLEVEL=5",
                    "@STRENGTH",
                    "@SECLEVEL=6",
                    "@FOO",
                ]);
                return;
            }
            _ => "",
        };
        self.word(words, string);
        while self.below(3) == 0 {
            string.push('+');
            self.word(words, string);
        }
    }

    fn word(&mut self, words: &[&str], string: &mut String) {
        const COMMON: [&str; 24] = [
            "ALL",
            "HIGH",
            "MEDIUM",
            "FIPS",
            "AES",
            "AES128",
            "AES256",
            "AESGCM",
            "AESCCM",
            "CHACHA20",
            "kRSA",
            "aRSA",
            "ECDHE",
            "DHE",
            "kEDH",
            "aNULL",
            "eNULL",
            "PSK",
            "kPSK",
            "SHA1",
            "SHA256",
            "TLSv1.2",
            "SSLv3",
            "COMPLEMENTOFDEFAULT",
        ];
        match self.below(12) {
            0..6 => *string += self.one(&COMMON),
            6..10 => *string += self.one(words),
            10 => *string += &self.one(words).to_ascii_lowercase(),
            _ => {
                *string += self.one(&[
                    "FOO",
                    "DEFAULT",
                    "TLS_AES_128_GCM_SHA256",
                    "RC4",
                    "3DES",
                    "LOW",
                    "EXP",
                    "GOST",
                    "HIGHX",
                    "X.Y",
                    "A=B",
                ]);
            }
        }
    }
}
