//! Findings of one cause, told as one: what one setting, certificate or default does wrong against one requirement.

use crate::finding::{Applicability, Cause, Edit, Finding, Fix, Mark, Origin, Related};
use crate::setting::Setting;
use crate::span::{FileId, Location};
use crate::suite::Suite;
use std::collections::{HashMap, HashSet};
use std::hash::Hash;

/// More subjects than this are counted, and one of them named.
const MOST_NAMED: usize = 3;
/// Bytes of advice to which no more is added.
const LONGEST_ADVICE: usize = 600;

/// What a finding about `setting` comes from: its place, or the default of the file in which the endpoint stands.
pub(super) fn of<T>(setting: &Setting<T>, endpoint: Location) -> Origin {
    setting.location().map_or(Origin::Default(endpoint.file), Origin::Setting)
}

/// The cause of a finding that is worded alike wherever it comes from the same.
pub(super) fn bare<T>(setting: &Setting<T>, endpoint: Location) -> Cause {
    Cause::new(of(setting, endpoint), Vec::new(), "", [String::new(), String::new()])
}

/// Joins findings of one cause that are alike in all but place and subject; the first of them in the order of the list stays, with the
/// places of the others as its marks.
pub fn join(findings: Vec<Finding>) -> Vec<Finding> {
    let mut groups: Vec<Vec<Finding>> = Vec::new();
    let mut known: HashMap<Key, usize> = HashMap::new();
    for finding in findings {
        match Key::of(&finding) {
            None => groups.push(vec![finding]),
            Some(key) => {
                let at = *known.entry(key).or_insert(groups.len());
                match groups.get_mut(at) {
                    Some(group) => group.push(finding),
                    None => groups.push(vec![finding]),
                }
            }
        }
    }
    groups.into_iter().filter_map(joined).collect()
}

/// What findings share that are told as one.
#[derive(PartialEq, Eq, Hash)]
struct Key {
    check: &'static str,
    origin: Origin,
    severity: crate::finding::Severity,
    /// Policy and requirement, the conditions under which it holds, why it is not counted, how it is mended, and how it is worded.
    words: Vec<String>,
}

impl Key {
    fn of(finding: &Finding) -> Option<Self> {
        let cause = finding.cause.as_deref()?;
        let mut words = Vec::new();
        let citation = finding.policy.as_ref();
        words.extend(citation.map(|citation| format!("{} {}", citation.policy, citation.requirement)));
        words.push(finding.when.join(", "));
        words.extend(
            finding.suppressed.as_ref().map(|one| format!("{} {} {:?}", one.kind, one.reason, one.until)),
        );
        // A default is mended at each place, all other causes at one.
        let fix = finding.fix.as_ref().filter(|_| matches!(cause.origin, Origin::Default(_)));
        words.push(fix.map_or(String::new(), |fix| format!("{:?}", fix.applicability)));
        if !matches!(cause.origin, Origin::Certificate(_)) {
            words.extend(cause.one.iter().chain(&cause.many).cloned());
            words.extend(cause.subjects.is_empty().then(|| finding.message.clone()));
        }
        Some(Self { check: finding.check, origin: cause.origin.clone(), severity: finding.severity, words })
    }
}

fn joined(mut group: Vec<Finding>) -> Option<Finding> {
    let others = group.split_off(1.min(group.len()));
    let mut first = group.pop()?;
    let Some(cause) = first.cause.as_deref_mut() else { return Some(first) };
    let is_of_certificate = matches!(cause.origin, Origin::Certificate(_));
    if others.is_empty() && !(is_of_certificate && cause.subjects.len() > 1) {
        return Some(first);
    }
    let parts = || others.iter();
    let causes: Vec<&Cause> = parts().filter_map(|part| part.cause.as_deref()).collect();
    let agree = causes.iter().all(|other| other.why == cause.why);
    let mut subjects = cause.subjects.iter().cloned().collect();
    let more = causes.iter().flat_map(|cause| cause.subjects.iter().cloned());
    extend(&mut cause.subjects, &mut subjects, more);
    let is_alike = others.iter().all(|other| other.message == first.message);
    if !is_alike || is_of_certificate && !cause.subjects.is_empty() {
        first.message = message(cause, agree);
    }
    if !agree {
        first.label = cause.why.take().unwrap_or_default();
    }
    let mut seen = Seen::of(&first);
    for other in others {
        absorb(&mut first, other, agree, &mut seen);
    }
    let marked: HashSet<Location> =
        first.marks.iter().map(|mark| mark.location).chain([first.location]).collect();
    first.related.retain(|related| !marked.contains(&related.location));
    Some(first)
}

/// Adds to `first` what another finding of its cause has.
fn absorb(first: &mut Finding, other: Finding, agree: bool, seen: &mut Seen) {
    let why = other.cause.and_then(|cause| cause.why).filter(|_| !agree);
    let label = why.unwrap_or(other.label);
    if seen.places.insert(other.location) {
        first.marks.push(Mark { location: other.location, label, context: other.context });
    }
    first.help = advice(first.help.take(), other.help);
    extend(&mut first.endpoints, &mut seen.endpoints, other.endpoints);
    extend(&mut first.reaches, &mut seen.reaches, other.reaches);
    extend(&mut first.related, &mut seen.related, other.related);
    for (key, values) in other.data {
        let known = seen.data.entry(key).or_default();
        match first.data.iter_mut().find(|(known, _)| *known == key) {
            Some((_, list)) => extend(list, known, values),
            None => first
                .data
                .push((key, values.into_iter().filter(|value| known.insert(value.clone())).collect())),
        }
    }
    let Some(fix) = other.fix else { return };
    let empty = || Fix { applicability: fix.applicability, message: fix.message.clone(), edits: Vec::new() };
    let known = first.fix.get_or_insert_with(empty);
    if fix.applicability == Applicability::Unsafe {
        known.applicability = Applicability::Unsafe;
    }
    extend(&mut known.edits, &mut seen.edits, fix.edits);
}

/// What a finding has already of each list.
struct Seen {
    places: HashSet<Location>,
    endpoints: HashSet<String>,
    reaches: HashSet<FileId>,
    related: HashSet<Related>,
    data: HashMap<&'static str, HashSet<String>>,
    edits: HashSet<Edit>,
}

impl Seen {
    fn of(finding: &Finding) -> Self {
        let data = finding.data.iter().map(|(key, values)| (*key, values.iter().cloned().collect()));
        Self {
            places: finding.places().map(|(location, _)| location).collect(),
            endpoints: finding.endpoints.iter().cloned().collect(),
            reaches: finding.reaches.iter().copied().collect(),
            related: finding.related.iter().cloned().collect(),
            data: data.collect(),
            edits: finding.fix.iter().flat_map(|fix| &fix.edits).cloned().collect(),
        }
    }
}

/// What to do for both of two findings: of what is to be removed everything is named, of other advice that differs each.
///
/// What is written in place of a whole setting holds for all that it does.
fn advice(first: Option<String>, other: Option<String>) -> Option<String> {
    let (Some(first), Some(other)) = (&first, &other) else { return first.or(other) };
    if first == other || first.len() > LONGEST_ADVICE {
        return Some(first.clone());
    }
    let verb = |help: &str| help.split(' ').next().unwrap_or_default().to_owned();
    let says = |list: &str, one: &str| list.split([',', ' ']).any(|word| word == one);
    match (verb(first).as_str(), verb(other).as_str()) {
        ("remove", "remove") => {
            let more = other.trim_start_matches("remove ");
            Some(if says(first, more) { first.clone() } else { format!("{first}, {more}") })
        }
        ("write", _) => Some(first.clone()),
        _ if first.contains(other.as_str()) => Some(first.clone()),
        _ => Some(format!("{first}; {other}")),
    }
}

/// Adds what is not there yet.
fn extend<T: Clone + Eq + Hash>(
    list: &mut Vec<T>,
    known: &mut HashSet<T>,
    more: impl IntoIterator<Item = T>,
) {
    list.extend(more.into_iter().filter(|one| known.insert(one.clone())));
}

/// Says of all subjects what is wrong with them.
fn message(cause: &Cause, agree: bool) -> String {
    let Cause { subjects, noun, one, many, why, .. } = cause;
    let [before, behind] = if subjects.len() == 1 { one } else { many };
    let why = why.as_ref().filter(|_| agree).map_or(String::new(), |why| format!(": {why}"));
    if subjects.len() <= MOST_NAMED {
        return format!("{before}{}{behind}{why}", in_words(subjects));
    }
    let suites: Vec<Suite> = subjects.iter().filter_map(|name| Suite::from_name(name)).collect();
    let count = subjects.len();
    if suites.len() == count {
        return format!("{before}{count} {noun}, the weakest {},{behind}{why}", worst(&suites));
    }
    let example = subjects.first().map_or("", String::as_str);
    format!("{before}{count} {noun}, such as {example},{behind}{why}")
}

/// The suite that it is worst to offer; of equals the first.
pub(super) fn worst(suites: &[Suite]) -> Suite {
    let mut suites = suites.iter().copied();
    let first = suites.next().expect("a word is reported for at least one suite");
    suites.fold(first, |worst, suite| if suite.weakness() > worst.weakness() { suite } else { worst })
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn in_words<T: AsRef<str>>(names: &[T]) -> String {
    match names.split_last() {
        Some((last, [])) => last.as_ref().to_owned(),
        Some((last, rest)) => {
            let rest: Vec<&str> = rest.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", rest.join(", "), last.as_ref())
        }
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;
    use crate::span::Span;

    fn part(start: u32, subject: &str, origin: Origin) -> Finding {
        let location = Location::new(FileId(0), Span::new(start, start + 1));
        let words = [" is outside".to_owned(), " are outside".to_owned()];
        let mut part =
            Finding::new("suite-not-approved", Severity::Warning, location, format!("{subject} is outside"))
                .data("suites", [subject.to_owned()])
                .because(Cause::new(origin, vec![subject.to_owned()], "suites of ssl_ciphers", words));
        part.endpoints.push(subject.to_owned());
        part
    }

    fn setting() -> Origin {
        Origin::Setting(Location::new(FileId(0), Span::new(0, 99)))
    }

    #[test]
    fn one_setting_is_one_finding_with_all_its_places() {
        let list = join(vec![part(1, "A", setting()), part(5, "B", setting()), part(9, "A", setting())]);
        let [one] = list.as_slice() else { panic!("{list:?}") };
        assert_eq!(one.message, "A and B are outside");
        assert_eq!(one.marks.iter().map(|mark| mark.location.span.start).collect::<Vec<_>>(), [5, 9]);
        assert_eq!(one.data, [("suites", vec!["A".to_owned(), "B".to_owned()])]);
        assert_eq!(one.endpoints, ["A", "B"]);
    }

    #[test]
    fn advice_is_for_all_places() {
        let help = |words: &str| Some(words.to_owned());
        assert_eq!(advice(help("remove A"), help("remove B")), help("remove A, B"));
        assert_eq!(advice(help("remove A, B"), help("remove B")), help("remove A, B"));
        assert_eq!(advice(help("write x A;"), help("write x B;")), help("write x A;"));
        assert_eq!(
            advice(help("did you mean A?"), help("did you mean B?")),
            help("did you mean A?; did you mean B?")
        );
        assert_eq!(advice(None, help("remove B")), help("remove B"));
    }

    #[test]
    fn many_suites_are_counted_and_the_weakest_named() {
        let names = ["AES128-SHA", "RC4-MD5", "AES256-SHA", "DHE-RSA-AES128-GCM-SHA256"];
        let parts = (0..).zip(names).map(|(at, name)| part(at, name, setting())).collect();
        assert_eq!(join(parts)[0].message, "4 suites of ssl_ciphers, the weakest RC4-MD5, are outside");
    }

    #[test]
    fn a_default_is_mended_at_every_place() {
        let fixed = |start| {
            let mut part = part(start, "A", Origin::Default(FileId(0)));
            let edit = Edit::replace(part.location, "new");
            part.fix =
                Some(Fix { applicability: Applicability::Safe, message: "write".into(), edits: vec![edit] });
            part
        };
        let list = join(vec![fixed(1), fixed(5)]);
        assert_eq!(list.len(), 1);
        assert_eq!(list[0].message, "A is outside");
        assert_eq!(list[0].fix.as_ref().map(|fix| fix.edits.len()), Some(2));
    }

    #[test]
    fn other_requirements_severities_and_suppressions_stay_apart() {
        let mut milder = part(5, "B", setting());
        milder.severity = Severity::Note;
        assert_eq!(join(vec![part(1, "A", setting()), milder]).len(), 2);
        let mut elsewhere = part(5, "B", setting());
        elsewhere.when.push("`tls` is true".into());
        assert_eq!(join(vec![part(1, "A", setting()), elsewhere]).len(), 2);
    }
}
