#![cfg(unix)]

use super::*;
use std::fs;
use std::os::unix::fs::symlink;

/// A tree with a root `r` beside a secret, and links of every kind.
fn tree() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().canonicalize().unwrap().join("r");
    for (path, text) in [
        ("r/a.conf", "a"),
        ("r/d/b.conf", "b"),
        ("r/d/.git/config", "token"),
        ("secret", "s"),
        ("rest/x", "x"),
    ] {
        let path = directory.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    for (target, link) in [
        ("a.conf", "inside"),
        ("d/../inside", "twice"),
        ("../r/d", "around"),
        ("../secret", "outside"),
        ("../rest", "beside"),
        ("nowhere", "dangling"),
        ("loop", "loop"),
        ("d/.git/config", "version-control"),
        ("/dev/zero", "device"),
    ] {
        symlink(target, root.join(link)).unwrap();
    }
    symlink(root.join("d/b.conf"), root.join("absolute")).unwrap();
    (directory, root)
}

fn read(gate: &Gate, path: &Path) -> Result<String, ReadError> {
    gate.text(path, 100)
}

#[test]
fn links_are_followed_as_long_as_they_stay_inside() {
    let (_directory, root) = tree();
    let gate = Gate::of(std::slice::from_ref(&root));
    for (path, text) in [
        ("a.conf", "a"),
        ("d/b.conf", "b"),
        ("d/../a.conf", "a"),
        ("./d/./b.conf", "b"),
        ("inside", "a"),
        ("twice", "a"),
        ("around/b.conf", "b"),
        ("around/../a.conf", "a"),
        ("absolute", "b"),
        ("../r/a.conf", "a"),
        ("../rest/../r/a.conf", "a"),
    ] {
        assert_eq!(read(&gate, &root.join(path)).as_deref(), Ok(text), "{path}");
        assert_eq!(gate.kind(&root.join(path)), Ok(Kind::File), "{path}");
    }
    assert_eq!(gate.kind(&root.join("around")), Ok(Kind::Directory));
    assert_eq!(gate.kind(&root), Ok(Kind::Directory));
    assert_eq!(read(&gate, &root.join("around")), Err(ReadError::Directory));
}

#[test]
fn nothing_outside_is_read_nor_below_git() {
    let (directory, root) = tree();
    let gate = Gate::of(std::slice::from_ref(&root));
    for (path, error) in [
        ("outside", ReadError::LeadsOutside),
        ("beside/x", ReadError::LeadsOutside),
        ("device", ReadError::LeadsOutside),
        ("../secret", ReadError::OutsideRoot),
        ("../rest/x", ReadError::OutsideRoot),
        ("d/.git/config", ReadError::VersionControl),
        ("version-control", ReadError::VersionControl),
        ("dangling", ReadError::Missing),
        ("none", ReadError::Missing),
        ("a.conf/x", ReadError::Missing),
    ] {
        assert_eq!(read(&gate, &root.join(path)), Err(error.clone()), "{path}");
        assert_eq!(gate.kind(&root.join(path)), Err(error), "{path}");
    }
    assert!(matches!(read(&gate, &root.join("loop")), Err(ReadError::Unreadable(_))));
    assert_eq!(gate.list(&root.join("beside")), Err(ReadError::LeadsOutside));
    let both = Gate::of(&[root.clone(), directory.path().join("rest")]);
    assert_eq!(read(&both, &root.join("beside/x")).as_deref(), Ok("x"), "an allowed directory");
}

#[test]
fn a_root_may_be_named_by_way_of_a_link() {
    let (directory, root) = tree();
    let link = directory.path().join("by-link");
    symlink(&root, &link).unwrap();
    symlink(link.join("a.conf"), root.join("spelled")).unwrap();
    let gate = Gate::of(std::slice::from_ref(&link));
    for path in [link.join("a.conf"), root.join("a.conf"), link.join("spelled"), link.join("absolute")] {
        assert!(read(&gate, &path).is_ok(), "{}", path.display());
    }
}

#[test]
fn only_regular_files_up_to_a_size_are_read_and_without_waiting() {
    let (_directory, root) = tree();
    let gate = Gate::of(std::slice::from_ref(&root));
    let fifo = root.join("fifo");
    rustix::fs::mknodat(rustix::fs::CWD, &fifo, rustix::fs::FileType::Fifo, 0o600.into(), 0).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap();
    symlink("fifo", root.join("to-fifo")).unwrap();
    for (path, what) in [("fifo", "a FIFO"), ("to-fifo", "a FIFO"), ("socket", "a socket")] {
        let path = root.join(path);
        assert_eq!(gate.kind(&path), Err(ReadError::Special(what)));
        assert!(matches!(read(&gate, &path), Err(ReadError::Special(_))), "{}", path.display());
        assert!(matches!(read(&Gate::anywhere(), &path), Err(ReadError::Special(_))), "{}", path.display());
    }
    assert_eq!(read(&Gate::anywhere(), Path::new("/dev/zero")), Err(ReadError::Special("a device")));
    let sparse = fs::File::create(root.join("sparse")).unwrap();
    sparse.set_len(1 << 40).unwrap();
    let too_large = ReadError::TooLarge { bytes: 1 << 40, most: 100 };
    assert_eq!(read(&gate, &root.join("sparse")), Err(too_large));
    // Files of the kernel's say that they are empty and are not.
    assert!(matches!(
        Gate::anywhere().bytes(Path::new("/proc/self/maps"), 100),
        Err(ReadError::TooLarge { .. } | ReadError::Missing)
    ));
}

#[test]
fn a_directory_is_listed_without_following_links() {
    let (_directory, root) = tree();
    let gate = Gate::of(std::slice::from_ref(&root));
    let kind = |name: &str| {
        let entries = gate.list(&root).unwrap();
        entries.into_iter().find(|entry| entry.name == name).map(|entry| entry.kind)
    };
    assert_eq!(kind("a.conf"), Some(EntryKind::File));
    assert_eq!(kind("d"), Some(EntryKind::Directory));
    assert_eq!(kind("around"), Some(EntryKind::Link));
    assert_eq!(kind(".."), None);
}

#[test]
fn what_the_user_names_is_held_to_its_repository() {
    let (directory, root) = tree();
    let in_repository = Gate::around(&root.join("d/p.yaml"));
    assert_eq!(read(&in_repository, &root.join("d/b.conf")).as_deref(), Ok("b"));
    assert_eq!(read(&in_repository, &root.join("a.conf")), Err(ReadError::OutsideRoot));
    let elsewhere = Gate::around(&directory.path().join("rest/x"));
    assert_eq!(read(&elsewhere, &root.join("outside")).as_deref(), Ok("s"), "the user's own link");
}

#[test]
fn a_path_that_turns_into_a_link_meanwhile_is_not_followed() {
    let (_directory, root) = tree();
    let gate = Gate::of(std::slice::from_ref(&root));
    let stop = std::sync::atomic::AtomicBool::new(false);
    let turning = root.join("turning");
    fs::create_dir(&turning).unwrap();
    fs::write(turning.join("x"), "a").unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                let aside = root.join("aside");
                let _ = fs::rename(&turning, &aside);
                let _ = symlink("../rest", &turning);
                let _ = fs::remove_file(&turning);
                let _ = fs::rename(&aside, &turning);
            }
        });
        for _ in 0..2000 {
            let read = read(&gate, &turning.join("x"));
            assert!(read.as_deref().map_or(true, |text| text == "a"), "{read:?}");
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}
