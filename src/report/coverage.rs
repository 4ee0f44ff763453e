//! What a run looked at, in numbers.

use super::{Worlds, count};

/// What a run looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Coverage {
    /// Files read, includes among them.
    pub files: usize,
    /// Those of them in which placeholders of a template language stand.
    pub templates: usize,
    /// Those that are neither templates nor part of a whole configuration: what they inherit is not known.
    pub fragments: usize,
    /// Those from which no endpoint follows.
    pub without_endpoints: usize,
    /// Files that were looked into and that are in none of the languages.
    pub in_no_language: usize,
    /// Files whose names promise nothing, which were not opened.
    pub not_opened: usize,
    /// Files that were found or that a configuration names, and that must not be read: links that lead outside, FIFOs, devices.
    pub refused: usize,
    /// Files that hold TLS settings and are in none of the languages.
    pub not_understood: usize,
    /// Files and directories that settings or flags leave out; what lies below such a directory is not counted.
    pub excluded: usize,
    /// TLS endpoints that listen.
    pub servers: usize,
    /// TLS endpoints that connect.
    pub clients: usize,
    /// Endpoints that speak in clear.
    pub plaintext: usize,
    /// Endpoints that relay bytes unread, which may be TLS between others.
    pub passed_through: usize,
    /// Values that a variable, a template or a missing file decides.
    pub not_evaluated: usize,
    /// What was read of templates.
    pub worlds: Worlds,
}

impl Coverage {
    /// The files with what they are; those that are part of a whole configuration go without saying.
    pub(super) fn files_line(&self) -> String {
        let kinds = [
            (self.fragments, count(self.fragments, "fragment")),
            (self.templates, count(self.templates, "template")),
            (self.without_endpoints, format!("{} without endpoints", self.without_endpoints)),
        ];
        let kinds: Vec<_> =
            kinds.into_iter().filter(|(number, _)| *number > 0).map(|(_, words)| words).collect();
        let files = count(self.files, "file");
        if kinds.is_empty() { files } else { format!("{files} ({})", kinds.join(", ")) }
    }
}
