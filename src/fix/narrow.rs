//! A cipher string for some endpoints: the narrowest change of the one that they have.

use super::Subject;
use crate::endpoint::{Dialect, Endpoint, Tls13Suites};
use crate::library::offer::Offer;
use crate::library::{Choice, Effect, Expansion, Library, Operator, Parser, Reason, Token, nearest_word};
use crate::policy::{Policy, Verdict};
use crate::protocol::{Protocol, Role};
use crate::setting::{Setting, Step};
use crate::span::Span;
use crate::suite::Suite;
use crate::text::Text;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

/// Words that take a class of suites away, the widest first. A library that does not know one passes it over here.
const CLASSES: &[&str] = &[
    "aNULL", "eNULL", "EXPORT", "LOW", "MEDIUM", "kRSA", "DHE", "PSK", "SRP", "SHA1", "SHA256", "SHA384",
    "AES256", "AES128", "CAMELLIA", "ARIA", "AESCCM", "3DES", "RC4", "MD5", "aDSS", "SEED", "IDEA",
    "CHACHA20", "AESGCM", "aECDSA", "aRSA",
];
/// More words than this are harder to read than the list of what is left.
const MOST_CLASSES: usize = 3;

/// What a new string comes to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Something is offered that should not be, or nothing that should.
    Unfit,
    /// It meets the policy, and no endpoint loses an approved suite.
    Keeps,
    /// It meets the policy, and some endpoint offers other approved suites than before.
    Changes,
}

/// Endpoints with one cipher string; of those that offer the same, one.
pub(super) struct Alike<'a> {
    subjects: Vec<Subject<'a>>,
    offers: Vec<Offer>,
    /// What tells one from another.
    keys: Vec<String>,
}

/// A new string.
#[derive(Clone)]
pub(super) struct Solution {
    /// The string.
    pub(super) text: String,
    /// What it does.
    pub(super) outcome: Outcome,
    /// Whether it is another string altogether.
    pub(super) is_other: bool,
}

impl<'a> Alike<'a> {
    /// Takes in what differs among `subjects`.
    pub(super) fn of(subjects: &[Subject<'a>]) -> Self {
        let mut alike = Self { subjects: Vec::new(), offers: Vec::new(), keys: Vec::new() };
        for subject in subjects {
            let key = key(subject);
            if !alike.keys.contains(&key) {
                alike.keys.push(key);
                alike.subjects.push(*subject);
                alike.offers.push(Offer::of(subject.endpoint));
            }
        }
        alike
    }

    /// What the string and the endpoints come to in words: equal for equal questions.
    pub(super) fn question(&self) -> (String, Vec<String>) {
        (self.string().to_owned(), self.keys.clone())
    }

    /// What the library makes of the string; `None` where it refuses it.
    pub(super) fn expansion(&self) -> Option<Arc<Expansion>> {
        self.offers.first()?.expansion.clone().filter(|expansion| expansion.error.is_none())
    }

    /// A better string; `None` where this one is right, or there is none.
    pub(super) fn solve(&self) -> Option<Solution> {
        let expansion = self.expansion()?;
        // Suite B of openssl.cnf keeps servers from reading their own strings: without it they do, and may refuse them.
        let is_system = self.subjects.iter().any(|subject| subject.endpoint.dialect == Dialect::OpensslConf);
        if is_system && expansion.suite_b {
            return None;
        }
        let offending = self.offers.iter().any(|offer| self.outside(offer).next().is_some());
        let lacks = self.lacks_approved();
        if !offending && !lacks && dead(&expansion).next().is_none() {
            return None;
        }
        let narrowed =
            self.corrected(&expansion).or_else(|| if lacks { None } else { self.narrowed(&expansion) });
        let narrowed = narrowed.map(|(text, outcome)| Solution { text, outcome, is_other: false });
        narrowed.or_else(|| {
            Some(Solution { text: self.replacement()?, outcome: Outcome::Changes, is_other: true })
        })
    }

    /// Whether a server here has nothing that the policy approves although its versions could carry it.
    fn lacks_approved(&self) -> bool {
        self.subjects.iter().zip(&self.offers).any(|(subject, offer)| {
            let asks = subject.binding().any(|policy| policy.suites.at_least_one.is_some());
            subject.endpoint.role == Role::Server && asks && carries(offer) && self.approved(offer).is_empty()
        })
    }

    /// The string with misspelt words put right, where each is near a word that the libraries know, and what comes of it is fit.
    fn corrected(&self, expansion: &Expansion) -> Option<(String, Outcome)> {
        let value = self.string();
        let library = self.subjects.first()?.endpoint.library.members().next()?;
        let mut is_other = false;
        let words = expansion.tokens.iter().map(|token| {
            let misspelt = match token.effect {
                Effect::Unmatched(Reason::UnknownWord { word }) => Some(word),
                _ => None,
            };
            let right = misspelt.and_then(|word| {
                let wrong = word.of(value);
                let before = token.text.strip_suffix(wrong)?;
                Some(format!("{before}{}", nearest_word(library, wrong)?))
            });
            is_other |= right.is_some();
            let is_dead = right.is_none() && is_dead(token.operator, token.effect);
            (!is_dead).then(|| right.unwrap_or_else(|| token.text.to_string()))
        });
        let words: Vec<Option<String>> = words.collect();
        let words: Vec<Option<Vec<&str>>> =
            words.iter().map(|word| word.as_deref().map(|word| vec![word])).collect();
        let text = rewritten(value, &expansion.tokens, &words);
        let outcome = if is_other { self.outcome(&text) } else { Outcome::Unfit };
        let serves =
            self.subjects.iter().zip(self.tried(&text)).all(|(subject, after)| self.serves(subject, &after));
        (outcome != Outcome::Unfit && serves).then_some((text, outcome))
    }

    /// Whether a server has something that the policy approves, as far as its versions could carry it.
    fn serves(&self, subject: &Subject<'_>, after: &Offer) -> bool {
        let is_client = subject.endpoint.role == Role::Client;
        is_client || !carries(after) || after.enabled.iter().any(|offered| self.is_approved(offered.suite))
    }

    /// The narrowest change that leaves only what the policy suffers: words without the bad ones, then with classes taken away,
    /// then with words spelt out.
    fn narrowed(&self, expansion: &Expansion) -> Option<(String, Outcome)> {
        let value = self.string();
        let mut kept = Vec::new();
        let mut spelt_out = Vec::new();
        for (index, token) in expansion.tokens.iter().enumerate() {
            let enabled = enabled_by(index, &self.offers);
            let (approved, others): (Vec<Suite>, Vec<Suite>) =
                enabled.into_iter().partition(|suite| self.allows(*suite));
            let is_useless = token.operator == Operator::Add && approved.is_empty() && !others.is_empty();
            let own = (!is_useless && !is_dead(token.operator, token.effect)).then(|| vec![&*token.text]);
            let names = || approved.iter().map(|suite| suite.name()).collect();
            spelt_out.push(own.as_ref().map(|own| if others.is_empty() { own.clone() } else { names() }));
            kept.push(own);
        }
        let without = rewritten(value, &expansion.tokens, &kept);
        let spelt_out = rewritten(value, &expansion.tokens, &spelt_out);
        let first = [Some(without.clone()), self.with_classes(&without), Some(spelt_out)];
        first.into_iter().flatten().find_map(|text| {
            let outcome = self.outcome(&text);
            (outcome != Outcome::Unfit).then_some((text, outcome))
        })
    }

    /// `text` with `!CLASS` for what it should not bring; `None` where too many would be needed, or something approved would go.
    fn with_classes(&self, text: &str) -> Option<String> {
        let offers = self.tried(text);
        let mut left: BTreeSet<Suite> = offers.iter().flat_map(|offer| self.outside(offer)).collect();
        let good: BTreeSet<Suite> = self.offers.iter().flat_map(|offer| self.approved(offer)).collect();
        let endpoint = self.subjects.first()?.endpoint;
        let meant = |word: &&'static str| {
            let expansion = endpoint.library.expand(word, Parser::Lenient);
            let suites: BTreeSet<Suite> = expansion.suites.iter().map(|selected| selected.suite).collect();
            suites.is_disjoint(&good).then_some((*word, suites))
        };
        let classes: Vec<(&str, BTreeSet<Suite>)> = CLASSES.iter().filter_map(meant).collect();
        let mut words = String::new();
        for _ in 0..MOST_CLASSES {
            let gain = |(_, suites): &&(&str, BTreeSet<Suite>)| suites.intersection(&left).count();
            // Of equals the first.
            let best = classes.iter().rev().max_by_key(gain).filter(|class| gain(class) > 0);
            let Some((word, suites)) = best else { break };
            left.retain(|suite| !suites.contains(suite));
            words.push_str(":!");
            words.push_str(word);
        }
        (left.is_empty() && !words.is_empty()).then(|| format!("{text}{words}"))
    }

    /// What `text` would do to every endpoint here.
    fn outcome(&self, text: &str) -> Outcome {
        let mut outcome = Outcome::Keeps;
        for ((subject, before), after) in self.subjects.iter().zip(&self.offers).zip(self.tried(text)) {
            let works = after.expansion.as_ref().is_some_and(|expansion| expansion.error.is_none());
            let (old, new) = (self.approved(before), self.approved(&after));
            let loses_all = new.is_empty() && !old.is_empty();
            let declared = after.expansion.as_ref().is_some_and(|expansion| !expansion.suites.is_empty());
            let same_level = after.security_level == before.security_level;
            if !works
                || stops_some(subject.endpoint, text)
                || !declared
                || !same_level
                || loses_all
                || self.outside(&after).next().is_some()
            {
                return Outcome::Unfit;
            }
            let reaches = |offer: &Offer| offer.enabled.iter().any(|offered| self.is_approved(offered.suite));
            if !old.is_subset(&new)
                || (subject.endpoint.role == Role::Server && reaches(before) && !reaches(&after))
            {
                outcome = Outcome::Changes;
            }
        }
        outcome
    }

    fn tried(&self, text: &str) -> Vec<Offer> {
        self.subjects.iter().map(|subject| Offer::of(&with_string(subject.endpoint, text))).collect()
    }

    /// What the first policy that names anything approves, best first, as far as the libraries know it; `None` where that does not help.
    fn replacement(&self) -> Option<String> {
        let policy = self.policies().find(|policy| !policy.suites.approved.is_empty())?;
        let mut suites: Vec<Suite> = policy.suites.approved.iter().copied().collect();
        let is_known = |suite: Suite| {
            self.subjects.iter().all(|subject| {
                let expansion = subject.endpoint.library.expand(suite.name(), subject.endpoint.parser);
                expansion.error.is_none() && expansion.suites.iter().any(|selected| selected.suite == suite)
            })
        };
        suites.retain(|suite| !suite.is_tls13() && self.allows(*suite) && is_known(*suite));
        suites.sort_by_key(|suite| (suite.weakness(), suite.code()));
        let mut words: Vec<&str> = suites.iter().map(|suite| suite.name()).collect();
        // What certificates are held to stays as it is.
        let expansion = self.offers.first()?.expansion.as_deref()?;
        let level = |text: &&str| text.starts_with("@SECLEVEL");
        words.extend(expansion.tokens.iter().map(|token| &*token.text).filter(level));
        let text = words.join(":");
        let helps = !suites.is_empty() && self.outcome(&text) != Outcome::Unfit;
        let reaches = |(subject, after): (&Subject<'_>, Offer)| self.serves(subject, &after);
        (helps && self.subjects.iter().zip(self.tried(&text)).all(reaches)).then_some(text)
    }

    fn string(&self) -> &str {
        let endpoint = self.subjects.first().map(|subject| subject.endpoint);
        endpoint.and_then(|endpoint| endpoint.cipher_string.value()).map_or("", Text::as_str)
    }

    /// Enabled suites that some policy here has something against.
    fn outside<'s>(&'s self, offer: &'s Offer) -> impl Iterator<Item = Suite> + 's {
        offer.enabled.iter().map(|offered| offered.suite).filter(|suite| !self.allows(*suite))
    }

    /// Enabled suites that a policy here approves and none has anything against.
    fn approved(&self, offer: &Offer) -> BTreeSet<Suite> {
        offer.enabled.iter().map(|offered| offered.suite).filter(|suite| self.is_approved(*suite)).collect()
    }

    fn is_approved(&self, suite: Suite) -> bool {
        self.allows(suite)
            && self
                .policies()
                .all(|policy| policy.suites.approved.is_empty() || policy.suites.approved.contains(&suite))
    }

    /// Whether no policy of an endpoint here has anything against a suite.
    fn allows(&self, suite: Suite) -> bool {
        self.policies().all(|policy| {
            !matches!(policy.suites.verdict(suite), Verdict::Forbidden(_) | Verdict::NotListed(_))
        })
    }

    fn policies(&self) -> impl Iterator<Item = &Policy> {
        self.subjects.iter().flat_map(Subject::binding)
    }
}

/// Everything about an endpoint that an offer depends on, its string apart, and its policies.
fn key(subject: &Subject<'_>) -> String {
    let Subject { endpoint, policies } = subject;
    let mut key = format!(
        "{:p} {} {:?} {:?} {:?} {} {:?}",
        policies.as_ptr(),
        endpoint.library.id(),
        endpoint.parser,
        endpoint.role,
        endpoint.transport,
        endpoint.security_level,
        endpoint.dh_parameters.value(),
    );
    let protocols = endpoint.protocols.value().map(|protocols| protocols.set);
    let groups = endpoint.groups.value().map(|groups| &groups.list);
    let suites = endpoint.ciphersuites.value().map(|suites| match suites {
        Tls13Suites::Fixed(suites) => format!("{suites:?}"),
        Tls13Suites::Library => String::new(),
        Tls13Suites::Listed(text) => text.as_str().to_owned(),
    });
    let algorithms = endpoint.signature_algorithms.value().map(Text::as_str);
    let certificates = endpoint.certificates.value().map(|uses| {
        let facts = |used: &crate::endpoint::CertificateUse| {
            let certificate = used.certificate.as_ref()?;
            Some((
                certificate.key_type,
                certificate.key_bits,
                certificate.curve.clone(),
                certificate.signature_hash.clone(),
            ))
        };
        uses.iter().map(facts).collect::<Vec<_>>()
    });
    let _ = write!(key, "{protocols:?} {groups:?} {suites:?} {algorithms:?} {certificates:?}");
    key
}

/// Whether a version below TLS 1.3 is on, which the cipher string decides for.
fn carries(offer: &Offer) -> bool {
    offer.permitted_protocols.contains(Protocol::Tls12)
}

/// `value` with each token replaced by its words, or taken out with what separates it from the others.
///
/// BoringSSL's `[A|B]` stays a group, without brackets where nothing is left of it.
fn rewritten(value: &str, tokens: &[Token], words: &[Option<Vec<&str>>]) -> String {
    let mut text = String::new();
    let mut end_of_last = 0;
    // The separator of a group that is to be opened with its first word, and whether one is open.
    let (mut to_open, mut is_open) = (None, false);
    let mut follows = false;
    for (index, (token, words)) in tokens.iter().zip(words).enumerate() {
        let gap = Span::new(end_of_last, token.span.start.max(end_of_last)).of(value);
        // What the library skips behind a word may be the next one to it.
        let next = tokens.get(index + 1).map_or(token.span.end, |next| next.span.start);
        end_of_last = token.span.end.min(next).max(token.span.start);
        let own = Span::new(token.span.start, end_of_last).of(value);
        if gap.contains(']') {
            text.push_str(if is_open { "]" } else { "" });
            (to_open, is_open) = (None, false);
        }
        let separator: String = gap.chars().filter(|character| !"[|]".contains(*character)).collect();
        // Words that nothing separates stay so: `DES@SECLEVEL=1` is not `DES:@SECLEVEL=1`.
        let is_new = separator.is_empty() && !(gap.is_empty() && follows);
        let separator = if is_new { ":".to_owned() } else { separator };
        follows = words.is_some();
        if gap.contains('[') {
            to_open = Some(separator.clone());
        }
        let Some(words) = words else { continue };
        let opens = to_open.take();
        if is_open {
            text.push('|');
        } else if !text.is_empty() {
            text.push_str(opens.as_ref().unwrap_or(&separator));
        }
        if opens.is_some() {
            text.push('[');
            is_open = true;
        }
        if words.as_slice() == [&*token.text] {
            text.push_str(own);
        } else {
            text.push_str(&words.join(if is_open { "|" } else { ":" }));
        }
    }
    text.push_str(if is_open { "]" } else { "" });
    text
}

/// The suites that a token brings to some endpoint, in the order of preference.
fn enabled_by(token: usize, offers: &[Offer]) -> Vec<Suite> {
    let mut suites = Vec::new();
    for offered in
        offers.iter().flat_map(|offer| &offer.enabled).filter(|offered| offered.token == Some(token))
    {
        if !suites.contains(&offered.suite) {
            suites.push(offered.suite);
        }
    }
    suites
}

fn with_string(endpoint: &Endpoint, text: &str) -> Endpoint {
    let mut changed = endpoint.clone();
    let location = endpoint.cipher_string.location().unwrap_or(endpoint.location);
    let provenance: Arc<[Step]> = endpoint.cipher_string.provenance().into();
    changed.cipher_string = Setting::written(Text::replaced(text, location), location, provenance);
    changed
}

/// The words that do nothing and are reported for it, which the string without them means the same as.
pub(super) fn dead(expansion: &Expansion) -> impl Iterator<Item = usize> {
    let tokens = expansion.tokens.iter().enumerate();
    tokens.filter(|(_, token)| is_dead(token.operator, token.effect)).map(|(index, _)| index)
}

fn is_dead(operator: Operator, effect: Effect) -> bool {
    let Effect::Unmatched(reason) = effect else { return false };
    match reason {
        // No library knows it, so it was never of use; nor where it takes away.
        Reason::Contradiction
        | Reason::DefaultNotFirst { .. }
        | Reason::SystemProfile { .. }
        | Reason::Tls13Name { .. }
        | Reason::UnknownWord { .. } => true,
        Reason::AlreadySelected
        | Reason::Killed { .. }
        | Reason::NameAmongTerms { .. }
        | Reason::NoSuchSuite
        | Reason::UnknownHere { .. } => operator == Operator::Add,
        // Another build may have it; the others are not reported.
        Reason::AlreadySorted
        | Reason::NeedsBuild { .. }
        | Reason::NotSelected
        | Reason::ReplacedBySuiteB => false,
    }
}

/// Whether a release that the target may mean takes the string as it is and refuses `text`: its server would no longer start.
fn stops_some(endpoint: &Endpoint, text: &str) -> bool {
    let takes = |library: &'static Library, string: &str| {
        Choice::Named(library).expand(string, endpoint.parser).error.is_none()
    };
    let now = endpoint.cipher_string.value();
    let starts = |library| now.is_none_or(|now| takes(library, now.as_str()));
    endpoint.library.members().any(|library| starts(library) && !takes(library, text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::Choice;

    /// Takes the words of `string` that start with `gone` out of it.
    fn check(library: &str, string: &str, gone: &str, expected: &str) {
        let parser = if library.starts_with("boringssl") { Parser::Strict } else { Parser::Lenient };
        let expansion = Choice::by_id(library).unwrap().expand(string, parser);
        assert_eq!(expansion.error, None, "{string}");
        let tokens = &expansion.tokens;
        let words = tokens.iter().map(|token| &*token.text);
        let words: Vec<_> = words.map(|word| (!word.starts_with(gone)).then(|| vec![word])).collect();
        assert_eq!(rewritten(string, tokens, &words), expected, "{string}");
    }

    #[test]
    fn what_is_left_keeps_its_separators() {
        let openssl = |string, gone, expected| check("openssl-3.0", string, gone, expected);
        openssl("HIGH:!aNULL", "X", "HIGH:!aNULL");
        openssl("AES128-SHA,HIGH !aNULL", "AES128", "HIGH !aNULL");
        openssl("HIGH,AES128-SHA !aNULL", "AES128", "HIGH !aNULL");
        openssl("HIGH:AES128-SHA", "AES128", "HIGH");
        openssl("HIGH:AES128-SHA@STRENGTH", "X", "HIGH:AES128-SHA@STRENGTH");
        openssl("HIGH@SECLEVEL=1", "X", "HIGH@SECLEVEL=1");
    }

    #[test]
    fn groups_stay_groups() {
        let boring = |string, gone, expected| check("boringssl-44", string, gone, expected);
        let group = "[ECDHE-RSA-AES128-GCM-SHA256|ECDHE-ECDSA-AES128-GCM-SHA256]:AES128-SHA";
        boring(group, "X", group);
        boring(group, "ECDHE-RSA", "[ECDHE-ECDSA-AES128-GCM-SHA256]:AES128-SHA");
        boring(group, "ECDHE", "AES128-SHA");
        boring(group, "AES128-SHA", "[ECDHE-RSA-AES128-GCM-SHA256|ECDHE-ECDSA-AES128-GCM-SHA256]");
    }
}
