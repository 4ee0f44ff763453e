//! Files changed in one step, with nothing lost: neither what somebody else wrote meanwhile, nor whose the file is.

use super::Change;
use crate::gate::Gate;
use crate::source::MAXIMUM_BYTES;
use std::fs::{File, Metadata};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// The path that is written for a file of the run: links followed, and only below `root`.
///
/// # Errors
/// When the file is gone, or lies elsewhere.
pub fn target(path: &Path, root: &Path) -> io::Result<PathBuf> {
    let real = path.canonicalize()?;
    if real.starts_with(root.canonicalize()?) {
        return Ok(real);
    }
    Err(io::Error::other(format!("{} lies outside {}", real.display(), root.display())))
}

/// Puts the changed bytes in place of the file at `path` in one step.
///
/// The new file is made beside it under a random name that nobody else may read, gets the owner, group, mode, extended attributes and
/// access list of the old one, and takes its place; the old one's bytes are looked at again behind that, and if they are not those that
/// the change was made from, it is put back.
///
/// # Errors
/// When the file has changed meanwhile, has several names, is not the user's to give back as it was, or the directory takes no new
/// file; then it is as it was.
pub fn replace(path: &Path, change: &Change) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("/"));
    let gate = Gate::of(&[directory.to_owned()]);
    held(&gate, path, &change.before)?;
    let old = gate.file(path).map_err(|error| io::Error::other(format!("it {error}")))?;
    let metadata = old.metadata()?;
    alone(&metadata)?;
    let mut new = beside(directory)?;
    new.write_all(&change.after)?;
    like(&old, &metadata, new.as_file())?;
    new.as_file().sync_all()?;
    held(&gate, path, &change.before)?;
    exchange(new, path, &change.before, &gate)
}

/// A new file in `directory` under a random name, which nobody else may read.
///
/// # Errors
/// When the directory takes none.
pub fn beside(directory: &Path) -> io::Result<NamedTempFile> {
    tempfile::Builder::new().prefix(".tlslint-").suffix(".new").rand_bytes(16).tempfile_in(directory)
}

fn held(gate: &Gate, path: &Path, before: &[u8]) -> io::Result<()> {
    match gate.bytes(path, MAXIMUM_BYTES) {
        Ok(bytes) if bytes == before => Ok(()),
        Ok(_) => Err(changed()),
        Err(error) => Err(io::Error::other(format!("it {error}"))),
    }
}

fn changed() -> io::Error {
    io::Error::other("somebody else has changed it meanwhile")
}

/// A file with another name would be two files afterwards.
fn alone(metadata: &Metadata) -> io::Result<()> {
    #[cfg(unix)]
    {
        let names = std::os::unix::fs::MetadataExt::nlink(metadata);
        if names > 1 {
            return Err(io::Error::other(format!("it has {names} names (hard links), which would part")));
        }
    }
    #[cfg(not(unix))]
    let _ = metadata;
    Ok(())
}

/// Makes `new` belong to whom `old` does, with the same mode, extended attributes and access list.
#[cfg(unix)]
fn like(old: &File, metadata: &Metadata, new: &File) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, fchown};
    let own = new.metadata()?;
    if (own.uid(), own.gid()) != (metadata.uid(), metadata.gid()) {
        let whose = format!("user {}, group {}", metadata.uid(), metadata.gid());
        fchown(new, Some(metadata.uid()), Some(metadata.gid())).map_err(|error| {
            io::Error::other(format!("it belongs to {whose}, to whom a new file cannot be given: {error}"))
        })?;
    }
    attributes(old, new)?;
    new.set_permissions(metadata.permissions())
}

#[cfg(not(unix))]
fn like(_: &File, metadata: &Metadata, new: &File) -> io::Result<()> {
    new.set_permissions(metadata.permissions())
}

/// Copies the extended attributes, access lists among them (xattr(7)), and takes away what the directory gave by itself.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "macos"))]
fn attributes(old: &File, new: &File) -> io::Result<()> {
    use rustix::fs::{XattrFlags, fremovexattr, fsetxattr};
    let (wanted, given) = (listed(old)?, listed(new)?);
    for (name, _) in given.iter().filter(|(name, _)| wanted.iter().all(|(other, _)| other != name)) {
        fremovexattr(new, name.as_slice())?;
    }
    for (name, value) in wanted.iter().filter(|one| !given.contains(one)) {
        fsetxattr(new, name.as_slice(), value, XattrFlags::empty()).map_err(|error| {
            let name = String::from_utf8_lossy(name).into_owned();
            io::Error::other(format!("its attribute {name} cannot be given to a new file: {error}"))
        })?;
    }
    Ok(())
}

#[cfg(all(unix, not(any(target_os = "linux", target_os = "android", target_os = "macos"))))]
fn attributes(_: &File, _: &File) -> io::Result<()> {
    Ok(())
}

/// The extended attributes of a file; none where the file system has none.
#[cfg(any(target_os = "linux", target_os = "android", target_os = "macos"))]
fn listed(file: &File) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
    use rustix::fs::{fgetxattr, flistxattr};
    let mut names = vec![0; 64 << 10];
    let length = match flistxattr(file, &mut names) {
        Ok(length) => length,
        Err(rustix::io::Errno::OPNOTSUPP) => return Ok(Vec::new()),
        Err(error) => return Err(error.into()),
    };
    names.truncate(length);
    let mut found = Vec::new();
    for name in names.split(|byte| *byte == 0).filter(|name| !name.is_empty()) {
        let mut value = vec![0; 64 << 10];
        let length = fgetxattr(file, name, &mut value)?;
        value.truncate(length);
        found.push((name.to_vec(), value));
    }
    Ok(found)
}

/// Puts the new file in the old one's place, and the old one back if it is not what the change was made from.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn exchange(new: NamedTempFile, path: &Path, before: &[u8], gate: &Gate) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    use rustix::io::Errno;
    let swap = || renameat_with(CWD, new.path(), CWD, path, RenameFlags::EXCHANGE);
    match swap() {
        Ok(()) => {}
        // Not every file system can.
        Err(Errno::INVAL | Errno::NOSYS) => return new.persist(path).map(drop).map_err(|error| error.error),
        Err(error) => return Err(error.into()),
    }
    // What stood at the path now stands under the random name.
    if gate.bytes(new.path(), MAXIMUM_BYTES).is_ok_and(|bytes| bytes == before) {
        return Ok(());
    }
    swap()?;
    Err(changed())
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
fn exchange(new: NamedTempFile, path: &Path, _: &[u8], _: &Gate) -> io::Result<()> {
    new.persist(path).map(drop).map_err(|error| error.error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(before: &str, after: &str) -> Change {
        Change { before: before.into(), after: after.into() }
    }

    #[test]
    fn what_somebody_else_wrote_stays() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().canonicalize().unwrap().join("x");
        std::fs::write(&path, "theirs").unwrap();
        assert!(replace(&path, &change("ours", "new")).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "theirs");
        replace(&path, &change("theirs", "new")).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1, "nothing is left behind");
    }

    #[cfg(any(target_os = "linux", target_os = "android"))]
    #[test]
    fn a_file_that_is_swapped_in_at_the_last_moment_is_put_back() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("x");
        std::fs::write(&path, "theirs").unwrap();
        let gate = Gate::of(&[directory.path().to_owned()]);
        let mut new = beside(directory.path()).unwrap();
        new.write_all(b"new").unwrap();
        assert!(exchange(new, &path, b"ours", &gate).is_err());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "theirs");
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn mode_is_kept_and_other_names_are_not_cut_off() {
        use std::os::unix::fs::PermissionsExt as _;
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().canonicalize().unwrap().join("x");
        std::fs::write(&path, "a").unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o604)).unwrap();
        replace(&path, &change("a", "b")).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o604);
        std::fs::hard_link(&path, directory.path().join("y")).unwrap();
        let error = replace(&path, &change("b", "c")).unwrap_err().to_string();
        assert!(error.contains("2 names"), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "b");
    }
}
