//! Opening files from an opened directory, name by name.

use super::{Entry, EntryKind, Root, from_io, is_git, plainly_below};
use crate::files::{Kind, ReadError};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags};
use rustix::io::Errno;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

/// An opened directory.
pub(super) type Handle = OwnedFd;

/// Links that are followed on the way to one file, as many as Linux follows (path_resolution(7)).
const MOST_LINKS: usize = 40;
/// Names on the way to one file, those of links and those that `..` goes over again included; longer ways are accidents or traps.
const MOST_STEPS: usize = 8192;

/// Does not wait for the other end of a FIFO, and makes no terminal the controlling one.
const READ: OFlags = OFlags::RDONLY
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY)
    .union(OFlags::CLOEXEC)
    .union(OFlags::NOFOLLOW);

/// A directory on the way: where the system has it, one that may be entered but not listed.
const ENTER: OFlags = {
    let flags = OFlags::DIRECTORY.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
    let flags = flags.union(OFlags::PATH);
    flags
};

/// Looks at a file without reading it.
#[cfg(any(target_os = "linux", target_os = "android"))]
const LOOK: OFlags = OFlags::PATH.union(OFlags::CLOEXEC);
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const LOOK: OFlags = READ;

/// Opens a directory that may be read.
pub(super) fn open_root(real: &Path) -> Option<Handle> {
    rustix::fs::open(real, ENTER, Mode::empty()).ok()
}

/// Opens a regular file.
pub(super) fn file(roots: &[Root], path: &Path) -> Result<File, ReadError> {
    if let Some(opened) = at_once(roots, path, READ) {
        return opened.and_then(regular);
    }
    let place = Walk::new(roots).resolve(path)?;
    let Some(name) = &place.name else { return Err(ReadError::Directory) };
    regular(rustix::fs::openat(place.directory(), name, READ, Mode::empty()).map_err(refused)?)
}

/// Opens a regular file wherever it lies.
pub(super) fn file_anywhere(path: &Path) -> Result<File, ReadError> {
    let flags = READ.difference(OFlags::NOFOLLOW);
    regular(rustix::fs::open(path, flags, Mode::empty()).map_err(refused)?)
}

/// What stands at a path.
pub(super) fn kind(roots: &[Root], path: &Path) -> Result<Kind, ReadError> {
    if let Some(opened) = at_once(roots, path, LOOK) {
        let found = rustix::fs::fstat(opened?).map_err(refused)?;
        return kind_of(FileType::from_raw_mode(found.st_mode));
    }
    let place = Walk::new(roots).resolve(path)?;
    Ok(if place.name.is_some() { Kind::File } else { Kind::Directory })
}

/// What stands at a path wherever it leads.
pub(super) fn kind_anywhere(path: &Path) -> Result<Kind, ReadError> {
    let found = rustix::fs::stat(path).map_err(refused)?;
    kind_of(FileType::from_raw_mode(found.st_mode))
}

/// What a directory holds.
pub(super) fn list(roots: &[Root], path: &Path) -> Result<Vec<Entry>, ReadError> {
    let flags = READ.union(OFlags::DIRECTORY);
    if let Some(opened) = at_once(roots, path, flags) {
        return entries(opened?);
    }
    let place = Walk::new(roots).resolve(path)?;
    if place.name.is_some() {
        return Err(ReadError::Unreadable("is no directory".to_owned()));
    }
    entries(rustix::fs::openat(place.directory(), ".", flags, Mode::empty()).map_err(refused)?)
}

/// What a directory holds wherever it lies.
pub(super) fn list_anywhere(path: &Path) -> Result<Vec<Entry>, ReadError> {
    let flags = READ.union(OFlags::DIRECTORY).difference(OFlags::NOFOLLOW);
    entries(rustix::fs::open(path, flags, Mode::empty()).map_err(refused)?)
}

fn entries(directory: OwnedFd) -> Result<Vec<Entry>, ReadError> {
    let mut found = Vec::new();
    let mut directory = Dir::new(directory).map_err(refused)?;
    while let Some(entry) = directory.read() {
        let entry = entry.map_err(refused)?;
        let name = OsStr::from_bytes(entry.file_name().to_bytes());
        if name == "." || name == ".." {
            continue;
        }
        let kind = match entry.file_type() {
            // Not every file system says.
            FileType::Unknown => {
                let here = directory.fd().map_err(refused)?;
                match rustix::fs::statat(here, name, AtFlags::SYMLINK_NOFOLLOW) {
                    Ok(found) => FileType::from_raw_mode(found.st_mode),
                    Err(_) => continue,
                }
            }
            known => known,
        };
        found.push(Entry { name: name.to_owned(), kind: entry_kind(kind) });
    }
    Ok(found)
}

/// Opens below a root in one call, where the system can hold the path to the directory and there is no link on the way.
///
/// `None` where it cannot say, and the way has to be walked.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn at_once(roots: &[Root], path: &Path, flags: OFlags) -> Option<Result<OwnedFd, ReadError>> {
    use rustix::fs::ResolveFlags;
    let (root, rest) = plainly_below(roots, path)?;
    if rest.components().any(|part| is_git(part.as_os_str())) {
        return Some(Err(ReadError::VersionControl));
    }
    let rest = if rest.as_os_str().is_empty() { Path::new(".") } else { rest };
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    match rustix::fs::openat2(&root.handle, rest, flags, Mode::empty(), resolve) {
        Ok(opened) => Some(Ok(opened)),
        Err(error @ (Errno::NOENT | Errno::ACCESS | Errno::NXIO)) => Some(Err(refused(error))),
        Err(_) => None,
    }
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn at_once(_: &[Root], _: &Path, _: OFlags) -> Option<Result<OwnedFd, ReadError>> {
    None
}

/// Where the way led.
struct Place<'r> {
    root: &'r Root,
    /// The names of the directories below the root, none of them a link.
    names: Vec<OsString>,
    /// The last of those directories; `None` for the root itself.
    entered: Option<OwnedFd>,
    /// The file in it; `None` where the directory itself is meant.
    name: Option<OsString>,
}

impl<'r> Place<'r> {
    const fn of(root: &'r Root) -> Self {
        Self { root, names: Vec::new(), entered: None, name: None }
    }

    fn directory(&self) -> BorrowedFd<'_> {
        self.entered.as_ref().map_or_else(|| self.root.handle.as_fd(), AsFd::as_fd)
    }
}

/// The way to a file: each name in an opened directory, each link read and followed by ourselves.
struct Walk<'r> {
    roots: &'r [Root],
    /// What is still to go, the next name last.
    ahead: Vec<OsString>,
    links: usize,
}

/// Where the way is.
enum At<'r> {
    /// Outside all roots, where nothing is looked at and the text alone is gone by.
    Outside(PathBuf),
    /// In a root, or below.
    Inside(Place<'r>),
}

impl<'r> Walk<'r> {
    fn new(roots: &'r [Root]) -> Self {
        Self { roots, ahead: Vec::new(), links: 0 }
    }

    fn resolve(mut self, path: &Path) -> Result<Place<'r>, ReadError> {
        let mut at = match plainly_below(self.roots, path) {
            Some((root, rest)) => {
                self.push(rest);
                At::Inside(Place::of(root))
            }
            None => self.restart(path),
        };
        let mut steps = 0;
        while let Some(name) = self.ahead.pop() {
            steps += 1;
            if steps > MOST_STEPS {
                return Err(ReadError::TooDeep(MOST_STEPS));
            }
            at = match at {
                At::Outside(path) => self.outside(path, &name),
                At::Inside(place) => self.step(place, name)?,
            };
        }
        match at {
            At::Inside(place) => Ok(place),
            At::Outside(_) if self.links > 0 => Err(ReadError::LeadsOutside),
            At::Outside(_) => Err(ReadError::OutsideRoot),
        }
    }

    /// Puts a path in front of what is still to go.
    fn push(&mut self, path: &Path) {
        let names = path.components().rev().filter_map(|part| match part {
            Component::Normal(name) => Some(name.to_owned()),
            Component::ParentDir => Some(OsString::from("..")),
            Component::CurDir | Component::Prefix(_) | Component::RootDir => None,
        });
        self.ahead.extend(names);
    }

    fn restart(&mut self, path: &Path) -> At<'r> {
        self.push(path);
        self.at(PathBuf::from("/"))
    }

    fn at(&self, path: PathBuf) -> At<'r> {
        let root = self.roots.iter().find(|root| root.real == path || root.spelled == path);
        root.map_or(At::Outside(path), |root| At::Inside(Place::of(root)))
    }

    fn outside(&self, mut path: PathBuf, name: &OsStr) -> At<'r> {
        if name == ".." {
            path.pop();
        } else {
            path.push(name);
        }
        self.at(path)
    }

    /// One name further in a directory that may be read.
    fn step(&mut self, mut place: Place<'r>, name: OsString) -> Result<At<'r>, ReadError> {
        if name == ".." {
            return Ok(self.back(place));
        }
        if is_git(&name) {
            return Err(ReadError::VersionControl);
        }
        let here = place.directory();
        let found = rustix::fs::statat(here, &name, AtFlags::SYMLINK_NOFOLLOW).map_err(refused)?;
        match entry_kind(FileType::from_raw_mode(found.st_mode)) {
            EntryKind::Directory => {
                let entered = rustix::fs::openat(here, &name, ENTER, Mode::empty()).map_err(refused)?;
                place.entered = Some(entered);
                place.names.push(name);
                Ok(At::Inside(place))
            }
            EntryKind::Link => self.follow(place, &name),
            EntryKind::File if self.ahead.is_empty() => Ok(At::Inside(Place { name: Some(name), ..place })),
            EntryKind::File => Err(ReadError::Missing),
            EntryKind::Special(what) => Err(ReadError::Special(what)),
        }
    }

    /// The directory around: by name from the root again, since the opened one may have been moved meanwhile.
    fn back(&mut self, mut place: Place<'r>) -> At<'r> {
        if place.names.pop().is_some() {
            self.ahead.extend(place.names.into_iter().rev());
            return At::Inside(Place::of(place.root));
        }
        // What lies around a root may lie in another root.
        let around = place.root.real.parent().unwrap_or(Path::new("/")).to_owned();
        self.restart(&around)
    }

    fn follow(&mut self, place: Place<'r>, name: &OsStr) -> Result<At<'r>, ReadError> {
        self.links += 1;
        if self.links > MOST_LINKS {
            return Err(ReadError::Unreadable(format!("is behind more than {MOST_LINKS} links")));
        }
        let target = rustix::fs::readlinkat(place.directory(), name, Vec::new()).map_err(refused)?;
        let target = PathBuf::from(OsString::from_vec(target.into_bytes()));
        if target.is_absolute() {
            return Ok(self.restart(&target));
        }
        self.push(&target);
        Ok(At::Inside(place))
    }
}

/// The file, if that is what was opened.
fn regular(opened: OwnedFd) -> Result<File, ReadError> {
    let found = rustix::fs::fstat(&opened).map_err(refused)?;
    match kind_of(FileType::from_raw_mode(found.st_mode))? {
        Kind::Directory => Err(ReadError::Directory),
        Kind::File => Ok(File::from(opened)),
    }
}

fn kind_of(found: FileType) -> Result<Kind, ReadError> {
    match entry_kind(found) {
        EntryKind::Directory => Ok(Kind::Directory),
        EntryKind::File => Ok(Kind::File),
        EntryKind::Link => Err(ReadError::Special("a link")),
        EntryKind::Special(what) => Err(ReadError::Special(what)),
    }
}

fn entry_kind(found: FileType) -> EntryKind {
    match found {
        FileType::RegularFile => EntryKind::File,
        FileType::Directory => EntryKind::Directory,
        FileType::Symlink => EntryKind::Link,
        FileType::Fifo => EntryKind::Special("a FIFO"),
        FileType::Socket => EntryKind::Special("a socket"),
        FileType::CharacterDevice | FileType::BlockDevice => EntryKind::Special("a device"),
        FileType::Unknown => EntryKind::Special("no file that is known here"),
    }
}

fn refused(error: Errno) -> ReadError {
    match error {
        // A socket cannot be opened, nor the writing end of a FIFO that nobody reads.
        Errno::NXIO | Errno::OPNOTSUPP => ReadError::Special("a socket or a device without a driver"),
        // A link was put there between the look and the opening.
        Errno::LOOP => ReadError::Special("a link"),
        other => from_io(&other.into()),
    }
}
