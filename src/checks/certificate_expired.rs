use super::{Check, Findings, Subject, served};
use crate::date::Date;
use crate::finding::Severity;

pub(super) const CHECK: Check = Check {
    id: "certificate-expired",
    summary: "a certificate is past its validity, not yet valid, or valid for longer than the policy allows",
    page: include_str!("certificate_expired.md"),
    level: Severity::Error,
    endpoint: Some(run),
    observation: None,
};

fn run(subject: &Subject<'_>, findings: &mut Findings) {
    let rules = &subject.policy.certificate;
    let today = subject.trust.today;
    let now = today.midnight();
    for (used, certificate) in served::certificates(subject) {
        let (from, until) = (Date::of(certificate.not_before), Date::of(certificate.not_after));
        let margin = rules.days_left.as_ref().map_or(0, |rule| rule.value);
        let days = |seconds: i64| seconds.div_euclid(86_400);
        let left = days(certificate.not_after - now);
        let lifetime = days(certificate.not_after - certificate.not_before);
        // The limit of the day on which it was issued binds a certificate, not that of today.
        let longest = rules.lifetime_days.as_ref().and_then(|rule| rule.step(from));
        let longest = longest.filter(|rule| lifetime > i64::from(rule.value));
        let (bound, message, label) = if certificate.not_after < now {
            let bound = served::bound(subject, &CHECK, rules.days_left.as_ref());
            (bound, format!("the certificate {} expired on {until}", used.name), format!("expired on {until}"))
        } else if certificate.not_before > today.plus(1).midnight() {
            let bound = served::bound(subject, &CHECK, rules.days_left.as_ref());
            (bound, format!("the certificate {} is not valid before {from}", used.name), format!("valid from {from}"))
        } else if left < i64::from(margin) {
            let bound = served::bound(subject, &CHECK, rules.days_left.as_ref());
            let message = format!("the certificate {} expires in {left} days, on {until}", used.name);
            (bound, message, format!("expires on {until}"))
        } else if let Some(rule) = longest {
            let message = format!(
                "the certificate {} is valid for {lifetime} days, longer than the {} that {} allows",
                used.name, rule.value, subject.policy.id
            );
            (served::bound(subject, &CHECK, Some(rule)), message, format!("valid for {lifetime} days"))
        } else {
            continue;
        };
        let help = "replace the file by a certificate that is valid today, and have it renewed before it ends".to_owned();
        served::report(subject, &CHECK, used, bound, [message, label, help], findings);
    }
}
