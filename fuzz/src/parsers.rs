//! Grammars by themselves.

use crate::{place, text};
use tlslint::library::{Choice, Parser};
use tlslint::span::FileId;
use tlslint::syntax::{
    SyntaxError, haproxy, nginx as nginx_syntax, openssl_conf as openssl_syntax, template,
    yaml as yaml_syntax,
};

const FILE: FileId = FileId(0);

fn errors(errors: &[SyntaxError], text: &str) {
    for error in errors {
        place(error.span, text);
        assert!(!error.message.contains('\n'), "a message is one line: {:?}", error.message);
    }
}

/// nginx.
pub fn nginx(data: &[u8]) {
    let text = text(data);
    let parsed = nginx_syntax::parse(&text);
    errors(&parsed.errors, &text);
    for (id, directive) in parsed.tree.iter() {
        place(directive.span, &text);
        for word in parsed.tree.name(id).into_iter().chain(parsed.tree.arguments(id)) {
            place(word.span, &text);
            assert_eq!(word.value(&text), word.text(&text, FILE).as_str(), "a value is its text");
        }
        assert!(directive.parent.is_none_or(|parent| parent < id), "blocks stand before what is in them");
    }
    parsed.tree.comments().iter().for_each(|comment| place(*comment, &text));
}

/// HAProxy.
pub fn haproxy(data: &[u8]) {
    let text = text(data);
    let parsed = haproxy::parse(FILE, &text);
    errors(&parsed.errors, &text);
    for line in &parsed.tree.lines {
        place(line.span, &text);
        line.words.iter().for_each(|word| place(word.span, &text));
    }
}

/// Lists of certificates.
pub fn crt_list(data: &[u8]) {
    let text = text(data);
    let parsed = haproxy::crt_list::parse(FILE, &text);
    errors(&parsed.errors, &text);
    parsed.tree.iter().for_each(|line| place(line.span, &text));
}

/// YAML and JSON, document by document.
pub fn yaml(data: &[u8]) {
    let text = text(data);
    for (start, parsed) in yaml_syntax::documents(&text) {
        let document = &text[start as usize..];
        errors(&parsed.errors, document);
        let mut open: Vec<_> = parsed.tree.root().into_iter().collect();
        while let Some(node) = open.pop() {
            place(node.span(), document);
            let value = node.text(FILE);
            assert!(value.location().is_none_or(|location| document.get(location.span.range()).is_some()));
            let children = node.entries().flat_map(|(key, value)| [key, value]).chain(node.items());
            open.extend(children.filter(|child| !child.is_alias()));
        }
        parsed.tree.margins.comments.iter().for_each(|comment| place(*comment, document));
    }
}

/// openssl.cnf.
pub fn openssl_conf(data: &[u8]) {
    let text = text(data);
    let parsed = openssl_syntax::parse(&text, FILE);
    errors(&parsed.errors, &text);
    parsed.tree.lines.iter().for_each(|line| place(line.span, &text));
}

/// Placeholders: in order, none overlapping another.
pub fn templates(data: &[u8]) {
    let text = text(data);
    let mut end = 0;
    for template in template::templates(&text) {
        place(template.span, &text);
        assert!(template.span.start >= end, "placeholders overlap");
        end = template.span.end;
    }
}

/// Cipher strings by every build, by the union of each family, by both parsers.
pub fn ciphers(data: &[u8]) {
    let text = text(data);
    for library in Choice::ids().filter_map(|id| Choice::by_id(id).ok()).filter(|one| *one != Choice::Linked)
    {
        for parser in [Parser::Lenient, Parser::Strict] {
            let expansion = library.expand(&text, parser);
            for token in &expansion.tokens {
                place(token.span, &text);
            }
            assert!(expansion.suites.iter().all(|selected| selected.token < expansion.tokens.len()));
        }
        let _ = (library.ciphersuites(&text), library.group_list(&text), library.signature_list(&text));
    }
}
