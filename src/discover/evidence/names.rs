//! What a path alone says: whether a file is opened, and which languages its name and its directories speak for.

use super::weights::Sign;
use crate::endpoint::Dialect;
use std::path::Path;

/// Endings of template languages and of copies to be filled in, taken off before the name is looked at.
pub(in crate::discover) const TEMPLATES: &[&str] = &[
    "ctmpl",
    "default",
    "development",
    "dist",
    "ejs",
    "envsubst",
    "epp",
    "erb",
    "eta",
    "example",
    "ftl",
    "gotmpl",
    "gotpl",
    "handlebars",
    "hbs",
    "in",
    "j2",
    "jinja",
    "jinja2",
    "jnj",
    "liquid",
    "local",
    "mako",
    "mustache",
    "njk",
    "prod",
    "production",
    "sample",
    "staging",
    "template",
    "tftpl",
    "tmpl",
    "tpl",
    "tt",
    "tt2",
    "twig",
    "vm",
];

/// Endings that configurations have.
const CONFIGURATIONS: &[&str] = &[
    "cf", "cfg", "ciphers", "cnf", "conf", "config", "haproxy", "inc", "json", "nginx", "vhost", "yaml",
    "yml",
];

/// Endings of programs that write configurations: never guessed, and looked through for TLS settings that nobody judges.
const INFRASTRUCTURE: &[&str] = &["bash", "ksh", "nix", "pp", "sh", "tf", "zsh"];

/// Endings of source code and of what programs read: never guessed.
const SOURCES: &[&str] = &[
    "ac",
    "am",
    "asm",
    "awk",
    "bat",
    "bazel",
    "bzl",
    "c",
    "cc",
    "cjs",
    "cl",
    "clj",
    "cljs",
    "cmake",
    "cmd",
    "cpp",
    "cr",
    "cs",
    "csh",
    "css",
    "cue",
    "cxx",
    "d",
    "dart",
    "desktop",
    "dhall",
    "diff",
    "ebuild",
    "el",
    "elm",
    "erl",
    "ex",
    "exs",
    "f",
    "f90",
    "feature",
    "fish",
    "fs",
    "gemspec",
    "go",
    "gradle",
    "graphql",
    "groovy",
    "h",
    "hcl",
    "hh",
    "hpp",
    "hrl",
    "hs",
    "hxx",
    "inl",
    "ipynb",
    "java",
    "jl",
    "js",
    "jsonnet",
    "jsx",
    "kt",
    "kts",
    "less",
    "lhs",
    "libsonnet",
    "lisp",
    "lock",
    "lua",
    "m",
    "m4",
    "mak",
    "map",
    "mjs",
    "mk",
    "ml",
    "mli",
    "mm",
    "mount",
    "mts",
    "nim",
    "pas",
    "patch",
    "path",
    "php",
    "phtml",
    "pl",
    "pm",
    "proto",
    "ps1",
    "psm1",
    "pxd",
    "py",
    "pyi",
    "pyx",
    "r",
    "rake",
    "rb",
    "rego",
    "rkt",
    "rs",
    "s",
    "sass",
    "scala",
    "scm",
    "scss",
    "service",
    "sol",
    "socket",
    "spec",
    "sql",
    "sty",
    "styl",
    "sv",
    "svelte",
    "swift",
    "target",
    "tcl",
    "tfvars",
    "thrift",
    "timer",
    "toml",
    "ts",
    "tsx",
    "unit",
    "v",
    "vala",
    "vb",
    "vcl",
    "vhd",
    "vim",
    "vue",
    "wat",
    "xsd",
    "xsl",
    "xslt",
    "y",
    "zig",
];

/// Endings of prose and of tables of words: never guessed.
const PROSE: &[&str] = &[
    "adoc", "asciidoc", "bib", "csv", "htm", "html", "log", "markdown", "md", "mdx", "pod", "po", "pot",
    "rst", "rtf", "tex", "texi", "textile", "tsv", "wiki", "xhtml", "xml",
];

/// Endings of what is no text, and of keys and certificates: never opened.
const DATA: &[&str] = &[
    "7z", "a", "age", "asc", "avi", "bin", "bmp", "bz2", "cer", "class", "crl", "crt", "csr", "db", "deb",
    "der", "dll", "doc", "docx", "dylib", "elf", "eot", "exe", "gif", "gpg", "gz", "icns", "ico", "jar",
    "jks", "jpeg", "jpg", "key", "keystore", "mo", "mov", "mp3", "mp4", "o", "odt", "ogg", "otf", "p12",
    "parquet", "pdf", "pem", "pfx", "png", "ppt", "pptx", "ps", "psd", "pub", "pyc", "pyo", "rar", "rlib",
    "rmeta", "rpm", "sig", "so", "sqlite", "sqlite3", "svg", "tar", "tgz", "tif", "tiff", "ttf", "txz",
    "wasm", "wav", "webm", "webp", "whl", "woff", "woff2", "xls", "xlsx", "xz", "zip", "zst",
];

/// Endings of source code and prose that domains have, too: `sites-available/www.example.pl` is a site.
const COUNTRIES: &[&str] = &[
    "am", "as", "cc", "cl", "cr", "cs", "d", "fm", "gs", "hs", "la", "md", "mk", "ml", "mm", "pl", "pm",
    "ps", "pw", "py", "rs", "s", "sh", "so", "st", "sv", "tf", "vu",
];

/// How far a path promises a configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::discover) enum Opening {
    /// It is read, and its language settled.
    Judged,
    /// It lies among the files of a server: its beginning is looked at, and that it cannot be is told.
    Placed,
    /// Nothing in its name speaks against one: its beginning is looked at, and it is read where that speaks for one.
    Peeked,
    /// It is in another language for certain, and may write a configuration.
    Scanned,
    /// It is never opened.
    Never,
}

/// What becomes of a file at `path`.
pub(in crate::discover) fn opening(path: &Path) -> Opening {
    let name = bare_name(path);
    let ending = ending(&name);
    if is_among(COUNTRIES, ending) && lies_in_sites(path) {
        Opening::Placed
    } else if is_among(DATA, ending) || is_among(SOURCES, ending) || is_among(PROSE, ending) {
        Opening::Never
    } else if is_among(INFRASTRUCTURE, ending) || name.starts_with("dockerfile") {
        Opening::Scanned
    } else if is_among(CONFIGURATIONS, ending) {
        Opening::Judged
    } else if !of_path(path).is_empty() {
        Opening::Placed
    } else {
        Opening::Peeked
    }
}

/// Whether a file lies in a directory of one file for each site.
fn lies_in_sites(path: &Path) -> bool {
    let directory = path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().to_lowercase());
    directory.is_some_and(|name| ["sites", "vhost"].iter().any(|start| name.starts_with(start)))
}

/// Whether files of this name are of one language by their ending: YAML or JSON.
pub(super) fn is_yaml(path: &Path) -> bool {
    matches!(ending(&bare_name(path)), "yaml" | "yml" | "json")
}

/// Whether a file is a text for people by its name.
pub(super) fn is_plain_text(path: &Path) -> bool {
    let name = bare_name(path);
    ending(&name) == "txt"
        || ["readme", "notes", "changelog", "license", "install"].iter().any(|word| name.starts_with(word))
}

/// The name without endings of template languages, in lower case.
pub(in crate::discover) fn bare_name(path: &Path) -> String {
    let mut name = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    while let Some((stem, ending)) = name.rsplit_once('.')
        && !stem.is_empty()
        && is_among(TEMPLATES, unmarked(ending))
    {
        name = stem.to_owned();
    }
    name
}

/// Whether a file is a template, or a copy to be filled in, by its name.
pub fn is_template(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().to_lowercase() != bare_name(path))
}

/// What the path says of which language, each sign once.
pub(super) fn of_path(path: &Path) -> Vec<(Dialect, Sign)> {
    let name = bare_name(path);
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let directories: Vec<String> = absolute.parent().into_iter().flat_map(parts).collect();
    let mut signs = Vec::new();
    if let Some(dialect) = own_name(&name) {
        signs.push((dialect, Sign::OwnName));
    } else if let Some(dialect) = own_ending(ending(&name)) {
        signs.push((dialect, Sign::OwnEnding));
    }
    for (dialect, word) in NAMED_FOR {
        let names = |text: &str| text.contains(word);
        signs.extend(names(&name).then_some((dialect, Sign::NamedFor)));
        let directory = directories.iter().any(|part| names(part));
        signs.extend(directory.then_some((dialect, Sign::DirectoryNamedFor)));
    }
    let holds_sites = |part: &String| {
        matches!(part.as_str(), "conf.d" | "http.d" | "conf" | "stream.d")
            || ["sites-", "vhost"].iter().any(|start| part.starts_with(start))
    };
    signs.extend(directories.iter().any(holds_sites).then_some((Dialect::Nginx, Sign::DirectoryOfSites)));
    signs
}

/// Words in names and directories that speak for a language.
const NAMED_FOR: [(Dialect, &str); 4] = [
    (Dialect::Envoy, "envoy"),
    (Dialect::HaProxy, "haproxy"),
    (Dialect::Nginx, "nginx"),
    (Dialect::OpensslConf, "openssl"),
];

fn own_name(name: &str) -> Option<Dialect> {
    let ending = ending(name);
    match name {
        "nginx.conf" => Some(Dialect::Nginx),
        "openssl.config" | "opensslcnf.config" => Some(Dialect::OpensslConf),
        _ if name.starts_with("haproxy") && ending == "cfg" => Some(Dialect::HaProxy),
        _ if name.contains("openssl") && ending == "cnf" => Some(Dialect::OpensslConf),
        _ => None,
    }
}

fn own_ending(ending: &str) -> Option<Dialect> {
    match ending {
        "ciphers" => Some(Dialect::Ciphers),
        "haproxy" => Some(Dialect::HaProxy),
        "nginx" | "vhost" => Some(Dialect::Nginx),
        _ => None,
    }
}

/// What stands behind the last dot, without the mark of an editor or of a version behind it: `cfg~`, `conf-old`, `j2@3f8f2456`.
fn ending(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, ending)| unmarked(ending))
}

fn unmarked(ending: &str) -> &str {
    ending.split(|next: char| !next.is_ascii_alphanumeric()).next().unwrap_or(ending)
}

fn is_among(list: &[&str], ending: &str) -> bool {
    list.contains(&ending)
}

fn parts(path: &Path) -> impl Iterator<Item = String> + '_ {
    path.components().map(|part| part.as_os_str().to_string_lossy().to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(path: &str, expected: Opening) {
        assert_eq!(opening(Path::new(path)), expected, "{path}");
    }

    #[test]
    fn templates_are_looked_at_for_what_they_become() {
        for ending in TEMPLATES {
            assert_eq!(bare_name(Path::new(&format!("Nginx.conf.{ending}"))), "nginx.conf");
        }
        assert_eq!(bare_name(Path::new("haproxy.cfg.j2@3f8f2456")), "haproxy.cfg");
        assert_eq!(bare_name(Path::new(".local")), ".local");
    }

    #[test]
    fn places_of_configurations_hold_files_of_any_name() {
        for path in [
            "nginx/example.org",
            "nginx/vhosts/a.example.com",
            "sites-available/example.org",
            "vhosts.d/b.example",
            "sites-enabled/www.example.pl",
            "conf.d/proxy",
            "haproxy/frontends/one",
            "envoy/bootstrap",
        ] {
            check(path, Opening::Placed);
        }
        check("x/y.yaml", Opening::Judged);
        check("any.conf~", Opening::Judged);
        check("data/example.org", Opening::Peeked);
        check("roles/web/templates/www.example.org.j2", Opening::Peeked);
    }

    #[test]
    fn sources_prose_and_keys_are_never_guessed() {
        for path in [
            "src/nginx_client.js",
            "nginx-notes.md",
            "nginx/page.html.j2",
            "nginx/tls/site.key",
            "conf.d/site.pem",
            "nginx/nginx.service",
            "haproxy.cfg.py",
            "sites-enabled/a.rb.erb",
        ] {
            check(path, Opening::Never);
        }
        check("nginx/install.sh", Opening::Scanned);
        check("nginx/Dockerfile", Opening::Scanned);
    }
}
