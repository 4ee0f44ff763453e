//! How wide lines may be.

/// Lines are neither narrower nor wider than this, whatever the terminal is.
const BOUNDS: [usize; 2] = [80, 140];
/// The columns where nothing says how wide the output is shown.
const USUAL: usize = 100;

/// The columns to keep lines to: `COLUMNS` (environ(7)), else those of the terminal that standard output is.
pub(super) fn columns(is_terminal: bool) -> usize {
    let said = std::env::var("COLUMNS").ok().and_then(|columns| columns.trim().parse().ok());
    let found = || if is_terminal { of_terminal() } else { None };
    let [least, most] = BOUNDS;
    said.filter(|columns| *columns > 0).or_else(found).unwrap_or(USUAL).clamp(least, most)
}

#[cfg(unix)]
fn of_terminal() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    (size.ws_col > 0).then_some(usize::from(size.ws_col))
}

#[cfg(not(unix))]
fn of_terminal() -> Option<usize> {
    None
}
