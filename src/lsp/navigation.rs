//! Definitions, references, links and symbols.

use super::analysis::Read;
use super::documents::Document;
use super::effective;
use crate::endpoint::{Endpoint, Role};
use crate::files::{FileTree as _, normalise};
use crate::policy::Policy;
use crate::span::Span;
use std::path::{Path, PathBuf};

/// Words before a path of a file: nginx's and HAProxy's keys, and Envoy's.
const PATHS: &[&str] = &[
    "include",
    ".include",
    "ssl_certificate",
    "ssl_dhparam",
    "ssl_trusted_certificate",
    "ssl_client_certificate",
    "ssl_crl",
    "proxy_ssl_certificate",
    "proxy_ssl_trusted_certificate",
    "proxy_ssl_crl",
    "crt",
    "crt-list",
    "ca-file",
    "crl-file",
    "ssl-dh-param-file",
    "filename",
];

/// Words before the name of something that stands elsewhere, and the words before its definition.
const NAMES: &[(&[&str], &[&str])] = &[
    (&["use_backend", "default_backend"], &["backend", "listen"]),
    (&["proxy_pass", "grpc_pass", "uwsgi_pass"], &["upstream"]),
    (&["from"], &["defaults"]),
    (&["cluster"], &["name"]),
    (&["ssl_conf", "system_default", "openssl_conf"], &["["]),
];

/// A path in a document, with the files that it leads to.
pub(super) struct Link {
    pub(super) span: Span,
    pub(super) target: PathBuf,
}

/// An endpoint of a document.
pub(super) struct Symbol {
    pub(super) name: String,
    pub(super) detail: String,
    pub(super) span: Span,
    pub(super) path: PathBuf,
    pub(super) is_client: bool,
}

/// A word with its bytes.
struct Token<'t> {
    text: &'t str,
    start: u32,
}

/// Every path of a document that leads to a file of the repository.
pub(super) fn links(document: &Document, read: &Read) -> Vec<Link> {
    let mut links = Vec::new();
    for line in lines(&document.text) {
        for pair in tokens(line.0, line.1).windows(2) {
            let [key, value] = pair else { continue };
            if !PATHS.contains(&key.text.trim_end_matches([':', '='])) {
                continue;
            }
            let bare = value.text.trim_matches(['"', '\'', '{', '}', ',']);
            let offset = value.text.find(bare).unwrap_or(0) as u32;
            let start = value.start + offset;
            let span = Span::new(start, start + bare.len() as u32);
            links.extend(targets(bare, document, read).into_iter().map(|target| Link { span, target }));
        }
    }
    links
}

/// The files of the run that a path, or a pattern, of a document means.
fn targets(written: &str, document: &Document, read: &Read) -> Vec<PathBuf> {
    let directory = document.path.parent().unwrap_or(Path::new(""));
    let pattern = normalise(&directory.join(written));
    let known: Vec<PathBuf> = read
        .reading
        .roots
        .iter()
        .flat_map(|root| &root.model.files)
        .map(|file| read.disk.source(*file).path().to_owned())
        .collect();
    if written.contains('*') {
        let Ok(glob) = globset::GlobBuilder::new(&pattern.to_string_lossy()).literal_separator(true).build()
        else {
            return Vec::new();
        };
        let matcher = glob.compile_matcher();
        let mut found: Vec<PathBuf> = known.into_iter().filter(|path| matcher.is_match(path)).collect();
        found.sort();
        found.dedup();
        return found;
    }
    let beside = known.iter().find(|path| **path == pattern).cloned();
    // A main file elsewhere may be what the path is relative to.
    let through =
        || known.iter().find(|path| path.ends_with(written) && !Path::new(written).is_absolute()).cloned();
    let there = || read.disk.kind(&pattern).map(|_| pattern.clone());
    beside.or_else(through).or_else(there).into_iter().collect()
}

/// What the word at `offset` is the name of: the files and bytes of its definition.
pub(super) fn definition(document: &Document, read: &Read, offset: u32) -> Vec<(PathBuf, Span)> {
    let here = |span: Span| span.start <= offset && offset <= span.end;
    let linked: Vec<_> = links(document, read).into_iter().filter(|link| here(link.span)).collect();
    if !linked.is_empty() {
        return linked.into_iter().map(|link| (link.target, Span::empty(0))).collect();
    }
    let Some((key, name)) = named(document, offset) else { return Vec::new() };
    let Some((_, heads)) = NAMES.iter().find(|(keys, _)| keys.contains(&key.as_str())) else {
        return Vec::new();
    };
    texts(document, read)
        .into_iter()
        .flat_map(|(path, text)| {
            heads_of(&text, heads, &name).into_iter().map(move |span| (path.clone(), span))
        })
        .collect()
}

/// Who names what is defined or named at `offset`.
pub(super) fn references(document: &Document, read: &Read, offset: u32) -> Vec<(PathBuf, Span)> {
    let defined = word_at(document, offset).and_then(|(before, name)| {
        let (keys, _) = NAMES.iter().find(|(_, heads)| heads.contains(&before.as_str()))?;
        Some((*keys, name))
    });
    let named = || {
        let (key, name) = named(document, offset)?;
        let (keys, _) = NAMES.iter().find(|(keys, _)| keys.contains(&key.as_str()))?;
        Some((*keys, name))
    };
    let Some((keys, name)) = defined.or_else(named) else { return Vec::new() };
    let mut found = Vec::new();
    for (path, text) in texts(document, read) {
        for (line, start) in lines(&text) {
            for pair in tokens(line, start).windows(2) {
                let [key, value] = pair else { continue };
                let bare = authority(value.text);
                if keys.contains(&key.text.trim_end_matches(':')) && bare == name {
                    let offset = value.start + value.text.find(bare).unwrap_or(0) as u32;
                    found.push((path.clone(), Span::new(offset, offset + bare.len() as u32)));
                }
            }
        }
    }
    found
}

/// The endpoints that stand in `path`, or in any file of the run where there is none.
pub(super) fn symbols(read: &Read, path: Option<&Path>) -> Vec<Symbol> {
    let mut symbols: Vec<Symbol> = Vec::new();
    for root in &read.reading.roots {
        for endpoint in &root.model.endpoints {
            let place = read.disk.written(endpoint.location);
            let source = read.disk.source(place.file);
            if path.is_some_and(|path| source.path() != path) {
                continue;
            }
            let policies = root.scope.policies(source.path());
            let symbol = symbol(endpoint, policies, place.span, source.path());
            if symbols.iter().all(|known| {
                (known.span, &known.name, &known.path) != (symbol.span, &symbol.name, &symbol.path)
            }) {
                symbols.push(symbol);
            }
        }
    }
    symbols.sort_by(|a, b| (&a.path, a.span, &a.name).cmp(&(&b.path, b.span, &b.name)));
    symbols
}

fn symbol(endpoint: &Endpoint, policies: &[Policy], span: Span, path: &Path) -> Symbol {
    Symbol {
        name: endpoint.label.clone(),
        detail: effective::summary(endpoint, policies),
        span,
        path: path.to_owned(),
        is_client: endpoint.role == Role::Client,
    }
}

/// The texts that names may stand in: the document, and what is read with it.
fn texts(document: &Document, read: &Read) -> Vec<(PathBuf, String)> {
    let mut texts = vec![(document.path.clone(), document.text.clone())];
    for file in read.reading.roots.iter().flat_map(|root| &root.model.files) {
        let source = read.disk.source(*file);
        if texts.iter().all(|(path, _)| path != source.path()) {
            texts.push((source.path().to_owned(), source.text().to_owned()));
        }
    }
    texts
}

/// The key before the word at `offset`, and the word without what is not its name.
fn named(document: &Document, offset: u32) -> Option<(String, String)> {
    let (key, word) = word_at(document, offset)?;
    Some((key, authority(&word).to_owned()))
}

fn word_at(document: &Document, offset: u32) -> Option<(String, String)> {
    let (line, start) = lines(&document.text)
        .find(|(line, start)| *start <= offset && offset <= start + line.len() as u32)?;
    let tokens = tokens(line, start);
    let at = tokens
        .iter()
        .position(|token| token.start <= offset && offset <= token.start + token.text.len() as u32)?;
    let key = tokens.get(at.checked_sub(1)?)?;
    Some((
        key.text.trim_end_matches(':').to_owned(),
        tokens[at].text.trim_matches(['"', '\'', '{', '}', ']', ';']).to_owned(),
    ))
}

/// The name in `https://orders/path`.
fn authority(word: &str) -> &str {
    let rest = word.split_once("://").map_or(word, |(_, rest)| rest);
    rest.split(['/', ':', ';']).next().unwrap_or(rest).trim_matches(['"', '\'', '{', '}'])
}

fn heads_of(text: &str, heads: &[&str], name: &str) -> Vec<Span> {
    let mut found = Vec::new();
    for (line, start) in lines(text) {
        let tokens = tokens(line, start);
        for pair in tokens.windows(2) {
            let [key, value] = pair else { continue };
            let bare = value.text.trim_matches(['"', '\'', '{', '}', ']', ';', ',']);
            if heads.contains(&key.text.trim_start_matches("- ").trim_end_matches(':')) && bare == name {
                let offset = value.start + value.text.find(bare).unwrap_or(0) as u32;
                found.push(Span::new(offset, offset + bare.len() as u32));
            }
        }
        // `[name]` of openssl.cnf is one word.
        let trimmed = line.trim();
        if heads.contains(&"[")
            && trimmed
                .strip_prefix('[')
                .and_then(|rest| rest.strip_suffix(']'))
                .is_some_and(|inner| inner.trim() == name)
        {
            let offset = start + line.find(name).unwrap_or(0) as u32;
            found.push(Span::new(offset, offset + name.len() as u32));
        }
    }
    found
}

/// The lines of a text, with their first bytes.
fn lines(text: &str) -> impl Iterator<Item = (&str, u32)> {
    let mut start = 0;
    text.split_inclusive('\n').map(move |line| {
        let at = start;
        start += line.len() as u32;
        (line.trim_end_matches(['\n', '\r']), at)
    })
}

/// The words of a line up to a comment, with their first bytes; `=`, `;` and `{` by themselves are none.
fn tokens(line: &str, start: u32) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut at = None;
    for (index, character) in line.char_indices().chain(std::iter::once((line.len(), ' '))) {
        let ends = character.is_whitespace() || matches!(character, ';' | '=');
        match (at, ends) {
            (None, false) => at = Some(index),
            (Some(from), true) => {
                let text = &line[from..index];
                if text.starts_with('#') {
                    return tokens;
                }
                if text != "{" && text != "-" {
                    tokens.push(Token { text, start: start + from as u32 });
                }
                at = None;
            }
            _ => {}
        }
    }
    tokens
}
