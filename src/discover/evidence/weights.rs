//! What every sign of a language weighs, and why.

/// Points at which a file is taken for one in a language.
pub(super) const ENOUGH: i32 = 100;

/// Something about a file that speaks for a language or against it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sign {
    /// The name is the one that the server looks for.
    OwnName,
    /// The ending is used for this language alone.
    OwnEnding,
    /// The name holds the server's name.
    NamedFor,
    /// A directory above holds the server's name.
    DirectoryNamedFor,
    /// A directory above is one that servers keep sites in.
    DirectoryOfSites,
    /// Other files of the directory, which one include takes together, are in this language.
    BesideItsKind,
    /// A block or section as only this language has it, with something of its own inside.
    Structure,
    /// One statement of its own.
    OneStatement,
    /// Two or more different statements of its own.
    Statements,
    /// A TLS setting of its own.
    TlsSetting,
    /// Two or more different TLS settings of its own.
    TlsSettings,
    /// Nine lines in ten are its statements.
    VeryDense,
    /// Six lines in ten are its statements.
    Dense,
    /// Fewer than four lines in ten are its statements.
    Sparse,
    /// Three lines in four are none of its statements.
    Foreign,
    /// The ending is one of texts for people.
    PlainText,
    /// The text says at its start that it is something else.
    OtherLanguage,
}

/// A sign's points, with the reason for them.
struct Weight {
    sign: Sign,
    points: i32,
    /// Read by people alone.
    #[allow(dead_code, reason = "why the points are what they are, for whoever changes them")]
    reason: &'static str,
}

const fn weight(sign: Sign, points: i32, reason: &'static str) -> Weight {
    Weight { sign, points, reason }
}

/// The only place that says what decides.
///
/// Content alone is enough with a structure, two different statements and most lines (40 + 40 + 20), or with nothing but statements and
/// two different TLS settings among them (30 + 40 + 30).
const WEIGHTS: [Weight; 17] = [
    weight(
        Sign::OwnName,
        100,
        "an empty nginx.conf is nginx's; a logrotate rule of that name is not, and its lines say so",
    ),
    weight(
        Sign::OwnEnding,
        80,
        "other programs have taken such endings for their own files, so a statement is asked for",
    ),
    weight(Sign::NamedFor, 30, "a monitoring rule for nginx has it in its name, too"),
    weight(
        Sign::DirectoryNamedFor,
        50,
        "a server's directory also holds its jails, units, certificates and pages",
    ),
    weight(
        Sign::DirectoryOfSites,
        20,
        "conf.d, sites-enabled and vhosts belong to Apache and many others as well",
    ),
    weight(
        Sign::BesideItsKind,
        20,
        "one include takes a directory's files for one language; a single setting of TLS in it is not enough by itself",
    ),
    weight(Sign::Structure, 40, "blocks nest alike in many languages, hence it needs statements beside it"),
    weight(Sign::OneStatement, 20, "one line may look like anything: `bind 127.0.0.1` is Redis, too"),
    weight(Sign::Statements, 40, "two different statements by chance are rare"),
    weight(
        Sign::TlsSetting,
        20,
        "words such as ssl_protocols, in its grammar, are hardly ever something else; what is missed here costs most",
    ),
    weight(Sign::TlsSettings, 30, "a snippet of TLS settings has no block, and is what this tool exists for"),
    weight(Sign::VeryDense, 30, "a text that is nothing but statements is no prose, and no other language"),
    weight(Sign::Dense, 20, "modules, and includes with placeholders, have names that no list knows"),
    weight(Sign::Sparse, -60, "a document with an example in it is mostly something else"),
    weight(Sign::Foreign, -100, "whatever the file is called, its lines are of another program"),
    weight(Sign::PlainText, -40, "a .txt beside a configuration mostly explains it, in its words"),
    weight(Sign::OtherLanguage, -200, "a script, markup or a program says so in its first bytes"),
];

impl Sign {
    /// What it weighs.
    pub(super) fn points(self) -> i32 {
        WEIGHTS.iter().find(|weight| weight.sign == self).map_or(0, |weight| weight.points)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_sign_has_one_weight() {
        for (index, one) in WEIGHTS.iter().enumerate() {
            assert!(WEIGHTS[index + 1..].iter().all(|other| other.sign != one.sign), "{:?}", one.sign);
            assert!(!one.reason.is_empty());
            assert_ne!(one.points, 0);
        }
    }
}
