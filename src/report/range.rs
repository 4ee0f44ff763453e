//! Ranges as JSON has them.

use serde::Serialize;

/// From one point up to another.
#[derive(Serialize)]
pub(super) struct Range {
    pub(super) start: Point,
    pub(super) end: Point,
}

/// A line and a column, both from 1; what a column counts is the format's to say.
#[derive(Serialize)]
pub(super) struct Point {
    pub(super) line: u32,
    pub(super) column: u32,
}
