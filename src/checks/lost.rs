//! What to say where every suite is lost: to the library, a key, a group, parameters or a list of signature algorithms.

use crate::endpoint::{Endpoint, Role};
use crate::library::cause::{self, Cause};
use crate::library::offer::Offer;
use crate::span::Location;

/// Where the fault stands, what it is, and the smallest mend.
type Explanation = (Option<Location>, String, String);

/// Causes that other suites, keys, groups or signature algorithms mend.
pub(super) fn of_the_rest(cause: Cause, endpoint: &Endpoint, offer: &Offer) -> Explanation {
    let cipher_string = endpoint.spelling.keys.cipher_string;
    let string = (endpoint.spelling.cipher_string)(cause::common_suites(endpoint));
    let library = endpoint.library.name();
    let level = offer.security_level;
    let versions = offer.permitted_protocols.in_words();
    let of_string = endpoint.cipher_string.location();
    match cause {
        Cause::CipherString => {
            let why = format!(
                "no suite of {cipher_string} is left for {versions} on {library} at security level {level}"
            );
            (of_string, why, format!("write {string}"))
        }
        Cause::Ciphersuites => {
            let why = format!(
                "{library} looks at TLSv1.3 first, and at security level {level} leaves none of the suites that are listed for it"
            );
            (
                endpoint.ciphersuites.location(),
                why,
                "add TLS_AES_128_GCM_SHA256 to the list of TLS 1.3 suites".to_owned(),
            )
        }
        Cause::DhParameters => {
            let why =
                "every suite that is left takes Diffie-Hellman parameters, and there are none".to_owned();
            (of_string, why, format!("set parameters of 2048 bits or more, or write {string}"))
        }
        Cause::Groups => {
            let why = format!("no group is left that {versions} and the certificate can be used with");
            (endpoint.groups.location(), why, "add X25519 and P-256 to the groups".to_owned())
        }
        Cause::SignatureAlgorithms => {
            let list = endpoint
                .signature_algorithms
                .value()
                .map_or("", crate::text::Text::as_str)
                .replace(':', ", ");
            let why = match endpoint.role {
                Role::Client => format!("nothing is left of the signature algorithms {list}"),
                Role::Server => format!("the certificate's key makes none of the signatures {list}"),
            };
            (
                endpoint.signature_algorithms.location(),
                why,
                "leave the list out, or add a scheme that the key makes".to_owned(),
            )
        }
        Cause::WeakKey => {
            let uses = endpoint.certificates.value();
            let first = cause::weak_key(endpoint, offer).and_then(|index| uses?.get(index));
            let why = format!("security level {level} refuses {}", keys_of(endpoint));
            let place = first.map(|used| used.location).or(endpoint.certificates.location());
            (place, why, "use a longer key".to_owned())
        }
        _ if cause == Cause::Certificates => {
            let why =
                format!("no suite that is left for {versions} can be served with {}", keys_of(endpoint));
            (
                of_string.or(endpoint.certificates.location()),
                why,
                format!("add a certificate for what is listed, or write {string}"),
            )
        }
        _ => {
            let protocols = (endpoint.spelling.protocols)(cause::modern(endpoint));
            let why = format!(
                "nothing is left of {} and {cipher_string} together",
                endpoint.spelling.keys.protocols
            );
            (of_string.or(endpoint.protocols.location()), why, format!("write {protocols} and {string}"))
        }
    }
}

/// `the RSA key of a.pem`.
fn keys_of(endpoint: &Endpoint) -> String {
    let uses = endpoint.certificates.value().into_iter().flatten();
    let named = uses.filter_map(|used| {
        let known = used.certificate.as_ref()?;
        Some(format!("the {} key of {}", known.key_type.name().to_uppercase(), used.name))
    });
    let named: Vec<String> = named.collect();
    if named.is_empty() { "its certificates".to_owned() } else { named.join(" or ") }
}
