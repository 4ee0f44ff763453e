//! Files of bare cipher strings, one a line; blank lines and lines that start with `#` say nothing.

use super::Context;
use crate::endpoint::{
    DhParameters, Dialect, Endpoint, Groups, Model, Protocols, Role, Spelling, SpellingKeys, Tls13Suites,
    Transport,
};
use crate::library::{Choice, Family, Parser};
use crate::protocol::{Protocol, ProtocolSet};
use crate::setting::Setting;
use crate::source::Source;
use crate::span::{Location, Span};
use crate::text::Text;
use std::sync::Arc;

static SPELLING: Spelling = Spelling {
    protocols: |set| set.to_string(),
    cipher_string: str::to_owned,
    groups: None,
    verify_chain: "",
    verify_hostname: "",
    redirect: "",
    keys: SpellingKeys { protocols: "protocols", cipher_string: "cipher string", verify: "" },
};

/// One endpoint for each string, which is judged by its suites alone.
pub(super) fn read(roots: &[Arc<Source>], context: Context<'_>) -> Model {
    let mut model = Model::default();
    for root in roots {
        model.files.push(root.id());
        let mut start = 0;
        for line in root.text().split_inclusive('\n') {
            let string = line.trim();
            if !string.is_empty() && !string.starts_with('#') {
                let at = start + (line.len() - line.trim_start().len()) as u32;
                model.endpoints.push(endpoint(
                    string,
                    Location::new(root.id(), Span::new(at, at + string.len() as u32)),
                    context,
                ));
                model.speaks_tls = true;
            }
            start += line.len() as u32;
        }
    }
    model
}

fn endpoint(string: &str, location: Location, context: Context<'_>) -> Endpoint {
    // Groups of equal preference are BoringSSL's alone.
    let is_boring = string.contains('|') && string.contains('[');
    let family = if is_boring { Family::BoringSsl } else { Family::OpenSsl };
    let chosen = context.target.library.filter(|library| library.family() == family);
    let library = chosen.unwrap_or(Choice::Any(family));
    let level = context.target.security_level.unwrap_or_else(|| library.default_security_level());
    let alone = "a bare cipher string says nothing of it";
    let set = ProtocolSet::EMPTY.with(Protocol::Tls12);
    Endpoint {
        dialect: Dialect::Ciphers,
        role: Role::Server,
        spelling: &SPELLING,
        location,
        label: "this cipher string".to_owned(),
        names: Vec::new(),
        is_default: true,
        addresses: Vec::new(),
        transport: Transport::Tls,
        library,
        protocols: Setting::default(Protocols { set, brought_by: Vec::new() }, "judged for TLS 1.2".into()),
        cipher_string: super::cipher_string(
            Setting::written(Text::verbatim(string, location.file, location.span.start), location, [].into()),
            library,
        ),
        parser: Parser::Strict,
        ciphersuites: Setting::default(Tls13Suites::Fixed(Vec::new()), alone.into()),
        security_level: level,
        groups: Setting::<Groups>::unknown(None, alone),
        signature_algorithms: Setting::unknown(None, alone),
        server_preference: Setting::unknown(None, alone),
        session_tickets: Setting::unknown(None, alone),
        dh_parameters: Setting::default(DhParameters::Automatic, alone.into()),
        certificates: Setting::unknown(None, alone),
        peer: None,
        sni: Setting::default(None, alone.into()),
        refuses: None,
        fails: None,
        otherwise: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::{FileTree, Memory};
    use crate::target::Target;
    use std::path::Path;

    #[test]
    fn every_line_is_a_string() {
        let text = "# old\nHIGH:!aNULL\n\n  [ECDHE-RSA-AES128-GCM-SHA256|AES128-SHA]:AES256-SHA \r\n";
        let tree = Memory::new([("a.ciphers", text)]);
        let variables = std::collections::BTreeMap::new();
        let context = Context {
            files: &tree,
            target: &Target::any(),
            variables: &variables,
            is_whole: false,
            asked: None,
            budget: &crate::budget::Budget::default(),
        };
        let model = read(&[tree.read(Path::new("a.ciphers")).unwrap()], context);
        let strings: Vec<_> =
            model.endpoints.iter().map(|endpoint| endpoint.location.span.of(text)).collect();
        assert_eq!(strings, ["HIGH:!aNULL", "[ECDHE-RSA-AES128-GCM-SHA256|AES128-SHA]:AES256-SHA"]);
        assert_eq!(model.endpoints[1].library.family(), Family::BoringSsl);
    }
}
