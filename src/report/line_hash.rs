//! The hash by which GitHub code scanning follows an alert through edits: `primaryLocationLineHash`.
//!
//! GitHub's upload step computes it for results that lack it (`src/fingerprints.ts` of github/codeql-action); ours are the same, so
//! that alerts match whichever way a file is uploaded. Each line's hash covers the 100 UTF-16 units from its start, blanks left out.

use std::collections::HashMap;

const WINDOW: usize = 100;
const FACTOR: u64 = 37;
/// What stands for the end of the file.
const END: u16 = 0xFFFF;

/// The hashes of all lines, first line first, with a count behind the colon that tells equal ones apart.
pub(super) fn of_lines(text: &str) -> Vec<String> {
    let mut hasher = Hasher::new();
    let mut after_return = false;
    for unit in text.encode_utf16() {
        let character = char::from_u32(u32::from(unit)).unwrap_or('\u{FFFD}');
        let skipped = matches!(character, ' ' | '\t') || (after_return && character == '\n');
        after_return = character == '\r';
        if !skipped {
            hasher.take(if after_return { u16::from(b'\n') } else { unit });
        }
    }
    hasher.take(END);
    hasher.finish()
}

struct Hasher {
    units: [u16; WINDOW],
    /// The line that starts at this place of the window.
    starts: [Option<usize>; WINDOW],
    at: usize,
    hash: u64,
    first_factor: u64,
    at_line_start: bool,
    lines: Vec<String>,
    seen: HashMap<u64, u32>,
}

impl Hasher {
    fn new() -> Self {
        Self {
            units: [0; WINDOW],
            starts: [None; WINDOW],
            at: 0,
            hash: 0,
            first_factor: (0..WINDOW).fold(1, |product: u64, _| product.wrapping_mul(FACTOR)),
            at_line_start: true,
            lines: Vec::new(),
            seen: HashMap::new(),
        }
    }

    fn take(&mut self, unit: u16) {
        self.emit();
        if self.at_line_start {
            self.starts[self.at] = Some(self.lines.len());
            self.lines.push(String::new());
        }
        self.at_line_start = unit == u16::from(b'\n');
        self.push(unit);
    }

    /// Gives the line that starts where the window is about to be overwritten its hash.
    fn emit(&mut self) {
        let Some(line) = self.starts[self.at].take() else { return };
        let count = self.seen.entry(self.hash).and_modify(|count| *count += 1).or_insert(1);
        self.lines[line] = format!("{:x}:{count}", self.hash);
    }

    fn push(&mut self, unit: u16) {
        let left = std::mem::replace(&mut self.units[self.at], unit);
        self.hash = FACTOR
            .wrapping_mul(self.hash)
            .wrapping_add(u64::from(unit))
            .wrapping_sub(self.first_factor.wrapping_mul(u64::from(left)));
        self.at = (self.at + 1) % WINDOW;
    }

    fn finish(mut self) -> Vec<String> {
        for _ in 0..WINDOW {
            self.emit();
            self.push(0);
        }
        self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_githubs() {
        // Vectors of src/fingerprints.test.ts of github/codeql-action.
        assert_eq!(
            of_lines(" a\nb\n  \t\tc\n d"),
            ["271789c17abda88f:1", "54703d4cd895b18:1", "180aee12dab6264:1", "a23a3dc5e078b07b:1"]
        );
        assert_eq!(
            of_lines(" hello; \t\nworld!!!\n\n\n  \t\tGreetings\n End"),
            [
                "8b7cf3e952e7aeb2:1",
                "b1ae1287ec4718d9:1",
                "bff680108adb0fcc:1",
                "c6805c5e1288b612:1",
                "b86d3392aea1be30:1",
                "e6ceba753e1a442:1"
            ]
        );
        assert_eq!(of_lines(""), ["c129715d7a2bc9a3:1"]);
    }
}
