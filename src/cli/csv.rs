//! Lists for spreadsheets.

use crate::printable::printable;
use std::io::{self, Write};

/// Writes a header and rows: RFC 4180; a leading character that a spreadsheet would run as a formula gets an apostrophe.
pub(super) fn write<const N: usize>(
    header: [&str; N],
    rows: impl Iterator<Item = [String; N]>,
    out: &mut dyn Write,
) -> io::Result<()> {
    write!(out, "{}\r\n", header.join(","))?;
    for row in rows {
        let quoted = row.map(|cell| {
            let guard = if cell.starts_with(['=', '+', '-', '@']) { "'" } else { "" };
            format!("\"{guard}{}\"", printable(&cell).replace('"', "\"\""))
        });
        write!(out, "{}\r\n", quoted.join(","))?;
    }
    Ok(())
}
