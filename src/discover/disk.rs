//! The files of a repository on disk.

use crate::files::{Asker, Deployment, Evidence, FileTree, Kind, ReadError, normalise};
use crate::source::{MAXIMUM_BYTES, Source, Sources};
use crate::span::{FileId, Location, Span};
use crate::text::Text;
use std::collections::HashMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// The file system, as far as a run may see it: the repository and the directories that the user allows.
#[derive(Debug)]
pub struct Disk {
    /// Directories that may be read, without links.
    allowed: Vec<PathBuf>,
    working_directory: PathBuf,
    root_map: Vec<(PathBuf, PathBuf)>,
    sources: Sources,
    loaded: Mutex<HashMap<PathBuf, FileId>>,
    /// Configurations inside other files, by their own numbers, every byte with its place.
    embedded: Mutex<HashMap<FileId, Text>>,
}

impl Disk {
    /// A view of `root` and `include_roots`; `root_map` says where directories of the deployed machine stand.
    pub fn new(root: &Path, include_roots: &[PathBuf], root_map: Vec<(PathBuf, PathBuf)>) -> Self {
        let canonical = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let mut allowed = vec![canonical(root)];
        allowed.extend(include_roots.iter().map(|path| canonical(path)));
        let working_directory = std::env::current_dir().unwrap_or_default();
        Self {
            allowed,
            working_directory,
            root_map,
            sources: Sources::default(),
            loaded: Mutex::default(),
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

    /// Opens a file that the user named or that was found below such a path, wherever it lies.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(&self, path: &Path) -> Result<Arc<Source>, ReadError> {
        let absolute = self.absolute(path);
        if let Some(id) = self.loaded.lock().expect("no holder panics").get(&absolute) {
            return Ok(self.sources.get(*id));
        }
        let bytes = read_bounded(path)?;
        let mut loaded = self.loaded.lock().expect("no holder panics");
        // Another thread may have read it meanwhile; the first one's stands.
        if let Some(id) = loaded.get(&absolute) {
            return Ok(self.sources.get(*id));
        }
        let source = self.sources.add(self.display(path), path, bytes);
        loaded.insert(absolute, source.id());
        Ok(source)
    }

    fn absolute(&self, path: &Path) -> PathBuf {
        normalise(&self.working_directory.join(path))
    }

    /// Relative to the working directory where it lies below, with `/`.
    fn display(&self, path: &Path) -> String {
        let absolute = self.absolute(path);
        let shown = absolute.strip_prefix(&self.working_directory).unwrap_or(&absolute);
        let parts: Vec<_> = shown.components().map(|part| part.as_os_str().to_string_lossy()).collect();
        parts.join("/").replacen("//", "/", 1)
    }

    fn holds(&self, real: &Path) -> bool {
        self.allowed.iter().any(|directory| real.starts_with(directory))
    }

    /// Whether the file behind `path`, links followed, lies where it may.
    fn permit(&self, path: &Path) -> Result<(), ReadError> {
        let real = match fs::canonicalize(path) {
            Ok(real) => real,
            // What is not there is outside where it would be: the answer is the same on every machine.
            Err(error) => {
                let absolute = self.absolute(path);
                let there = absolute.ancestors().find_map(|above| fs::canonicalize(above).ok());
                let is_inside = there.is_some_and(|real| self.holds(&real));
                return Err(if is_inside { from_io(&error) } else { ReadError::OutsideRoot });
            }
        };
        if self.holds(&real) { Ok(()) } else { Err(ReadError::OutsideRoot) }
    }
}

impl FileTree for Disk {
    fn read(&self, path: &Path) -> Result<Arc<Source>, ReadError> {
        let absolute = self.absolute(path);
        if let Some(id) = self.loaded.lock().expect("no holder panics").get(&absolute) {
            return Ok(self.sources.get(*id));
        }
        self.permit(path)?;
        self.open(path)
    }

    fn bytes(&self, path: &Path) -> Result<Vec<u8>, ReadError> {
        self.permit(path)?;
        read_bounded(path)
    }

    fn list(&self, directory: &Path) -> Result<Vec<String>, ReadError> {
        self.permit(directory)?;
        let entries = fs::read_dir(directory).map_err(|error| from_io(&error))?;
        let mut names: Vec<_> = entries
            .filter_map(Result::ok)
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .collect();
        names.sort_unstable();
        Ok(names)
    }

    fn kind(&self, path: &Path) -> Option<Kind> {
        if self.loaded.lock().expect("no holder panics").contains_key(&self.absolute(path)) {
            return Some(Kind::File);
        }
        self.permit(path).ok()?;
        let metadata = fs::metadata(path).ok()?;
        if metadata.is_dir() { Some(Kind::Directory) } else { metadata.is_file().then_some(Kind::File) }
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
            let seen = start.ancestors().take_while(|directory| self.permit(directory).is_ok());
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

    fn source(&self, id: FileId) -> Arc<Source> {
        self.sources.get(id)
    }

    fn written(&self, location: Location) -> Location {
        let embedded = self.embedded.lock().expect("no holder panics");
        let Some(text) = embedded.get(&location.file) else { return location };
        let end = Span::empty(text.as_str().len() as u32);
        text.locate(location.span).or_else(|| text.locate(end)).unwrap_or(location)
    }
}

/// Reads a whole regular file, unless it is too large.
fn read_bounded(path: &Path) -> Result<Vec<u8>, ReadError> {
    let file = fs::File::open(path).map_err(|error| from_io(&error))?;
    let metadata = file.metadata().map_err(|error| from_io(&error))?;
    if metadata.is_dir() {
        return Err(ReadError::Directory);
    }
    if metadata.len() > MAXIMUM_BYTES {
        return Err(ReadError::TooLarge(metadata.len()));
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    // A file may grow while it is read; the bound holds all the same.
    file.take(MAXIMUM_BYTES + 1).read_to_end(&mut bytes).map_err(|error| from_io(&error))?;
    if bytes.len() as u64 > MAXIMUM_BYTES {
        return Err(ReadError::TooLarge(bytes.len() as u64));
    }
    Ok(bytes)
}

fn from_io(error: &std::io::Error) -> ReadError {
    match error.kind() {
        std::io::ErrorKind::NotFound => ReadError::Missing,
        std::io::ErrorKind::IsADirectory => ReadError::Directory,
        _ => ReadError::Unreadable(super::describe(error)),
    }
}
