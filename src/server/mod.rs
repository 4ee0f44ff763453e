//! What the reading of every server's configuration rests on, whatever its dialect.

pub mod notes;
