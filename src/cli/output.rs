//! Files that the command line writes: reports, baselines, settings.

use super::Failure;
use crate::fix;
use crate::gate::{plain, repository_around};
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Writes the file at `path` whole or not at all: under a random name, then renamed. `read` are the files of the run, which are not
/// written over.
///
/// # Errors
/// When the path is a link, leads out of its repository, is one of `read`, or cannot be written; then it is as it was.
pub(super) fn write_file(
    path: &Path,
    read: &[&Path],
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Failure> {
    let cannot =
        |reason: &dyn std::fmt::Display| Failure::new(format!("cannot write {}: {reason}", path.display()));
    // What the shell or the system has opened is written as it is.
    let is_open = path.starts_with("/dev/fd")
        || ["/dev/stdout", "/dev/stderr", "/dev/null"].iter().any(|open| path == Path::new(open));
    if is_open {
        let file = fs::OpenOptions::new().write(true).open(path).map_err(|error| cannot(&error))?;
        let mut file = BufWriter::new(file);
        return write(&mut file).and_then(|()| file.flush()).map_err(|error| cannot(&error));
    }
    admissible(path, read).map_err(|reason| cannot(&reason))?;
    replace(path, write).map_err(|error| cannot(&error))
}

/// Whether a file may be written there; the reason why not.
fn admissible(path: &Path, read: &[&Path]) -> Result<(), String> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => {
            return Err("it is a link; name the file itself".to_owned());
        }
        Ok(found) if !found.is_file() => return Err("it is no regular file".to_owned()),
        Ok(_) | Err(_) => {}
    }
    let plain = plain(path);
    let directory = plain.parent().unwrap_or(Path::new("/"));
    let place = directory.canonicalize().map_err(|error| format!("its directory: {error}"))?;
    if let Some(repository) = repository_around(directory)
        && !repository.canonicalize().is_ok_and(|repository| place.starts_with(repository))
    {
        return Err("its directory is behind a link that leads out of the repository".to_owned());
    }
    let place = place.join(plain.file_name().unwrap_or_default());
    if read.iter().any(|read| read.canonicalize().is_ok_and(|read| read == place)) {
        return Err("it is one of the files that are checked".to_owned());
    }
    Ok(())
}

fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let directory = path.parent().filter(|directory| !directory.as_os_str().is_empty());
    let new = fix::beside(directory.unwrap_or(Path::new(".")))?;
    {
        let mut out = BufWriter::new(new.as_file());
        write(&mut out)?;
        out.flush()?;
    }
    #[cfg(unix)]
    new.as_file().set_permissions(permissions(path))?;
    new.as_file().sync_all()?;
    new.persist(path).map(drop).map_err(|error| error.error)
}

/// The mode of the file that is replaced, else that of any new file (umask(2)).
#[cfg(unix)]
fn permissions(path: &Path) -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt as _;
    fs::metadata(path).map_or_else(
        |_| {
            let mask = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
            rustix::process::umask(mask);
            fs::Permissions::from_mode(0o666 & !mask.as_raw_mode())
        },
        |found| found.permissions(),
    )
}
