//! The files of a run as they are in one rendering.

use super::relocate::Places;
use crate::files::{Evidence, FileTree, Kind, ReadError};
use crate::source::Source;
use crate::span::{FileId, Location};
use crate::text::Text;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Numbers of renderings count down from here; those of files count up from 0.
const LAST: u32 = u32::MAX;

/// Texts that stand for files that are not there, by the places that name them: the same in every rendering.
#[derive(Default)]
pub(super) struct StandIns(Mutex<Known>);

type Known = HashMap<(Location, String), Option<Arc<Source>>>;

/// The files, templates among them rendered.
pub(super) struct Rendered<'a> {
    files: &'a dyn FileTree,
    stand_ins: &'a StandIns,
    by_file: HashMap<FileId, Arc<Source>>,
    by_number: HashMap<FileId, Arc<Source>>,
    /// The renderings' texts with their files, by the renderings' numbers.
    texts: HashMap<FileId, (FileId, Text)>,
}

impl<'a> Rendered<'a> {
    /// Puts `texts` in the place of the files that they are renderings of.
    pub(super) fn new(
        files: &'a dyn FileTree,
        stand_ins: &'a StandIns,
        texts: impl Iterator<Item = (FileId, Text)>,
    ) -> Self {
        let (by_file, by_number) = (HashMap::new(), HashMap::new());
        let mut rendered = Self { files, stand_ins, by_file, by_number, texts: HashMap::new() };
        for (rank, (file, text)) in texts.enumerate() {
            let number = FileId(LAST - rank as u32);
            let of = files.source(file);
            let bytes = text.as_str().as_bytes().to_vec();
            let source = Arc::new(Source::new(number, of.display(), of.path(), bytes));
            rendered.by_file.insert(file, Arc::clone(&source));
            rendered.by_number.insert(number, source);
            rendered.texts.insert(number, (file, text));
        }
        rendered
    }

    /// What leads from the renderings back to the files.
    pub(super) fn places(&self) -> Places<'_> {
        Places(&self.texts)
    }

    /// What stands in a file in this rendering.
    pub(super) fn of(&self, source: Arc<Source>) -> Arc<Source> {
        self.by_file.get(&source.id()).cloned().unwrap_or(source)
    }
}

impl FileTree for Rendered<'_> {
    fn read(&self, path: &Path) -> Result<Arc<Source>, ReadError> {
        self.files.read(path).map(|source| self.of(source))
    }

    fn bytes(&self, path: &Path) -> Result<Vec<u8>, ReadError> {
        self.files.bytes(path)
    }

    fn list(&self, directory: &Path) -> Result<Vec<String>, ReadError> {
        self.files.list(directory)
    }

    fn kind(&self, path: &Path) -> Option<Kind> {
        self.files.kind(path)
    }

    fn starts(&self, from: FileId) -> Vec<PathBuf> {
        self.files.starts(self.places().file(from))
    }

    fn above(&self, from: FileId) -> Vec<PathBuf> {
        self.files.above(self.places().file(from))
    }

    fn deployed(&self, path: &Path, from: FileId, evidence: Evidence) -> Option<PathBuf> {
        self.files.deployed(path, self.places().file(from), evidence)
    }

    fn called(&self, written: &Path, found: &Path) -> String {
        self.files.called(written, found)
    }

    fn stand_in(&self, at: Location, text: &str) -> Option<Arc<Source>> {
        let at = self.places().location(at);
        let mut known = self.stand_ins.0.lock().expect("no holder panics");
        known.entry((at, text.to_owned())).or_insert_with(|| self.files.stand_in(at, text)).clone()
    }

    fn shown(&self, path: &Path) -> String {
        self.files.shown(path)
    }

    fn source(&self, id: FileId) -> Arc<Source> {
        self.by_number.get(&id).map_or_else(|| self.files.source(id), Arc::clone)
    }

    fn written(&self, location: Location) -> Location {
        self.files.written(self.places().location(location))
    }
}
