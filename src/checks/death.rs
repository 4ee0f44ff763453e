//! What to say of an endpoint on which nothing can be negotiated: the place at fault, the reason, and what mends it.

use super::{advice, lost};
use crate::endpoint::{Endpoint, Role};
use crate::library::cause::{self, Cause};
use crate::library::offer::Offer;
use crate::span::Location;

/// Where the fault stands, what it is, and the smallest mend that was found to help.
type Explanation = (Option<Location>, String, String);

/// Explains why nothing can be negotiated on an endpoint.
pub(super) fn explain(endpoint: &Endpoint, offer: &Offer) -> (Location, String, Option<String>) {
    let cause = Cause::of(endpoint, offer);
    let (place, why, help) =
        of_versions(cause, endpoint, offer).unwrap_or_else(|| lost::of_the_rest(cause, endpoint, offer));
    (place.unwrap_or(endpoint.location), why, Some(help))
}

/// Causes that other versions mend.
fn of_versions(cause: Cause, endpoint: &Endpoint, offer: &Offer) -> Option<Explanation> {
    let cipher_string = endpoint.spelling.keys.cipher_string;
    let why = match cause {
        Cause::Gap(below) => format!(
            "OpenSSL goes by the versions below the gap in the list alone, up to {below}, for which no suite is left"
        ),
        Cause::Protocols => {
            let declared = offer.declared_protocols.unwrap_or_default();
            let words = declared.in_words();
            let verb = if declared.iter().count() == 1 { "is" } else { "are" };
            let forbidden =
                cause::forbids(endpoint, declared, offer.security_level).filter(|_| !declared.is_empty());
            match forbidden {
                Some(why) => format!("{words} {verb} all that is enabled, and {why}"),
                None if endpoint.role == Role::Client && !offer.permitted.is_empty() => format!(
                    "security level {} takes none of the signatures with which servers prove {words} with these suites",
                    offer.security_level
                ),
                None => format!("no version is left that a suite of {cipher_string} fits"),
            }
        }
        Cause::TooOld(highest) => {
            format!(
                "every suite of {cipher_string} came with TLSv1.2, and {highest} is the highest version that is left"
            )
        }
        _ => return None,
    };
    let without_gap = |below| {
        let run = offer.permitted_protocols.iter().filter(|protocol| *protocol > below).collect();
        advice::versions(run, endpoint)
    };
    let mend = match cause {
        Cause::Gap(below) => without_gap(below),
        _ => advice::versions(cause::modern(endpoint), endpoint),
    };
    Some((endpoint.protocols.location(), why, format!("write {mend}")))
}
