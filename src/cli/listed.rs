//! Lists of paths: `--files-from`.

use super::Failure;
use crate::files::ReadError;
use crate::gate::Gate;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// The paths of a list, one a line, or with a NUL behind each.
pub(super) fn paths(list: &Path, null: bool) -> Result<Vec<PathBuf>, Failure> {
    let bytes = read_list(list)
        .map_err(|error| Failure::new(format!("--files-from {}: it {error}", list.display())))?;
    let listed: Vec<&[u8]> = if null {
        bytes.split(|byte| *byte == 0).collect()
    } else {
        bytes.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line)).collect()
    };
    Ok(listed.into_iter().filter(|line| !line.is_empty()).map(path_of).collect())
}

/// The largest list of paths that is read, in bytes.
const LONGEST_LIST: u64 = 64 << 20;

/// The bytes of a list of paths: a file, standard input, or a pipe that the shell has opened (`<(find …)`).
fn read_list(list: &Path) -> Result<Vec<u8>, ReadError> {
    let mut bytes = Vec::new();
    let unreadable = |error: io::Error| ReadError::Unreadable(format!("cannot be read: {error}"));
    if list == Path::new("-") || list == Path::new("/dev/stdin") {
        io::stdin().lock().take(LONGEST_LIST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    } else if list.starts_with("/dev/fd") {
        File::open(list)
            .map_err(unreadable)?
            .take(LONGEST_LIST + 1)
            .read_to_end(&mut bytes)
            .map_err(unreadable)?;
    } else {
        bytes = Gate::around(list).bytes(list, LONGEST_LIST)?;
    }
    if bytes.len() as u64 > LONGEST_LIST {
        return Err(ReadError::TooLarge { bytes: bytes.len() as u64, most: LONGEST_LIST });
    }
    Ok(bytes)
}

/// The path that these bytes are; where paths are not bytes, what is no UTF-8 becomes replacement characters.
fn path_of(bytes: &[u8]) -> PathBuf {
    #[cfg(unix)]
    let path = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes).into();
    #[cfg(not(unix))]
    let path = String::from_utf8_lossy(bytes).into_owned().into();
    path
}
