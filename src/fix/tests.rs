use super::*;
use crate::finding::{Applicability, Edit, Severity};
use crate::span::FileId;

fn edit(start: u32, end: u32, text: &str) -> Edit {
    Edit::replace(Location::new(FileId(0), Span::new(start, end)), text)
}

fn finding(applicability: Applicability, edits: Vec<Edit>) -> Finding {
    let mut finding = Finding::new("x", Severity::Error, Location::new(FileId(0), Span::new(0, 1)), "");
    finding.fix = Some(Fix { applicability, message: String::new(), edits });
    finding
}

#[test]
fn fixes_that_overlap_wait() {
    let safe = |edits| finding(Applicability::Safe, edits);
    let taken = take(
        &[
            safe(vec![edit(0, 2, "x")]),
            safe(vec![edit(1, 3, "y")]),
            safe(vec![edit(0, 2, "x")]),
            safe(vec![edit(3, 3, "!")]),
        ],
        false,
    );
    assert_eq!(taken.mended, 3, "the same fix mends two");
    assert_eq!(apply(b"abcd", &taken.edits[&FileId(0)]), b"xc!d");
}

#[test]
fn unsafe_fixes_are_asked_for() {
    let findings = [finding(Applicability::Unsafe, vec![edit(0, 1, "")])];
    assert_eq!((take(&findings, false).mended, take(&findings, false).held_back), (0, 1));
    assert_eq!(take(&findings, true).mended, 1);
}

#[test]
fn files_are_replaced_whole_with_their_mode() {
    use std::os::unix::fs::PermissionsExt as _;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.conf");
    std::fs::write(&path, "old").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    let path = path.canonicalize().unwrap();
    replace(&path, &Change { before: b"old".to_vec(), after: b"new".to_vec() }).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"new");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
    let elsewhere = tempfile::tempdir().unwrap();
    assert!(target(&path, elsewhere.path()).is_err(), "never outside the root");
    assert!(target(&path, directory.path()).is_ok());
}

#[test]
fn changes_are_shown_as_diff_shows_them() {
    let text = diff("a.conf", b"one\ntwo\n", b"one\n2\n");
    assert_eq!(
        String::from_utf8(text).unwrap(),
        "--- a/a.conf\n+++ b/a.conf\n@@ -1,2 +1,2 @@\n one\n-two\n+2\n"
    );
}
