//! What is open in the editor.

use super::position::{Encoding, Lines};
use super::uri;
use crate::endpoint::Dialect;
use lsp_types::{TextDocumentContentChangeEvent, TextDocumentItem, Uri};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A buffer.
#[derive(Clone, Debug)]
pub(super) struct Document {
    pub(super) uri: Uri,
    /// The file that it is of; for a buffer without a file, the last part of its address.
    pub(super) path: PathBuf,
    /// Whether there is no file.
    pub(super) is_untitled: bool,
    /// The language that the editor has it in, where that is one of ours.
    pub(super) language: Option<Dialect>,
    pub(super) version: i32,
    pub(super) text: String,
}

/// All buffers, by their addresses.
#[derive(Default, Debug)]
pub(super) struct Documents(BTreeMap<String, Document>);

impl Documents {
    pub(super) fn open(&mut self, item: TextDocumentItem) {
        let file = uri::path_of(&item.uri);
        let address = item.uri.as_str();
        let name = address.rsplit(['/', ':']).next().unwrap_or(address);
        let document = Document {
            path: file.clone().unwrap_or_else(|| PathBuf::from(name)),
            is_untitled: file.is_none(),
            language: dialect(&item.language_id),
            version: item.version,
            text: item.text,
            uri: item.uri,
        };
        self.0.insert(document.uri.as_str().to_owned(), document);
    }

    /// Puts changes into a buffer, in their order; what is not open is left alone, and so is a buffer that is newer than the changes.
    /// Whether something changed.
    pub(super) fn change(
        &mut self,
        uri: &Uri,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
        encoding: Encoding,
    ) -> bool {
        let Some(document) = self.0.get_mut(uri.as_str()).filter(|known| known.version < version) else {
            return false;
        };
        document.version = version;
        for change in changes {
            let Some(range) = change.range else {
                document.text = change.text;
                continue;
            };
            let lines = Lines::new(&document.text, encoding);
            let (start, end) = (lines.offset(range.start), lines.offset(range.end));
            document.text.replace_range(start.min(end)..start.max(end), &change.text);
        }
        true
    }

    pub(super) fn close(&mut self, uri: &Uri) {
        self.0.remove(uri.as_str());
    }

    pub(super) fn get(&self, uri: &Uri) -> Option<&Document> {
        self.0.get(uri.as_str())
    }

    /// The buffer of a file.
    pub(super) fn of(&self, path: &Path) -> Option<&Document> {
        self.0.values().find(|document| document.path == path)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Document> {
        self.0.values()
    }
}

/// The dialect of an editor's language; the ids are those of the editors' own extensions.
fn dialect(language: &str) -> Option<Dialect> {
    match language.to_ascii_lowercase().as_str() {
        "nginx" => Some(Dialect::Nginx),
        "haproxy" => Some(Dialect::HaProxy),
        "openssl-conf" | "openssl" => Some(Dialect::OpensslConf),
        _ => None,
    }
}
