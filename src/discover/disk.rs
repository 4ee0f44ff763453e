//! The files of a repository on disk.

use super::Unreadable;
use crate::files::{Asker, Deployment, Evidence, FileTree, Kind, ReadError, normalise};
use crate::gate::{self, Entry, Gate};
use crate::source::{MAXIMUM_BYTES, Source, Sources};
use crate::span::{FileId, Location, Span};
use crate::text::Text;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

/// The file system, as far as a run may see it: the repository and the directories that the user allows.
#[derive(Debug)]
pub struct Disk {
    /// Directories that may be read, without links.
    allowed: Vec<PathBuf>,
    /// What lets files in them through.
    gate: Gate,
    /// What was refused of what configurations name, by the path that people see.
    refused: Mutex<BTreeMap<PathBuf, ReadError>>,
    working_directory: PathBuf,
    root_map: Vec<(PathBuf, PathBuf)>,
    sources: Sources,
    loaded: Mutex<HashMap<PathBuf, FileId>>,
    contents: Contents,
    /// Configurations inside other files, by their own numbers, every byte with its place.
    embedded: Mutex<HashMap<FileId, Text>>,
}

/// Bytes of certificates and lists by path: hundreds of directives name the same ones, and each is read once.
#[derive(Debug, Default)]
struct Contents {
    files: Mutex<HashMap<PathBuf, Arc<Content>>>,
    kept: AtomicU64,
}

/// What a file holds; `None` where that is not kept.
type Content = OnceLock<Option<Result<Vec<u8>, ReadError>>>;

/// How many bytes are kept in all: links may give one large file a thousand names.
const MOST_KEPT: u64 = 32 << 20;

impl Contents {
    /// What `read` says of the file at `path`, asked once as long as there is room for the answer.
    fn once(
        &self,
        path: PathBuf,
        read: impl Fn() -> Result<Vec<u8>, ReadError>,
    ) -> Result<Vec<u8>, ReadError> {
        let content = Arc::clone(self.files.lock().expect("no holder panics").entry(path).or_default());
        let known = content.get_or_init(|| {
            let answer = read();
            let length = answer.as_ref().map_or(0, |bytes| bytes.len() as u64);
            let sum = self.kept.fetch_add(length, Ordering::Relaxed).saturating_add(length);
            (sum <= MOST_KEPT).then_some(answer)
        });
        known.clone().unwrap_or_else(read)
    }
}

impl Disk {
    /// A view of `root` and `include_roots`; `root_map` says where directories of the deployed machine stand.
    pub fn new(root: &Path, include_roots: &[PathBuf], root_map: Vec<(PathBuf, PathBuf)>) -> Self {
        let canonical = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let mut allowed = vec![root.to_owned()];
        allowed.extend_from_slice(include_roots);
        let working_directory = std::env::current_dir().unwrap_or_default();
        Self {
            gate: Gate::of(&allowed),
            allowed: allowed.iter().map(|path| canonical(path)).collect(),
            refused: Mutex::default(),
            working_directory,
            root_map,
            sources: Sources::default(),
            loaded: Mutex::default(),
            contents: Contents::default(),
            embedded: Mutex::default(),
        }
    }

    /// Adds a file that is not on disk: standard input under the name that the user gives it.
    pub fn add(&self, path: &Path, bytes: Vec<u8>) -> Arc<Source> {
        let source = self.sources.add(self.display(path), path, bytes);
        self.loaded.lock().expect("no holder panics").insert(self.absolute(path), source.id());
        source
    }

    /// Adds a configuration that stands inside `host`, under the name of that file.
    pub fn embed(&self, host: &Source, text: Text) -> Arc<Source> {
        let bytes = text.as_str().as_bytes().to_vec();
        let source = self.sources.add(host.display(), host.path(), bytes);
        self.embedded.lock().expect("no holder panics").insert(source.id(), text);
        source
    }

    /// Opens a file that the user named or that was found below such a path, wherever it lies; links may not lead out of the
    /// repository, or the directory, that it stands in.
    ///
    /// # Errors
    /// When it cannot or must not be read.
    pub fn open(&self, path: &Path) -> Result<Arc<Source>, ReadError> {
        let absolute = self.absolute(path);
        if let Some(id) = self.loaded.lock().expect("no holder panics").get(&absolute) {
            return Ok(self.sources.get(*id));
        }
        let bytes = self.pass(path, |gate, path| gate.bytes(path, MAXIMUM_BYTES))?;
        Ok(self.keep(path, absolute, bytes))
    }

    /// The beginning of a file as text; `None` where it is no text. Nothing of it is kept.
    ///
    /// # Errors
    /// When it cannot or must not be read.
    pub fn peek(&self, path: &Path) -> Result<Option<String>, ReadError> {
        let bytes = self.pass(path, |gate, path| gate.head(path, PEEKED))?;
        let zeros = bytes.split(|byte| *byte == 0).count() - 1;
        Ok((zeros * MOST_ZEROS <= bytes.len()).then(|| String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// Takes what was read; where another thread has read it meanwhile, the first one's stands.
    fn keep(&self, path: &Path, absolute: PathBuf, bytes: Vec<u8>) -> Arc<Source> {
        let mut loaded = self.loaded.lock().expect("no holder panics");
        if let Some(id) = loaded.get(&absolute) {
            return self.sources.get(*id);
        }
        let source = self.sources.add(self.display(path), path, bytes);
        loaded.insert(absolute, source.id());
        source
    }

    fn read_anew(&self, path: &Path) -> Result<Vec<u8>, ReadError> {
        let read = self.pass(path, |gate, path| gate.bytes(path, MAXIMUM_BYTES));
        read.map_err(|error| self.refuse(path, error))
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        normalise(&self.working_directory.join(path))
    }

    /// A path as seen from the repository that it lies in, else from above the root, so that it says the same from any working directory.
    pub fn place(&self, path: &Path) -> PathBuf {
        let absolute = self.absolute(path);
        let real = absolute.parent().and_then(|directory| fs::canonicalize(directory).ok());
        let real = real.zip(absolute.file_name()).map(|(directory, name)| directory.join(name));
        let below = real.as_ref().and_then(|real| {
            // A checkout may be called anything; `/etc/nginx` says something.
            let start = |root: &PathBuf| match root.parent() {
                Some(parent) if !root.join(".git").exists() => parent.to_owned(),
                _ => root.clone(),
            };
            let roots = self.allowed.iter().filter(|root| real.starts_with(root)).map(start);
            let mut below = roots.filter_map(|root| real.strip_prefix(root).ok());
            below.next().map(Path::to_owned)
        });
        below.unwrap_or_else(|| path.to_owned())
    }

    /// Relative to the working directory where it lies below, with `/`.
    fn display(&self, path: &Path) -> String {
        let absolute = self.absolute(path);
        let shown = absolute.strip_prefix(&self.working_directory).unwrap_or(&absolute);
        let parts: Vec<_> = shown.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        parts.join("/").replacen("//", "/", 1)
    }

    /// What stands at a path that the user named or that was found below such a path.
    ///
    /// # Errors
    /// When nothing does, or it must not be seen.
    pub fn look(&self, path: &Path) -> Result<Kind, ReadError> {
        if self.loaded.lock().expect("no holder panics").contains_key(&self.absolute(path)) {
            return Ok(Kind::File);
        }
        self.pass(path, Gate::kind)
    }

    /// What a directory holds that the user named or that was found below such a path, sorted by name.
    ///
    /// # Errors
    /// When it is none, or must not be seen.
    pub fn entries(&self, directory: &Path) -> Result<Vec<Entry>, ReadError> {
        let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
        self.pass(directory, Gate::list)
    }

    /// What was refused of what configurations name, sorted.
    pub fn refused(&self) -> Vec<Unreadable> {
        let refused = self.refused.lock().expect("no holder panics");
        let told =
            refused.iter().map(|(path, error)| Unreadable { path: path.clone(), reason: error.to_string() });
        told.collect()
    }

    /// Asks the gate for a path. The way to it may lead through links of the user's own, who named it: then for the path without them.
    fn pass<T>(
        &self,
        path: &Path,
        ask: impl FnOnce(&Gate, &Path) -> Result<T, ReadError>,
    ) -> Result<T, ReadError> {
        if self.gate.holds(path) {
            return ask(&self.gate, path);
        }
        match fs::canonicalize(path) {
            Ok(real) if self.gate.holds(&real) => ask(&self.gate, &real),
            Ok(_) => Err(ReadError::OutsideRoot),
            // What is not there is outside where it would be: the answer is the same on every machine.
            Err(error) => {
                let absolute = self.absolute(path);
                let there = absolute.ancestors().find_map(|above| fs::canonicalize(above).ok());
                let is_inside = there.is_some_and(|real| self.gate.holds(&real));
                Err(if is_inside { gate::from_io(&error) } else { ReadError::OutsideRoot })
            }
        }
    }

    /// Remembers what is refused of a file that a configuration names. Paths of the deployed machine mostly lie outside: that is
    /// nothing to wonder at, and checks tell of it.
    fn refuse(&self, path: &Path, error: ReadError) -> ReadError {
        if error.is_refusal() && error != ReadError::OutsideRoot {
            let shown = PathBuf::from(self.display(path));
            self.refused.lock().expect("no holder panics").insert(shown, error.clone());
        }
        error
    }
}

impl FileTree for Disk {
    fn read(&self, path: &Path) -> Result<Arc<Source>, ReadError> {
        let absolute = self.absolute(path);
        if let Some(id) = self.loaded.lock().expect("no holder panics").get(&absolute) {
            return Ok(self.sources.get(*id));
        }
        let bytes = self.read_anew(path)?;
        Ok(self.keep(path, absolute, bytes))
    }

    fn bytes(&self, path: &Path) -> Result<Vec<u8>, ReadError> {
        self.contents.once(self.absolute(path), || self.read_anew(path))
    }

    fn list(&self, directory: &Path) -> Result<Vec<String>, ReadError> {
        let entries = self.pass(directory, Gate::list).map_err(|error| self.refuse(directory, error))?;
        Ok(entries.into_iter().map(|entry| entry.name.to_string_lossy().into_owned()).collect())
    }

    fn kind(&self, path: &Path) -> Option<Kind> {
        if self.loaded.lock().expect("no holder panics").contains_key(&self.absolute(path)) {
            return Some(Kind::File);
        }
        match self.pass(path, Gate::kind) {
            Ok(kind) => Some(kind),
            Err(error) => {
                self.refuse(path, error);
                None
            }
        }
    }

    fn starts(&self, from: FileId) -> Vec<PathBuf> {
        let path = self.absolute(self.source(from).path());
        let mut starts = vec![path.parent().unwrap_or(&path).to_owned()];
        if fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_symlink())
            && let Ok(real) = fs::canonicalize(&path)
            && let Some(behind) = real.parent()
        {
            starts.push(behind.to_owned());
        }
        starts
    }

    fn above(&self, from: FileId) -> Vec<PathBuf> {
        let starts = self.starts(from);
        let seen = |start: &PathBuf| {
            let seen = start.ancestors().take_while(|directory| self.pass(directory, Gate::kind).is_ok());
            seen.map(Path::to_owned).collect::<Vec<_>>()
        };
        starts.iter().flat_map(seen).collect()
    }

    fn deployed(&self, path: &Path, from: FileId, evidence: Evidence) -> Option<PathBuf> {
        let (starts, above) = (self.starts(from), self.above(from));
        let kind = |path: &Path| self.kind(path);
        let real = |start: &PathBuf| fs::canonicalize(start).unwrap_or_else(|_| start.clone());
        let real: Vec<PathBuf> = starts.iter().map(real).collect();
        let holds = |root: &&PathBuf| real.iter().any(|start| start.starts_with(root));
        let roots: Vec<PathBuf> = self.allowed.iter().filter(holds).cloned().collect();
        let tree = Deployment { roots: &roots, root_map: &self.root_map, kind: &kind };
        tree.find(path, &Asker { starts: &starts, above: &above }, evidence)
    }

    fn shown(&self, path: &Path) -> String {
        self.display(path)
    }

    fn stand_in(&self, at: Location, text: &str) -> Option<Arc<Source>> {
        Some(self.embed(&self.source(at.file), Text::replaced(text, at)))
    }

    fn source(&self, id: FileId) -> Arc<Source> {
        self.sources.get(id)
    }

    fn written(&self, location: Location) -> Location {
        let embedded = self.embedded.lock().expect("no holder panics");
        let mut written = location;
        // A text may stand in another that stands in a file.
        while let Some(text) = embedded.get(&written.file) {
            let end = Span::empty(text.as_str().len() as u32);
            let outer = text.locate(written.span).or_else(|| text.locate(end));
            match outer.filter(|outer| outer.file != written.file) {
                Some(outer) => written = outer,
                None => break,
            }
        }
        written
    }
}

/// How much of a file is looked at before it is known to be a configuration, in bytes.
const PEEKED: u64 = 256 << 10;

/// Of so many bytes of a text, one may be zero.
const MOST_ZEROS: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn what_many_name_is_read_once_as_long_as_there_is_room() {
        let (contents, count) = (Contents::default(), Cell::new(0));
        let ask = |path: &str, length: u64| {
            let read = || {
                count.set(count.get() + 1);
                Ok(vec![0; length as usize])
            };
            assert_eq!(contents.once(path.into(), read).unwrap().len() as u64, length);
        };
        (0..200).for_each(|_| ask("a.pem", 1000));
        assert_eq!(count.replace(0), 1);
        (0..3).for_each(|_| ask("large.pem", MOST_KEPT));
        assert!(count.replace(0) > 1, "what is not kept is read again");
        (0..200).for_each(|_| ask("a.pem", 1000));
        assert_eq!(count.get(), 0);
    }
}
