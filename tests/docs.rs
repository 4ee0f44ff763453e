//! The book under docs/: no dead link, and no page that the summary does not name.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn pages(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            pages(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "md") {
            found.push(path);
        }
    }
}

/// Targets of Markdown links that lie in the repository.
fn links(text: &str) -> Vec<String> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let here = targets.filter(|target| !target.contains("://") && !target.starts_with('#'));
    here.map(|target| target.split('#').next().unwrap_or(target).to_owned()).collect()
}

#[test]
fn no_link_is_dead_and_no_page_is_lost() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let mut found = Vec::new();
    pages(&docs, &mut found);
    let mut reached = BTreeSet::from([docs.join("SUMMARY.md")]);
    let mut dead = Vec::new();
    for page in &found {
        for link in links(&fs::read_to_string(page).unwrap()) {
            let target = page.parent().unwrap().join(&link);
            match target.canonicalize() {
                Ok(target) => drop(reached.insert(target)),
                Err(_) => dead.push(format!("{}: {link}", page.display())),
            }
        }
    }
    assert!(dead.is_empty(), "{}", dead.join("\n"));
    let lost: Vec<_> = found.iter().filter(|page| !reached.contains(&page.canonicalize().unwrap())).collect();
    assert!(lost.is_empty() || lost == [&docs.join("SUMMARY.md")], "{lost:?}");
}

#[test]
fn findings_link_to_the_documentation_of_modules_that_exist() {
    for check in tlslint::checks::ALL {
        let url = tlslint::report::page_url(check.id);
        let module = url.strip_prefix("https://docs.rs/tlslint/latest/tlslint/checks/").unwrap();
        let module = module.strip_suffix("/index.html").unwrap();
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/checks").join(module).with_extension("md");
        assert_eq!(fs::read_to_string(page).unwrap(), check.page, "{}", check.id);
    }
}

#[test]
fn the_list_of_checks_is_whole() {
    let mut list = "# Checks\n\n`tlslint explain CHECK` prints a page without a browser. Severities are those where no requirement of a policy decides.\n\n\
                    | check | finds that | severity |\n| --- | --- | --- |\n"
        .to_owned();
    for check in tlslint::checks::ALL {
        let page = format!("../src/checks/{}.md", check.id.replace('-', "_"));
        let _ = writeln!(list, "| [{}]({page}) | {} | {} |", check.id, check.summary, check.level);
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/checks.md");
    if std::env::var_os("TLSLINT_UPDATE").is_some() {
        fs::write(&path, &list).unwrap();
    }
    let committed = fs::read_to_string(path).unwrap();
    assert!(committed == list, "run the tests with TLSLINT_UPDATE=1 and commit docs/checks.md");
}
