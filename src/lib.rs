//! Works out which TLS protocols and cipher suites a server configuration really negotiates, and holds that
//! against a policy.
//!
//! ```text
//! discover → syntax → dialect in every rendering → endpoints → library (expand) → checks → suppress + baseline + sort → report
//! ```
//!
//! What a cipher string selects, as one release of a library reads it:
//!
//! ```
//! use tlslint::library::{Choice, Parser};
//!
//! let library = Choice::by_id("openssl-3.0").expect("a release that is known");
//! let expansion = library.expand("ECDHE+AESGCM:!ECDSA", Parser::default());
//! let names: Vec<_> = expansion.suites.iter().map(|selected| selected.suite.name()).collect();
//! assert_eq!(names, ["ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256"]);
//! ```
//!
//! What is wrong in a tree of configurations, by a policy and the settings around it:
//!
//! ```
//! use tlslint::{date::Date, discover::Disk, finding::Severity, run, scope::Flags};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let directory = tempfile::tempdir()?;
//! # let root = directory.path();
//! std::fs::write(root.join("nginx.conf"), "
//!     events {}
//!     http { server { listen 443 ssl; ssl_certificate a.crt; ssl_certificate_key a.key; ssl_protocols TLSv1 TLSv1.2; } }
//! ")?;
//! let flags = Flags { policies: vec!["google-carriers".to_owned()], ..Flags::default() };
//! let options = run::Options::of(vec![root.to_owned()], flags, Date::today())?;
//! let outcome = run::run(&options, &Disk::new(root, &[], Vec::new()))?;
//! assert!(run::fails(&outcome.findings, Severity::Error));
//! assert!(outcome.findings.iter().any(|finding| finding.check == "protocol-below-floor"));
//! # Ok(())
//! # }
//! ```
//!
//! The program is what is kept stable (`docs/stability.md`): its flags, exit codes, formats and ids of checks. The modules here follow its
//! needs, and before 1.0 any minor release may change them.
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
pub mod lsp;
pub mod observation;
pub mod policy;
pub mod printable;
pub mod protocol;
pub mod report;
pub mod run;
pub mod scope;
pub mod server;
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
pub mod upgrade;
pub mod worlds;
