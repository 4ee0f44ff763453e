//! nginx: directives that end with `;` or a block, most of whose names no other program has.

use super::facts::{Facts, words};
use crate::syntax::nginx::{Directive, DirectiveId, Placeholders, Tree, parse};
use std::collections::HashSet;
use std::sync::LazyLock;

/// Every directive's name.
static NAMES: LazyLock<HashSet<&str>> =
    LazyLock::new(|| words(include_str!("../../../rules/words/nginx.txt")));

/// Words one of which stands in every text that is worth parsing.
const HINTS: [&str; 16] = [
    "_", "listen", "server", "location", "root", "include", "return", "http", "events", "stream", "gzip",
    "rewrite", "allow", "deny", "expires", "resolver",
];

/// Counts what `text` holds of nginx; `is_at_home` where its path speaks for it, so that names which others have too are its own.
pub(super) fn facts(text: &str, is_at_home: bool) -> Facts {
    let mut facts = Facts::default();
    let may_be = text.contains([';', '{']) && HINTS.iter().any(|hint| text.contains(hint));
    if !is_at_home && !may_be {
        return facts;
    }
    let tree = parse(text).tree;
    let reader = Reader { tree: &tree, text, is_at_home };
    let mut behind = 0;
    for (id, directive) in tree.iter() {
        if directive.span.start < behind {
            continue;
        }
        if reader.count(id, directive, &mut facts) == Inside::Data {
            behind = directive.span.end;
        }
    }
    facts
}

/// What stands in a directive's block.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// Names and values of the administrator's own.
    Data,
    Directives,
}

struct Reader<'t> {
    tree: &'t Tree,
    text: &'t str,
    is_at_home: bool,
}

impl Reader<'_> {
    fn count(&self, id: DirectiveId, directive: &Directive, facts: &mut Facts) -> Inside {
        let Some(word) = self.tree.name(id) else {
            facts.strange += 1;
            return Inside::Directives;
        };
        if word.placeholders != Placeholders::None {
            return Inside::Directives;
        }
        let name = word.value(self.text);
        let arguments: Vec<_> = self.tree.arguments(id).iter().map(|word| word.value(self.text)).collect();
        let first = arguments.first().map_or("", |first| first.as_ref());
        let is_open =
            self.tree.arguments(id).first().is_some_and(|word| word.placeholders != Placeholders::None);
        let ends = directive.terminated || directive.block.is_some();
        let is_known = word.quote.is_none()
            && ends
            && NAMES.contains(name.as_ref())
            && !first.starts_with(['=', ':'])
            && (is_open || fits(&name, first, directive.block.is_some()));
        if !is_known {
            facts.strange += self.lines(directive);
            return Inside::Directives;
        }
        facts.known += 1;
        let is_inside = directive.parent.is_some_and(|parent| self.is_block_of_servers(parent));
        if is_own(&name) || ((is_inside || self.is_at_home) && name != "server") {
            facts.own.insert(name.to_string());
        }
        if speaks_of_tls(&name, &arguments) {
            facts.tls.insert(name.to_string());
        }
        if directive.block.is_some() && self.is_structure(id, &name, first) {
            facts.structures += 1;
            // Nobody else has a block of this name that says nothing.
            if name == "events" {
                facts.own.insert(name.to_string());
            }
        }
        if holds_data(&name) { Inside::Data } else { Inside::Directives }
    }

    /// How many lines there are from the name to the `;` or the block.
    fn lines(&self, directive: &Directive) -> usize {
        let end = directive.block.map_or(directive.span.end, |block| block.span.start);
        let head = self.text.get(directive.span.start as usize..end as usize).unwrap_or("");
        head.lines().filter(|line| !line.trim().is_empty()).count().max(1)
    }

    fn is_block_of_servers(&self, id: DirectiveId) -> bool {
        self.tree.name(id).is_some_and(|name| {
            matches!(name.value(self.text).as_ref(), "server" | "http" | "location" | "stream" | "mail")
        })
    }

    /// Whether a block is one that only nginx has: known by its form, or by a directive in it.
    fn is_structure(&self, id: DirectiveId, name: &str, first: &str) -> bool {
        let children = || {
            let named = self.tree.children(id).filter_map(|child| {
                let first =
                    self.tree.arguments(child).first().map_or("".into(), |word| word.value(self.text));
                Some((self.tree.name(child)?.value(self.text), first))
            });
            named.filter(|(name, first)| NAMES.contains(name.as_ref()) && !first.starts_with(['=', ':']))
        };
        match name {
            "server" | "location" | "http" | "stream" | "mail" => children().next().is_some(),
            "events" => first.is_empty(),
            "upstream" => children().any(|(name, _)| name == "server"),
            "map" | "geo" | "split_clients" => first.starts_with('$') || first.starts_with("\"$"),
            "if" => first.starts_with("($"),
            _ => false,
        }
    }
}

/// Whether `name` takes arguments such as these; names that only nginx has are not doubted.
fn fits(name: &str, first: &str, has_block: bool) -> bool {
    match name {
        "http" | "events" | "mail" | "stream" | "types" => has_block && first.is_empty(),
        "location" => has_block && !first.is_empty(),
        "upstream" | "map" | "geo" | "split_clients" => has_block,
        "if" => has_block && first.starts_with('('),
        "set" => first.starts_with('$') && !has_block,
        "server" => has_block == first.is_empty(),
        "listen" => {
            !has_block
                && first
                    .contains(|next: char| next.is_ascii_digit() || next == '*' || next == '$' || next == ':')
        }
        "return" => {
            !has_block
                && (first.starts_with(|next: char| next.is_ascii_digit() || next == '$')
                    || first.contains("://"))
        }
        name if name.ends_with("_block") || name.contains("_by_lua") => true,
        "limit_except" | "match" | "geoip2" | "perl_set" | "otel_exporter" | "acme_issuer"
        | "oidc_provider" => true,
        _ => !has_block,
    }
}

/// Names of several words that other programs have, too.
const SHARED: [&str; 6] =
    ["max_clients", "log_level", "max_connections", "auth_basic_realm", "error_log", "access_log"];

/// Whether only nginx has a directive of this name.
fn is_own(name: &str) -> bool {
    matches!(name, "listen" | "location" | "upstream" | "gzip" | "rewrite" | "sendfile" | "set")
        || (name.contains('_') && !SHARED.contains(&name))
}

fn speaks_of_tls(name: &str, arguments: &[std::borrow::Cow<'_, str>]) -> bool {
    name.starts_with("ssl_")
        || name.contains("_ssl_")
        || name == "ssl"
        || (name == "listen" && arguments.iter().any(|word| word == "ssl" || word == "quic"))
        || (name == "proxy_pass" && arguments.iter().any(|word| word.starts_with("https:")))
}

/// Whether a block holds no directives.
fn holds_data(name: &str) -> bool {
    matches!(name, "types" | "map" | "geo" | "split_clients" | "charset_map" | "geoip2" | "match")
}
