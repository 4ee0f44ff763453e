//! Which releases of servers and of OpenSSL there are, so that one that never was is refused.

use super::{Release, TargetError};
use crate::library::Choice;

/// The lines of a server: the minor numbers of each major one, from the first to the last.
struct Lines {
    server: &'static str,
    /// Major number, first and last minor number.
    majors: &'static [(u16, u16, u16)],
}

/// From the lists of releases at nginx.org, haproxy.org and envoyproxy.io. What is later than the last is taken as the last.
const SERVERS: [Lines; 3] = [
    Lines { server: "nginx", majors: &[(0, 1, 9), (1, 0, 31)] },
    Lines { server: "haproxy", majors: &[(1, 0, 9), (2, 0, 9), (3, 0, 4)] },
    Lines { server: "envoy", majors: &[(1, 0, 40)] },
];

/// OpenSSL's, as SERVERS has them (openssl-library.org/source/old).
const OPENSSL: [(u16, u16, u16); 4] = [(0, 9, 9), (1, 0, 1), (3, 0, 6), (4, 0, 0)];

/// The release of a server that `value` means; one that is later than every known one is taken.
///
/// # Errors
/// What is no number, and a release that never was, with the nearest one.
pub(super) fn of_server(server: &str, value: &str) -> Result<Release, TargetError> {
    let release = Release::parse(value).ok_or_else(|| TargetError {
        message: format!("{value:?} is no release of {server}"),
        help: Some("write numbers with dots, such as 1.28 or 1.28.0".to_owned()),
    })?;
    let Some(lines) = SERVERS.iter().find(|lines| lines.server == server) else { return Ok(release) };
    match nearest(release, lines.majors) {
        None => Ok(release),
        Some((major, minor)) => Err(TargetError {
            message: format!("there is no release {value} of {server}"),
            help: Some(format!("did you mean {major}.{minor}?")),
        }),
    }
}

/// What is to be said of the OpenSSL with this id: that it is later than the last known one.
///
/// # Errors
/// A release that never was, with the nearest one.
pub(super) fn of_openssl(id: &str) -> Result<Option<String>, TargetError> {
    let number = id.split('+').next().and_then(|id| id.strip_prefix("openssl-"));
    let number = number.map(|number| number.trim_end_matches(|c: char| c.is_ascii_lowercase()));
    let Some((number, release)) = number.and_then(|number| Some((number, Release::parse(number)?))) else {
        return Ok(None);
    };
    if let Some((major, minor)) = nearest(release, &OPENSSL) {
        return Err(TargetError {
            message: format!("there is no release {number} of OpenSSL"),
            help: Some(format!("did you mean openssl-{major}.{minor}?")),
        });
    }
    let known = Choice::ids().filter_map(|id| Release::parse(id.strip_prefix("openssl-")?));
    let last = known.max().filter(|last| (release.0[0], least(release.0[1])) > (last.0[0], least(last.0[1])));
    Ok(last.map(|last| format!("OpenSSL {number} is predicted as {last}, the last release that is known")))
}

/// A number that is not written counts as the largest, which is no line of its own.
const fn least(number: u16) -> u16 {
    if number == u16::MAX { 0 } else { number }
}

/// The line nearest to a release that never was; `None` for one that was, or that may come.
fn nearest(release: Release, majors: &[(u16, u16, u16)]) -> Option<(u16, u16)> {
    let [major, minor, _] = release.0;
    let (last, _, last_minor) = *majors.last()?;
    if (major, minor) > (last, last_minor) && major >= last {
        return None;
    }
    match majors.iter().find(|(known, ..)| *known == major) {
        Some((_, first, end)) if minor == u16::MAX || (*first..=*end).contains(&minor) => None,
        Some((_, first, end)) => Some((major, minor.clamp(*first, *end))),
        None => {
            let later = majors.iter().find(|(known, ..)| *known > major)?;
            Some((later.0, later.1))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_that_never_were_are_refused_with_the_nearest() {
        let told = |server: &str, value: &str| of_server(server, value).err().and_then(|error| error.help);
        assert_eq!(told("haproxy", "2.10").as_deref(), Some("did you mean 2.9?"));
        assert_eq!(told("envoy", "0.9").as_deref(), Some("did you mean 1.0?"));
        assert_eq!(told("nginx", "1.x").as_deref(), Some("write numbers with dots, such as 1.28 or 1.28.0"));
        for (server, value) in [
            ("nginx", "1.22.1"),
            ("nginx", "1.99"),
            ("nginx", "1"),
            ("haproxy", "1.8"),
            ("haproxy", "99"),
            ("envoy", "1.41.0"),
        ] {
            assert!(of_server(server, value).is_ok(), "{server} {value}");
        }
    }

    #[test]
    fn a_later_openssl_is_taken_with_a_caveat() {
        for known in
            ["openssl-3.5", "openssl-1.1.1w", "openssl-1.0.2+weak", "boringssl-99", "any", "openssl-4.0.3"]
        {
            assert_eq!(of_openssl(known), Ok(None), "{known}");
        }
        assert!(of_openssl("openssl-9").unwrap().unwrap().contains("predicted as 4.0"));
        assert!(of_openssl("openssl-4.7").unwrap().is_some());
        for wrong in ["openssl-2.0", "openssl-3.7", "openssl-1.2"] {
            assert!(of_openssl(wrong).is_err(), "{wrong}");
        }
    }
}
