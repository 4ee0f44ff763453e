//! openssl.cnf: what it makes of every TLS context, and of which settings an application leaves standing.

mod commands;
mod defaults;
mod model;
mod options;
mod sections;
#[cfg(test)]
mod tests;

pub(super) use model::read;

pub use commands::{Bound, is_automatic, is_harmless, is_one_group, signed, switched};
pub use defaults::{AfterBadValue, Fault, ProtocolWord, SystemDefaults};
pub use options::is_option;

use crate::budget::Budget;
use crate::files::FileTree;
use crate::library::Choice;
use crate::target::SystemConf;
use sections::{NOWHERE, Origin, Sections};

/// What a system-wide openssl.cnf sets for an application that loads it.
///
/// `application` is the name that the application looks itself up by (`nginx` from nginx 1.25.2 on), `None` where it has none.
/// A file that the library cannot read as a whole, or whose sections lead nowhere, sets nothing.
pub fn system_defaults(
    conf: &SystemConf,
    application: Option<&str>,
    library: Choice,
    files: Option<&dyn FileTree>,
) -> SystemDefaults {
    let SystemConf::Text { name, text, directory } = conf else { return SystemDefaults::default() };
    let budget = Budget::default();
    let origin = Origin { text, file: NOWHERE, directory: directory.as_deref(), budget: &budget };
    let sections = Sections::read(origin, files);
    if sections.errors.iter().any(|(_, error)| error.fatal) {
        return SystemDefaults::default();
    }
    match defaults::system_default(&sections, application) {
        Ok(Some((_, entries))) => {
            SystemDefaults::apply(entries, library).unplaced(&format!("system_default of {name}"))
        }
        Ok(None) | Err(_) => SystemDefaults::default(),
    }
}
