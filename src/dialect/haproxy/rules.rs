//! What a proxy does with requests that come in clear: its rules in the order in which HAProxy runs them, those of backends among them.

use super::clear::{Acls, Share};
use super::proxy::{Kind, Mode, Proxy};
use crate::endpoint::Purpose;
use crate::handling::{self, Answer, Deed, Which};
use crate::setting::Unknown;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

/// The rules of one section, with what it inherits.
///
/// What a condition comes to is worked out where it stands, so that a rule takes the same room and time whatever its words.
#[derive(Clone, Debug, Default)]
pub(super) struct Rules {
    pub(super) acls: Acls,
    /// Rules that answer, without those that say the same as an earlier one.
    own: Vec<(Stage, Deed, Share)>,
    /// Backends that some requests are handed to.
    chosen: Vec<(String, Share)>,
    default_backend: Option<String>,
    pub(super) unknown: Option<Arc<Unknown>>,
}

/// When HAProxy runs a rule (http_process_req_common() in src/http_ana.c).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Stage {
    Monitor,
    Request,
    Redirect,
    /// What is left for the section's own servers.
    Servers,
}

impl Rules {
    /// What a section starts with that takes these over.
    pub(super) fn below(&self, takes_backend: bool) -> Self {
        Self {
            acls: self.acls.below(),
            own: self.own.clone(),
            chosen: Vec::new(),
            default_backend: self.default_backend.clone().filter(|_| takes_backend),
            unknown: self.unknown.clone(),
        }
    }

    /// Notes one statement.
    pub(super) fn note(&mut self, words: &[&str], is_certain: bool) {
        if let ["acl", name, test @ ..] = words {
            return self.acls.add(name, test);
        }
        let (statement, condition) = split(words);
        let share = self.acls.share(condition);
        let (stage, deed) = match statement {
            ["http-request", "redirect", rest @ ..] => (Stage::Request, redirect(rest)),
            ["redirect", rest @ ..] => (Stage::Redirect, redirect(rest)),
            ["http-request", "deny" | "reject" | "silent-drop" | "tarpit", ..] | ["block", ..] => {
                (Stage::Request, Deed::Refuse)
            }
            ["http-request", "return", rest @ ..] => (Stage::Request, returns(rest)),
            ["http-request", "use-service", ..] => (Stage::Request, Deed::Content),
            ["monitor-uri", _] => {
                return self.add((Stage::Monitor, Deed::Fixed, Share::Only([Which::Minor].into())));
            }
            ["use_backend", name] => return self.chosen.push(((*name).to_owned(), share)),
            ["default_backend", name] => {
                self.default_backend = Some((*name).to_owned());
                return;
            }
            ["dispatch" | "server" | "server-template", ..]
            | ["option", "http_proxy" | "transparent", ..]
            | ["stats", "admin" | "enable" | "uri", ..] => (Stage::Servers, Deed::Content),
            _ => return,
        };
        let deed = if is_certain || !is_fine(deed) { deed } else { Deed::Unknown };
        self.add((stage, deed, share));
    }

    fn add(&mut self, rule: (Stage, Deed, Share)) {
        if !self.own.contains(&rule) {
            self.own.push(rule);
        }
    }

    /// The backends that requests may be handed to.
    fn backends(&self) -> impl Iterator<Item = &String> {
        self.chosen.iter().map(|(name, _)| name).chain(&self.default_backend)
    }

    /// What requests get that come in clear; nothing where HAProxy has nobody to ask and refuses (503).
    fn answers(&self, backends: &HashMap<&str, BTreeSet<Answer>>) -> BTreeSet<Answer> {
        let mut reading = Reading::default();
        let mut own: Vec<_> = self.own.iter().collect();
        own.sort_by_key(|(stage, ..)| *stage);
        let (servers, first) = own.into_iter().partition::<Vec<_>, _>(|(stage, ..)| *stage == Stage::Servers);
        let one = |deed| BTreeSet::from([Answer { which: Which::All, deed }]);
        let behind = |name: &str| backends.get(name).cloned().unwrap_or_else(|| one(Deed::Content));
        for (_, deed, share) in first {
            reading.take(&one(*deed), share);
        }
        for (name, share) in &self.chosen {
            reading.take(&behind(name), share);
        }
        if let Some(name) = &self.default_backend {
            reading.take(&behind(name), &Share::All);
        }
        for (_, deed, share) in servers {
            reading.take(&one(*deed), share);
        }
        reading.answers
    }
}

/// Requests on their way through the rules.
#[derive(Default)]
struct Reading {
    answers: BTreeSet<Answer>,
    /// Those that come as far as this; all of them without a list.
    left: Option<BTreeSet<Which>>,
    is_done: bool,
}

impl Reading {
    /// Lets a rule take its share of what is left.
    fn take(&mut self, deeds: &BTreeSet<Answer>, share: &Share) {
        if self.is_done || *share == Share::None {
            return;
        }
        let whom = match (&self.left, share) {
            (Some(left), _) => left.clone(),
            (None, Share::Only(some)) => some.clone(),
            (None, _) => [Which::All].into(),
        };
        for which in whom {
            self.answers.extend(deeds.iter().map(|answer| Answer {
                which: if which == Which::All { answer.which } else { which },
                deed: answer.deed,
            }));
        }
        match share {
            Share::All => self.is_done = true,
            Share::AllBut(rest) if self.left.is_none() && deeds.iter().all(|answer| is_fine(answer.deed)) => {
                self.left = Some(rest.clone());
            }
            _ => {}
        }
    }
}

fn is_fine(deed: Deed) -> bool {
    matches!(deed, Deed::Redirect | Deed::Refuse)
}

/// Works out what the listeners in clear of every proxy are for, and which proxies are handed what came in by TLS.
pub(super) fn settle(proxies: &mut [Proxy]) {
    let none = HashMap::new();
    let is_backend = |proxy: &&Proxy| matches!(proxy.kind, Kind::Backend | Kind::Listen);
    let backends = proxies.iter().filter(is_backend);
    let backends: HashMap<&str, _> =
        backends.map(|proxy| (proxy.name.as_str(), proxy.rules.answers(&none))).collect();
    let secured = proxies.iter().filter(|proxy| proxy.binds.iter().any(|bind| bind.transport().is_some()));
    let fed: HashSet<&String> = secured
        .flat_map(|proxy| {
            let own = (proxy.kind == Kind::Listen).then_some(&proxy.name);
            own.into_iter().chain(proxy.rules.backends())
        })
        .collect();
    let settled: Vec<_> =
        proxies.iter().map(|proxy| (purpose(proxy, &backends), fed.contains(&proxy.name))).collect();
    for (proxy, (purpose, takes_decrypted)) in proxies.iter_mut().zip(settled) {
        proxy.purpose = purpose;
        proxy.takes_decrypted = takes_decrypted;
    }
}

fn purpose(proxy: &Proxy, backends: &HashMap<&str, BTreeSet<Answer>>) -> Purpose {
    match proxy.mode {
        Mode::Unknown => Purpose::Unknown,
        // HAProxy's own protocols are relayed to nobody.
        Mode::Tcp if proxy.kind == Kind::Other => Purpose::Unknown,
        Mode::Tcp => Purpose::PassThrough,
        Mode::Http => {
            let answers: Vec<Answer> = proxy.rules.answers(backends).into_iter().collect();
            let takes_all = answers.iter().any(|answer| answer.which == Which::All);
            let purpose = handling::purpose(&answers);
            let is_open = proxy.rules.unknown.is_some() && !takes_all;
            if is_open && purpose != Purpose::Serves { Purpose::Unknown } else { purpose }
        }
    }
}

/// A statement, and its condition from `if` or `unless` on.
fn split<'w, 's>(words: &'w [&'s str]) -> (&'w [&'s str], &'w [&'s str]) {
    let at = words.iter().position(|word| ["if", "unless"].contains(word)).unwrap_or(words.len());
    words.split_at(at)
}

/// `scheme https`, `prefix https://...`, `location https://...`.
fn redirect(words: &[&str]) -> Deed {
    let leads_to_https = words.windows(2).any(|pair| match pair {
        ["scheme", scheme] => scheme.eq_ignore_ascii_case("https"),
        ["prefix" | "location", target] => {
            target.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("https://"))
        }
        _ => false,
    });
    if leads_to_https { Deed::Redirect } else { Deed::Content }
}

/// `http-request return status 404`; without a status 200.
fn returns(words: &[&str]) -> Deed {
    let status = words.windows(2).find_map(|pair| match pair {
        ["status", code] => code.parse::<u16>().ok(),
        _ => None,
    });
    if status.is_some_and(|status| status >= 400) { Deed::Refuse } else { Deed::Fixed }
}
