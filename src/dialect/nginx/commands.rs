//! `ssl_conf_command`: SSL_CONF_cmd(3) on a context that is otherwise ready.

use super::tls::{Context, Surroundings, is_suite_b};
use crate::dialect::openssl_conf::{
    Bound, is_automatic, is_harmless, is_one_group, is_option, signed, switched,
};
use crate::endpoint::{DhParameters, Protocols, Tls13Suites};
use crate::library::Parser;
use crate::protocol::{Protocol, ProtocolSet};
use crate::setting::Setting;
use crate::span::Location;
use crate::text::Text;
use std::path::Path;

/// One command.
pub(super) struct Command<'a> {
    pub(super) name: &'a str,
    pub(super) value: &'a Setting<Text>,
    pub(super) location: Location,
    pub(super) around: &'a Surroundings<'a>,
}

impl Command<'_> {
    /// Applies it; an unknown value makes what it sets unknown.
    ///
    /// # Errors
    /// The library's reason, where it refuses.
    pub(super) fn apply(&self, context: &mut Context) -> Result<(), String> {
        let library = self.around.library;
        // Names are compared letter case aside, as SSL_CONF_FLAG_FILE has it.
        match self.name.to_ascii_lowercase().as_str() {
            "cipherstring" => return self.cipher_string(context),
            "ciphersuites" => {
                let refused = |text: &Text| library.ciphersuites(text.as_str()).refused;
                if self.value.value().is_some_and(refused) {
                    return Err("no cipher match".to_owned());
                }
                context.ciphersuites = self.value.map(|text| Tls13Suites::Listed(text.clone()));
            }
            "curves" | "groups" => {
                if self.value.value().is_some_and(|text| library.group_list(text.as_str()).refused) {
                    return Err("bad value".to_owned());
                }
                context.groups = self.value.map(|text| library.groups(text.clone()));
            }
            "ecdhparameters" if self.value.value().is_some_and(|text| is_automatic(text.as_str())) => {}
            "ecdhparameters" => {
                if self.value.value().is_some_and(|text| !is_one_group(text.as_str(), library)) {
                    return Err("bad value".to_owned());
                }
                context.groups = self.value.map(|text| library.groups(text.clone()));
            }
            "dhparameters" => {
                let bits = |text: &Text| self.around.files.dh_bits(Path::new(text.as_str()));
                context.dh_parameters =
                    self.value.map(|text| bits(text).map_or(DhParameters::Unreadable, DhParameters::Bits));
            }
            "maxprotocol" => self.bound(context, |context| &mut context.maximum)?,
            "minprotocol" => self.bound(context, |context| &mut context.minimum)?,
            "options" => self.options(context)?,
            "protocol" => return self.protocol(context),
            name @ ("clientsignaturealgorithms" | "signaturealgorithms") => {
                if self.value.value().is_some_and(|list| library.signature_list(list.as_str()).refused) {
                    return Err("bad value".to_owned());
                }
                if name == "signaturealgorithms" {
                    context.signature_algorithms = self.value.clone();
                }
            }
            other if is_harmless(other) => {}
            _ => return Err("unknown cmd name".to_owned()),
        }
        Ok(())
    }

    fn cipher_string(&self, context: &mut Context) -> Result<(), String> {
        let string = crate::dialect::cipher_string(self.value.clone(), self.around.library);
        let Some(text) = string.value() else {
            context.cipher_string = string;
            return Ok(());
        };
        if is_suite_b(self.around, &context.cipher_string) {
            return Ok(());
        }
        let expansion = self.around.library.expand(text.as_str(), Parser::Lenient);
        context.security_level = context.final_level;
        context.final_level = expansion.security_level.unwrap_or(context.final_level);
        context.cipher_string = self.value.clone();
        expansion.error.map_or(Ok(()), |error| Err(error.kind.name().replace('-', " ")))
    }

    /// Sets a bound; where the files do not show it, no version is certain.
    fn bound(
        &self,
        context: &mut Context,
        which: fn(&mut Context) -> &mut Option<Protocol>,
    ) -> Result<(), String> {
        let word = match self.value {
            Setting::Unknown(unknown) => {
                context.protocols = Setting::Unknown(unknown.clone());
                return Ok(());
            }
            Setting::Default { value, .. } => value,
            Setting::Written(written) => &written.value,
        };
        match Bound::of(word.as_str()).ok_or("bad value")? {
            Bound::Keeps => {}
            Bound::Sets(bound) => *which(context) = bound,
        }
        Ok(())
    }

    fn options(&self, context: &mut Context) -> Result<(), String> {
        for word in self.words() {
            let (on, name) = signed(word);
            let setting = |on: bool| self.value.map(|_| on);
            match name.to_ascii_lowercase().as_str() {
                "serverpreference" => context.server_preference = setting(on),
                "sessionticket" => context.session_tickets = setting(on),
                _ if is_option(name) => {}
                _ => return Err("bad value".to_owned()),
            }
        }
        Ok(())
    }

    /// `Protocol` switches versions on and off among those that `ssl_protocols` left: it can bring some back.
    fn protocol(&self, context: &mut Context) -> Result<(), String> {
        if let Setting::Unknown(unknown) = self.value {
            context.protocols = Setting::Unknown(unknown.clone());
            return Ok(());
        }
        let Some(before) = context.protocols.value() else { return Ok(()) };
        let mut protocols: Protocols = before.clone();
        for word in self.words() {
            let (on, versions) = switched(word).ok_or("bad value")?;
            let place = self.value.value().and_then(Text::location).unwrap_or(self.location);
            switch(&mut protocols, on, versions, place);
        }
        context.protocols = self.value.map(|_| protocols);
        Ok(())
    }

    /// The words of a list with commas, blanks around them taken off.
    fn words(&self) -> impl Iterator<Item = &str> {
        let value = self.value.value().map_or("", Text::as_str);
        value.split(',').map(str::trim).filter(|word| !word.is_empty())
    }
}

fn switch(protocols: &mut Protocols, on: bool, versions: ProtocolSet, place: Location) {
    if on {
        let fresh = versions.without(protocols.set);
        protocols.set = protocols.set.union(versions);
        if !fresh.is_empty() {
            protocols.brought_by.push((fresh, place));
        }
        return;
    }
    protocols.set = protocols.set.without(versions);
    for (brought, _) in &mut protocols.brought_by {
        *brought = brought.intersection(protocols.set);
    }
    protocols.brought_by.retain(|(brought, _)| !brought.is_empty());
}
