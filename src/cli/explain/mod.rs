//! `tlslint explain`: the page of a check, or the facts of a suite, version, group, word, policy, target or directive.

mod directives;
mod others;
mod suite;

use super::{Failure, Status, Stop, Streams};
use crate::checks;
use crate::suite::Suite;
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// A check's id; a suite by its OpenSSL name, IANA name or code point (AES128-SHA, `TLS_AES_128_GCM_SHA256`, 0xC02F); a version, group, word of
    /// a cipher string, policy, target or directive
    #[arg(value_name = "CHECK|SUITE|…")]
    subject: String,
}

pub(super) fn run(arguments: &Arguments, streams: &mut Streams<'_>) -> Result<Status, Stop> {
    let subject = arguments.subject.as_str();
    if let Some(check) = checks::find(subject) {
        write!(streams.out, "{}", check.readable())?;
        return Ok(Status::Clean);
    }
    if let Some(suite) = find(subject) {
        suite::print(suite, streams)?;
        return Ok(Status::Clean);
    }
    let columns = others::columns(streams);
    if let Some(text) = others::text(subject, columns) {
        others::print(&text, streams)?;
        return Ok(Status::Clean);
    }
    let nearest = checks::nearest(subject).or_else(|| nearest_suite(subject));
    let tip = nearest.map(|name| format!("; did you mean {name}?")).unwrap_or_default();
    Err(Failure::new(format!("no check, cipher suite, version, group, cipher word, policy, target or directive is called {subject}{tip}")).into())
}

/// The suite with this name, letter case aside, or with this code point: `0xC02F`, `C0,2F`, `0xC0,0x2F`.
fn find(subject: &str) -> Option<Suite> {
    let named = || Suite::names().find(|name| name.eq_ignore_ascii_case(subject)).and_then(Suite::from_name);
    Suite::from_name(subject).or_else(named).or_else(|| code_point(subject).and_then(Suite::from_code))
}

fn code_point(subject: &str) -> Option<u16> {
    let is_code = subject.starts_with("0x") || subject.contains(',');
    let digits: String = subject.split(',').map(|part| part.trim().trim_start_matches("0x")).collect();
    (is_code && digits.len() == 4).then(|| u16::from_str_radix(&digits, 16).ok()).flatten()
}

fn nearest_suite(subject: &str) -> Option<&'static str> {
    let subject = subject.to_ascii_uppercase();
    let scored =
        Suite::names().map(|name| (strsim::osa_distance(&subject, &name.to_ascii_uppercase()), name));
    scored.min_by_key(|(distance, _)| *distance).filter(|(distance, _)| *distance <= 4).map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_are_found_by_any_name_and_code_point() {
        let suite = Suite::from_code(0xC02F);
        for subject in [
            "ecdhe-rsa-aes128-gcm-sha256",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "0xC02F",
            "0xC0,0x2F",
            "c0,2f",
        ] {
            assert_eq!(find(subject), suite, "{subject}");
        }
        assert_eq!(find("C02F"), None);
        assert_eq!(nearest_suite("AES128-SAH"), Some("AES128-SHA"));
    }
}
