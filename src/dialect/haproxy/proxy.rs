//! Sections that listen or connect: frontend, backend, listen, defaults, and those with listeners of their own.

use super::bind::{Bind, CertificateWord};
use super::server::{Server, ServerSettings};
use super::words::Argument;
use crate::endpoint::Purpose;
use crate::setting::Unknown;
use crate::span::Location;
use std::collections::HashMap;
use std::sync::Arc;

/// What kind of section it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Backend,
    Defaults,
    Frontend,
    Listen,
    /// `peers`, `ring`, `log-forward`: listeners and servers, but no HTTP.
    Other,
}

impl Kind {
    /// The kind that a section's keyword starts.
    pub(super) fn of(keyword: &str) -> Option<Self> {
        match keyword {
            "backend" => Some(Self::Backend),
            "defaults" => Some(Self::Defaults),
            "frontend" => Some(Self::Frontend),
            "listen" => Some(Self::Listen),
            "log-forward" | "peers" | "ring" => Some(Self::Other),
            _ => None,
        }
    }

    pub(super) const fn listens(self) -> bool {
        matches!(self, Self::Frontend | Self::Listen | Self::Other)
    }

    pub(super) const fn connects(self) -> bool {
        matches!(self, Self::Backend | Self::Listen | Self::Other)
    }
}

/// What the proxy relays.
#[derive(Clone, Debug, Default)]
pub(super) enum Mode {
    /// `mode http`.
    Http,
    /// `mode tcp`, the default: bytes, which may well be somebody else's TLS.
    #[default]
    Tcp,
    /// The files do not show.
    Unknown,
}

/// One section with what it inherits.
#[derive(Clone, Debug)]
pub(super) struct Proxy {
    pub(super) kind: Kind,
    pub(super) keyword: String,
    pub(super) name: String,
    pub(super) head: Location,
    pub(super) mode: Mode,
    pub(super) default_server: ServerSettings,
    pub(super) binds: Vec<Bind>,
    pub(super) servers: Vec<Server>,
    /// The options of `default-bind`, which go before those of each `bind` line.
    pub(super) default_bind: Vec<Argument>,
    /// Certificates of `ssl-f-use` lines.
    pub(super) used: Vec<CertificateWord>,
    rules: Rules,
}

/// What decides whether a listener in clear serves anything but redirects.
#[derive(Clone, Debug, Default)]
struct Rules {
    acls: Acls,
    redirects_all: bool,
    serves: bool,
    unknown: Option<Arc<Unknown>>,
}

/// Conditions with names; one name may have several.
#[derive(Clone, Debug, Default)]
struct Acls {
    own: HashMap<String, Vec<Vec<String>>>,
    /// Those of the `defaults` sections that the section starts from, nearest first.
    inherited: Option<Arc<Acls>>,
}

impl Acls {
    fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Vec<String>> {
        let layers = std::iter::successors(Some(self), |acls| acls.inherited.as_deref());
        layers.filter_map(move |acls| acls.own.get(name)).flatten()
    }

    /// What a section starts with that takes these over.
    fn below(&self) -> Self {
        let inherited =
            if self.own.is_empty() { self.inherited.clone() } else { Some(Arc::new(self.clone())) };
        Self { own: HashMap::new(), inherited }
    }
}

impl Drop for Acls {
    /// Layer by layer: thousands of sections may start from each other, for which recursion would take as many frames.
    fn drop(&mut self) {
        let mut next = self.inherited.take();
        while let Some(mut layer) = next.and_then(|layer| Arc::try_unwrap(layer).ok()) {
            next = layer.inherited.take();
        }
    }
}

impl Proxy {
    pub(super) fn new(kind: Kind, keyword: &str, name: &str, head: Location) -> Self {
        Self {
            kind,
            keyword: keyword.to_owned(),
            name: name.to_owned(),
            head,
            mode: Mode::default(),
            default_server: ServerSettings::default(),
            binds: Vec::new(),
            servers: Vec::new(),
            default_bind: Vec::new(),
            used: Vec::new(),
            rules: Rules::default(),
        }
    }

    /// Takes over what a `defaults` section says, but for its `default-server`.
    pub(super) fn inherit_rules(&mut self, defaults: &Self) {
        self.mode = defaults.mode.clone();
        let Rules { acls, redirects_all, serves, unknown } = &defaults.rules;
        self.rules = Rules {
            acls: acls.below(),
            redirects_all: *redirects_all,
            serves: *serves,
            unknown: unknown.clone(),
        };
        // A `default_backend` in defaults serves only frontends.
        self.rules.serves &= self.kind != Kind::Backend;
    }

    /// Notes what a statement means for the purpose of listeners in clear.
    pub(super) fn rule(&mut self, arguments: &[Argument]) {
        let words: Vec<&str> = arguments.iter().map_while(Argument::text).collect();
        match words.as_slice() {
            ["acl", name, rest @ ..] => {
                let body = rest.iter().map(|&word| word.to_owned()).collect();
                self.rules.acls.own.entry((*name).to_owned()).or_default().push(body);
            }
            ["redirect", rest @ ..] | ["http-request", "redirect", rest @ ..] => {
                self.rules.redirects_all |= leads_to_https(rest) && self.covers_clear_text(rest);
            }
            ["http-request", "deny" | "reject" | "tarpit" | "silent-drop", rest @ ..]
                if !rest.contains(&"if") && !rest.contains(&"unless") =>
            {
                self.rules.redirects_all = true;
            }
            ["default_backend" | "use_backend" | "dispatch" | "server" | "server-template", ..]
            | ["stats", "enable" | "uri" | "admin", ..]
            | ["http-request", "return" | "use-service", ..]
            | ["option", "http_proxy" | "transparent", ..] => self.rules.serves = true,
            _ => {}
        }
        if let Some(unknown) = arguments.iter().find_map(|argument| argument.value.as_ref().err()) {
            self.rules.unknown.get_or_insert_with(|| Arc::clone(unknown));
        }
    }

    /// Notes that a template may put anything here.
    pub(super) fn open(&mut self, unknown: &Arc<Unknown>) {
        self.rules.unknown.get_or_insert_with(|| Arc::clone(unknown));
    }

    /// What the section's listeners in clear are for.
    pub(super) fn purpose(&self) -> Purpose {
        match self.mode {
            Mode::Unknown | Mode::Tcp => Purpose::Unknown,
            Mode::Http if self.rules.redirects_all => Purpose::RedirectOnly,
            Mode::Http if self.rules.unknown.is_some() && !self.rules.serves => Purpose::Unknown,
            Mode::Http if !self.rules.serves => Purpose::RedirectOnly,
            Mode::Http => Purpose::Serves,
        }
    }

    /// Whether a redirect's condition holds for every request in clear, ACME challenges aside.
    fn covers_clear_text(&self, words: &[&str]) -> bool {
        let Some(at) = words.iter().position(|word| ["if", "unless"].contains(word)) else { return true };
        let is_unless = words.get(at) == Some(&"unless");
        let Some(terms) = terms(words.get(at + 1..).unwrap_or(&[])) else { return false };
        let is_or =
            terms.iter().any(|term| term.words.first() == Some(&"or") || term.words.first() == Some(&"||"));
        let mut terms = terms
            .into_iter()
            .filter(|term| !["or", "||"].contains(&term.words.first().copied().unwrap_or("")));
        // `unless a or b` is `if !a !b`.
        if is_unless {
            return terms.all(|term| !term.negated && self.may_stay_clear(&term.words));
        }
        !is_or && terms.all(|term| term.negated && self.may_stay_clear(&term.words) || self.is_clear(&term))
    }

    /// Whether a term holds only for TLS, or for ACME challenges (RFC 8555, section 8.3).
    fn may_stay_clear(&self, words: &[&str]) -> bool {
        match words {
            ["ssl_fc"] | ["dst_port", "443"] => true,
            [fetch, .., path] if fetch.starts_with("path") => path.starts_with("/.well-known/acme-challenge"),
            [name] => {
                let mut bodies = self.rules.acls.named(name).peekable();
                bodies.peek().is_some()
                    && bodies.all(|body| {
                        let body: Vec<_> = body.iter().map(String::as_str).collect();
                        body.len() != 1 && self.may_stay_clear(&body) || body == ["ssl_fc"]
                    })
            }
            _ => false,
        }
    }

    /// Whether a term holds for everything in clear: `{ dst_port 80 }`, `http` with `acl http ssl_fc,not`.
    fn is_clear(&self, term: &Term<'_>) -> bool {
        if term.negated {
            return false;
        }
        match term.words.as_slice() {
            ["ssl_fc,not"] | ["dst_port", "80"] => true,
            [name] => self.rules.acls.named(name).any(|body| body == &["ssl_fc,not"]),
            _ => false,
        }
    }
}

/// One term of a condition: an ACL's name or an anonymous one's words.
struct Term<'a> {
    negated: bool,
    words: Vec<&'a str>,
}

/// Splits a condition into terms; `None` where braces do not match.
fn terms<'a>(words: &[&'a str]) -> Option<Vec<Term<'a>>> {
    let mut terms = Vec::new();
    let mut rest = words.iter().copied();
    let mut negated = false;
    while let Some(word) = rest.next() {
        let bare = word.trim_start_matches('!');
        negated ^= (word.len() - bare.len()) % 2 == 1;
        match bare {
            "" => continue,
            "{" => {
                let mut inside = Vec::new();
                loop {
                    match rest.next()? {
                        "}" => break,
                        word => inside.push(word),
                    }
                }
                terms.push(Term { negated, words: inside });
            }
            name => terms.push(Term { negated, words: vec![name] }),
        }
        negated = false;
    }
    Some(terms)
}

/// `scheme https`, `prefix https://...`, `location https://...`.
fn leads_to_https(words: &[&str]) -> bool {
    words.windows(2).any(|pair| match pair {
        ["scheme", scheme] => *scheme == "https",
        ["prefix" | "location", target] => target.starts_with("https://"),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::{FileId, Span};
    use crate::text::Text;

    #[track_caller]
    fn check(lines: &[&str], expected: Purpose) {
        let location = Location::new(FileId(0), Span::empty(0));
        let mut proxy = Proxy::new(Kind::Frontend, "frontend", "f", location);
        proxy.mode = Mode::Http;
        for line in lines {
            let words = line.split_whitespace();
            let arguments: Vec<_> =
                words.map(|word| Argument { location, value: Ok(Text::unplaced(word)) }).collect();
            proxy.rule(&arguments);
        }
        assert_eq!(proxy.purpose(), expected, "{lines:?}");
    }

    #[test]
    fn redirects_of_everything_in_clear_serve_nothing() {
        let backend = "default_backend app";
        check(&[backend], Purpose::Serves);
        check(&[backend, "http-request redirect scheme https"], Purpose::RedirectOnly);
        check(&[backend, "redirect scheme https code 301 if !{ ssl_fc }"], Purpose::RedirectOnly);
        check(&[backend, "http-request redirect scheme https unless { ssl_fc }"], Purpose::RedirectOnly);
        check(&[backend, "redirect location https://a.test/"], Purpose::RedirectOnly);
        check(&[], Purpose::RedirectOnly);
    }

    #[test]
    fn acme_challenges_may_stay_in_clear() {
        let acl = "acl acme path_beg /.well-known/acme-challenge/";
        let backend = "use_backend acme if acme";
        check(&[acl, backend, "http-request redirect scheme https unless acme"], Purpose::RedirectOnly);
        check(&[acl, backend, "redirect scheme https if !acme !{ ssl_fc }"], Purpose::RedirectOnly);
        let anonymous = "redirect scheme https if !{ path_beg /.well-known/acme-challenge/ }";
        check(&[backend, anonymous], Purpose::RedirectOnly);
        check(&[backend, "redirect scheme https if !{ path_beg /api }"], Purpose::Serves);
        check(&[acl, backend, "redirect scheme https if acme"], Purpose::Serves);
    }

    #[test]
    fn redirects_of_some_requests_leave_the_rest() {
        let backend = "default_backend app";
        check(&[backend, "redirect scheme https if { hdr(host) a.test }"], Purpose::Serves);
        check(&[backend, "redirect scheme https if { ssl_fc }"], Purpose::Serves);
        check(&[backend, "redirect scheme http"], Purpose::Serves);
        check(&["acl tls ssl_fc", backend, "redirect scheme https if !tls"], Purpose::RedirectOnly);
    }
}
