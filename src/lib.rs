//! Works out which TLS protocols and cipher suites a server configuration really negotiates, and holds that
//! against a policy.
//!
//! ```text
//! discover → syntax → dialect → endpoints → library (expand) → checks → suppress + baseline + sort → report
//! ```
//!
//! `ARCHITECTURE.md` has the map.

pub mod protocol;
pub mod span;
pub mod suite;
pub mod syntax;
pub mod text;
