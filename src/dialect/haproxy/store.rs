//! `crt-store` sections: certificates under names of their own (`crtstore_load` in src/ssl_ckch.c, since 3.0).

use super::bind::{CertificateKind, CertificateWord};
use super::proxy::Proxy;
use super::words::Argument;
use crate::span::Location;
use std::collections::BTreeMap;

/// One `load` line.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    /// The certificate's file.
    pub(super) path: Argument,
    /// The section's own `crt-base`.
    pub(super) base: Option<String>,
    /// Whether the line names the key's file.
    pub(super) has_key: bool,
}

/// The stores so far, by the names that `crt` takes: `@web/shop`, or the bare path for the store without a name.
#[derive(Clone, Debug, Default)]
pub(super) struct Stores {
    by_name: BTreeMap<String, Stored>,
    section: String,
    base: Option<String>,
}

impl Stores {
    /// Starts a section.
    pub(super) fn open(&mut self, name: &str) {
        name.clone_into(&mut self.section);
        self.base = None;
    }

    pub(super) fn get(&self, name: &str) -> Option<&Stored> {
        self.by_name.get(name)
    }

    /// Reads one statement of the section.
    pub(super) fn statement(&mut self, arguments: &[Argument]) {
        let Some((keyword, rest)) = arguments.split_first() else { return };
        if keyword.is("crt-base") {
            self.base = rest.first().and_then(Argument::text).map(str::to_owned);
        }
        let Some(path) = after(rest, "crt").filter(|_| keyword.is("load")) else { return };
        let stored =
            Stored { path: path.clone(), base: self.base.clone(), has_key: after(rest, "key").is_some() };
        let name = after(rest, "alias").unwrap_or(path).text().unwrap_or_default();
        if self.section.is_empty() {
            self.by_name.insert(name.to_owned(), stored.clone());
        }
        self.by_name.insert(format!("@{}/{name}", self.section), stored);
    }
}

/// What stands behind a word.
fn after<'a>(arguments: &'a [Argument], word: &str) -> Option<&'a Argument> {
    arguments.get(arguments.iter().position(|argument| argument.is(word))? + 1)
}

/// Notes an `ssl-f-use` line of a frontend (`proxy_parse_ssl_f_use` in src/ssl_crtlist.c, since 3.2): it is for every `bind` line with
/// `ssl` that names no certificate itself.
pub(super) fn used(proxy: &mut Proxy, location: Location, arguments: &[Argument], base: Option<&str>) {
    let options = arguments.get(1..).unwrap_or(&[]).to_vec();
    let Some(path) = after(&options, "crt").cloned() else { return };
    let base = base.map(str::to_owned);
    proxy.used.push(CertificateWord { kind: CertificateKind::File, location, path, base, options });
}
