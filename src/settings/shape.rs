//! The keys of `tlslint.toml`, said once: the reader, the schema, the template and the documentation all come from here.

/// A key of a table.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) shape: Shape,
    /// Meaning, in a sentence or two.
    pub(super) meaning: &'static str,
    pub(super) required: bool,
    /// A value as it would stand in a file.
    pub(super) example: &'static str,
}

/// What a value looks like.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// `true` or `false`.
    Boolean,
    /// A level in a string, or a table with a level and a reason.
    CheckLevel,
    /// A day, as a TOML date or in a string.
    Date,
    /// A number without a sign.
    Number,
    /// A string out of a list.
    OneOf(&'static [&'static str]),
    /// A table with these keys.
    Table(&'static [Key]),
    /// An array of such tables.
    Tables(&'static [Key]),
    /// A table whose keys are free.
    Map(&'static Shape),
    /// A table whose keys are ids of checks.
    MapOfChecks(&'static Shape),
    /// A target: a name or `key=value` list in a string, or a table with these keys.
    Target(&'static [Key]),
    /// Any string that is not empty.
    Text,
    /// An array of strings.
    Texts,
}

/// What a check's findings may be made.
pub(super) const LEVELS: &[&str] = &["off", "note", "warning", "error"];

const DIALECTS: &[&str] = &["ciphers", "envoy", "haproxy", "nginx", "openssl-conf"];

const fn key(name: &'static str, shape: Shape, meaning: &'static str, example: &'static str) -> Key {
    Key { name, shape, meaning, required: false, example }
}

const fn required(name: &'static str, shape: Shape, meaning: &'static str, example: &'static str) -> Key {
    Key { name, shape, meaning, required: true, example }
}

/// The keys of the whole file.
pub(super) const FILE: &[Key] = &[
    key(
        "policy",
        Shape::Text,
        "The policy that everything is held against: a built-in one, with its version so that upgrading the tool alone never \
         changes findings, or the path of a policy file from this file's directory.",
        "\"mozilla-intermediate@5.7\"",
    ),
    key(
        "target",
        Shape::Target(TARGET),
        "What the configuration will run on. Without it, a weakness counts when any supported server and library would serve it.",
        "{ system = \"debian-12\", nginx = \"1.28\" }",
    ),
    key(
        "fail-on",
        Shape::OneOf(&["error", "warning", "note"]),
        "The mildest severity that makes the exit code 1. Default: warning.",
        "\"warning\"",
    ),
    key(
        "baseline",
        Shape::Text,
        "A file of known findings that are not counted, as `--write-baseline` writes it.",
        "\"tlslint-baseline.json\"",
    ),
    key("root", Shape::Boolean, "Look for no settings file in the directories above.", "true"),
    key(
        "extend",
        Shape::Text,
        "A settings file whose values hold where this one has none.",
        "\"../tlslint.toml\"",
    ),
    key(
        "files",
        Shape::Table(FILES),
        "Which files are looked at, and where deployed paths stand in the repository.",
        "",
    ),
    key(
        "checks",
        Shape::MapOfChecks(&Shape::CheckLevel),
        "Levels of single checks. Anything but \"error\" takes a reason; the summary names what was made milder.",
        "",
    ),
    key(
        "override",
        Shape::Tables(OVERRIDE),
        "Another policy, target or level for some files, with a reason and mostly an expiry.",
        "",
    ),
    key(
        "variables",
        Shape::Map(&Shape::Text),
        "Values for template placeholders and environment variables.",
        "",
    ),
    key(
        "limits",
        Shape::Table(LIMITS),
        "How much one root may make of a few bytes, before what it may have for what is read of it. A file that --config names may \
         set more than stands here, one that is found beside the configuration less.",
        "",
    ),
    key(
        "purpose",
        Shape::Tables(PURPOSE),
        "What endpoints are for, for the inventory (PCI DSS 4.0.1, 12.3.3).",
        "",
    ),
];

const TARGET: &[Key] = &[
    key("system", Shape::Text, "A distribution: its server, library and openssl.cnf.", "\"debian-12\""),
    key("crypto-policy", Shape::Text, "The crypto policy of a Red Hat or Fedora system.", "\"FUTURE\""),
    key("nginx", Shape::Text, "nginx's release.", "\"1.28\""),
    key("haproxy", Shape::Text, "HAProxy's release.", "\"3.2\""),
    key("envoy", Shape::Text, "Envoy's release.", "\"1.36\""),
    key("library", Shape::Text, "The TLS library of nginx and HAProxy.", "\"openssl-3.5\""),
];

const FILES: &[Key] = &[
    key(
        "exclude",
        Shape::Texts,
        "Files and directories that are not looked at; an included file among them is read, and findings in it that concern nothing else are left out.",
        "[\"tests/bad/**\"]",
    ),
    key(
        "dialects",
        Shape::Map(&Shape::OneOf(DIALECTS)),
        "The language of files whose name and content do not tell.",
        "{ \"*.vhost\" = \"nginx\" }",
    ),
    key(
        "root-map",
        Shape::Map(&Shape::Text),
        "Where directories of the deployed machine stand in the repository.",
        "{ \"/etc/nginx\" = \"deploy/nginx\" }",
    ),
    key(
        "include-root",
        Shape::Texts,
        "Directories that includes may reach; outside the repository only in a file given by --config.",
        "[\"../tls-includes\"]",
    ),
    key(
        "certificate-root",
        Shape::Text,
        "The directory that deployed certificate paths start from.",
        "\"certs\"",
    ),
];

const LIMITS: &[Key] = &[
    key(
        "crt-list-lines",
        Shape::Number,
        "Lines of crt-lists, for each `bind` line that loads the list.",
        "10_000",
    ),
    key("endpoints", Shape::Number, "Endpoints.", "20_000"),
    key(
        "expanded-bytes",
        Shape::Number,
        "Bytes of included files, as often as they are included.",
        "33_554_432",
    ),
    key("includes", Shape::Number, "Files that others include, as often as they are included.", "10_000"),
    key("syntax-errors", Shape::Number, "Errors of the grammar that are told.", "10_000"),
    key(
        "variable-bytes",
        Shape::Number,
        "Values of variables in bytes, the places that they come from counted with them.",
        "4_194_304",
    ),
    key(
        "yaml-nodes",
        Shape::Number,
        "Nodes of YAML and JSON, those behind aliases as often as they are named.",
        "200_000",
    ),
];

const OVERRIDE: &[Key] = &[
    required("files", Shape::Texts, "The files it holds for.", "[\"legacy/**\"]"),
    key("policy", Shape::Text, "The policy that they are held against.", "\"mozilla-old@5.7\""),
    key("target", Shape::Target(TARGET), "What they will run on.", "\"debian-11\""),
    key(
        "checks",
        Shape::MapOfChecks(&Shape::OneOf(LEVELS)),
        "Levels of single checks there.",
        "{ plaintext-endpoint = \"off\" }",
    ),
    required("reason", Shape::Text, "Why.", "\"payment terminals, OPS-12\""),
    key("until", Shape::Date, "The last day on which it holds.", "2027-03-31"),
];

const PURPOSE: &[Key] = &[
    key("files", Shape::Texts, "The files that its endpoints stand in.", "[\"api/**\"]"),
    key("names", Shape::Texts, "The names that its endpoints serve or connect to.", "[\"*.api.example\"]"),
    required("purpose", Shape::Text, "What they are for.", "\"partners' API\""),
];

/// The keys of a level written as a table.
pub(super) const CHECK_LEVEL: &[Key] = &[
    required("level", Shape::OneOf(LEVELS), "What its findings are made.", "\"off\""),
    key("reason", Shape::Text, "Why; needed for anything but \"error\".", "\"by arrangement, contract 12\""),
];
