//! One line per finding, in the form of GNU compilers (GNU Coding Standards, "Formatting Error Messages").

use super::{Report, printable};
use std::io::{self, Write};

pub(super) fn write(report: &Report<'_>, out: &mut dyn Write) -> io::Result<()> {
    for finding in report.counted() {
        let place = report.place(finding.location);
        writeln!(
            out,
            "{}:{}:{}: {}: {} [{}]",
            printable(&place.path),
            place.start.line,
            place.start.column,
            finding.severity,
            printable(&finding.message),
            finding.check
        )?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::report::{Format, sample};

    #[test]
    fn a_finding_is_a_line() {
        insta::assert_snapshot!(sample::written(Format::Concise));
    }
}
