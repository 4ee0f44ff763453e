use super::{Check, Findings, Subject, served};
use crate::date::Date;
use crate::endpoint::KeyType;
use crate::finding::{Finding, Severity};
use crate::policy::Requirement;
use crate::span::Location;

pub(super) const CHECK: Check = Check {
    id: "requirement-expires",
    summary: "an endpoint relies on something that the policy grants until a near date",
    page: include_str!("requirement_expires.md"),
    level: Severity::Note,
    endpoint: Some(run),
    observation: None,
};

/// How long before the date a grant is worth a note, in days.
const AHEAD: u32 = 366;

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let Subject { endpoint, offer, policy, .. } = *subject;
    announce(subject, findings);
    if !subject.speaks_tls() {
        return;
    }
    if let Some(rule) = &policy.protocols.minimum
        && let Some(until) = near(rule, subject.trust.today)
        && offer.protocols.contains(rule.value)
    {
        let location = endpoint.protocols.location().unwrap_or(endpoint.location);
        report(subject, location, rule, &format!("{} is enabled", rule.value), until, findings);
    }
    if let Some(rule) = &policy.certificate.rsa_bits
        && let Some(until) = near(rule, subject.trust.today)
    {
        for (used, certificate) in served::certificates(subject) {
            if matches!(certificate.key_type, KeyType::Rsa | KeyType::RsaPss) && certificate.key_bits == rule.value {
                let what = format!("the certificate {} has an RSA key of {} bits", used.name, certificate.key_bits);
                report(subject, used.location, rule, &what, until, findings);
            }
        }
    }
}

/// What other checks would find once requirements hold that start within a year.
fn announce(subject: &Subject<'_>, findings: &mut Findings) {
    let Some(upcoming) = &subject.policy.upcoming else { return };
    let dates: Vec<_> =
        upcoming.requirements().into_iter().filter_map(|entry| Some((entry.id, Date::parse(&entry.from?)?))).collect();
    let later = Subject { policy: upcoming.as_ref(), ..*subject };
    let mut found = Findings::default();
    for run in super::ALL.iter().filter(|check| check.id != CHECK.id).filter_map(|check| check.endpoint) {
        run(&later, &mut found);
    }
    for mut finding in super::join(found.into_list()) {
        let cited = finding.policy.as_ref().map(|citation| citation.requirement.as_str());
        let starts = dates.iter().find(|(id, from)| cited == Some(id) && *from > subject.trust.today);
        let Some((_, from)) = starts else { continue };
        finding.context = format!("{} {}", finding.check, finding.context);
        finding.message = format!("from {from}: {}", finding.message);
        finding.check = CHECK.id;
        finding.cause = None;
        finding.severity = CHECK.level;
        findings.add(finding);
    }
}

/// The last day of a grant that ends within [`AHEAD`] days, or has ended.
///
/// Where the policy says what comes after it, that is announced instead, or holds already.
fn near<T>(rule: &Requirement<T>, today: Date) -> Option<Date> {
    if rule.then.is_some() {
        return None;
    }
    let until = Date::parse(rule.until.as_deref()?)?;
    (until < today.plus(AHEAD)).then_some(until)
}

fn report<T>(
    subject: &Subject<'_>,
    location: Location,
    rule: &Requirement<T>,
    what: &str,
    until: Date,
    findings: &mut Findings,
) {
    let is_over = until < subject.trust.today;
    let (severity, verb) = if is_over { (rule.strength.severity(), "granted it") } else { (CHECK.level, "grants it") };
    let message = format!("{what}, and {} {verb} until {until} only", subject.policy.id);
    let mut finding = Finding::new(CHECK.id, severity, location, message)
        .label(format!("granted until {until}"))
        .help("plan for what comes after; tlslint policy diff tells what a newer version of the policy asks for")
        .cites(rule.cite(subject.policy));
    finding.context = format!("expires {}", rule.id);
    findings.report(subject.endpoint, &[], finding);
}
