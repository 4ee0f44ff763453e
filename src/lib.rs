//! Works out which TLS protocols and cipher suites a server configuration really negotiates, and holds that
//! against a policy.
//!
//! ```text
//! discover → syntax → dialect in every rendering → endpoints → library (expand) → checks → suppress + baseline + sort → report
//! ```
//!
//! Read [`run`] first; `ARCHITECTURE.md` has the map.

pub mod baseline;
pub mod budget;
pub mod certificate;
pub mod checks;
pub mod cli;
pub mod cyclonedx;
pub mod date;
pub mod dialect;
pub mod discover;
pub mod endpoint;
pub mod files;
pub mod finding;
pub mod fingerprint;
pub mod fix;
pub mod gate;
pub mod group;
pub mod handling;
pub mod inventory;
pub mod library;
pub mod observation;
pub mod policy;
pub mod printable;
pub mod protocol;
pub mod report;
pub mod run;
pub mod scope;
pub mod setting;
pub mod settings;
pub mod signature;
pub mod source;
pub mod span;
pub mod suite;
pub mod suppress;
pub mod syntax;
pub mod target;
pub mod text;
pub mod worlds;
