//! The book under docs/: no dead link, and no page that the summary does not name.

#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod scratch;

use scratch::repository;
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
fn findings_link_to_pages_that_the_book_has() {
    for check in tlslint::checks::ALL {
        let url = tlslint::report::page_below("https://book.test/tlslint", check.id);
        let module = url.strip_prefix("https://book.test/tlslint/checks/").unwrap();
        let module = module.strip_suffix(".html").unwrap();
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/checks").join(module).with_extension("md");
        assert_eq!(fs::read_to_string(page).unwrap(), check.page, "{}", check.id);
    }
}

#[test]
fn no_finding_links_to_the_placeholder_of_the_address() {
    let home = env!("CARGO_PKG_HOMEPAGE");
    assert!(!home.is_empty(), "Cargo.toml has no homepage");
    for check in tlslint::checks::ALL {
        let url = tlslint::report::page_url(check.id);
        assert_eq!(url.is_some(), !home.contains("example.org"), "{url:?}");
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

/// Fenced blocks of a page with the first word of their fences.
fn blocks(text: &str) -> Vec<(String, String)> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(information) = line.strip_prefix("```") {
            let body = lines.by_ref().take_while(|line| *line != "```").collect::<Vec<_>>().join("\n");
            blocks.push((information.split_whitespace().next().unwrap_or_default().to_owned(), body));
        }
    }
    blocks
}

/// Every text in a YAML value.
fn texts(value: &serde_yaml::Value, found: &mut Vec<String>) {
    match value {
        serde_yaml::Value::Mapping(mapping) => mapping.values().for_each(|value| texts(value, found)),
        serde_yaml::Value::Sequence(values) => values.iter().for_each(|value| texts(value, found)),
        serde_yaml::Value::String(text) => found.push(text.clone()),
        _ => {}
    }
}

#[test]
fn examples_of_data_are_valid() {
    let mut found = Vec::new();
    pages(&Path::new(env!("CARGO_MANIFEST_DIR")).join("docs"), &mut found);
    let mut count = 0;
    for page in found {
        for (language, body) in blocks(&fs::read_to_string(&page).unwrap()) {
            let error = match language.as_str() {
                "yaml" => {
                    serde_yaml::from_str::<serde_yaml::Value>(&body).err().map(|error| error.to_string())
                }
                "toml" => body.parse::<toml::Table>().err().map(|error| error.to_string()),
                _ => continue,
            };
            count += 1;
            assert_eq!(error, None, "{}", page.display());
        }
    }
    assert!(count > 5, "{count}");
}

/// Runs a command line with the program under test on the PATH.
fn shell(here: &Path, command: &str) -> std::process::Output {
    let program = assert_cmd::cargo::cargo_bin!("tlslint").parent().unwrap().to_owned();
    let others = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(program).chain(std::env::split_paths(&others))).unwrap();
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", command]).current_dir(here).env("PATH", path);
    shell.env("GITHUB_STEP_SUMMARY", here.join("summary.md")).output().unwrap()
}

#[test]
fn commands_have_flags_and_names_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = vec![root.join("README.md")];
    pages(&root.join("docs"), &mut found);
    let site = repository(&[("nginx.conf", "events {}\nhttp {}\n")]);
    let mut count = 0;
    for page in found {
        let blocks = blocks(&fs::read_to_string(&page).unwrap());
        for line in
            blocks.iter().flat_map(|(_, body)| body.lines()).filter(|line| line.starts_with("tlslint "))
        {
            let output = shell(site.path(), line);
            let log = String::from_utf8_lossy(&output.stderr);
            count += 1;
            // Files of the examples are not here; what clap refuses, and unknown names, end with a hint at the help or the list.
            let is_wrong =
                ["Usage: tlslint", "For more information, try", "did you mean", "is called", "unknown"];
            let refused = output.status.code() == Some(2) && is_wrong.iter().any(|words| log.contains(words));
            assert!(!refused, "{}: {line}\n{log}", page.display());
        }
    }
    assert!(count > 15, "{count}");
}

#[test]
fn the_commands_of_the_pipelines_run() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/integration");
    let mut commands = Vec::new();
    for page in ["github-actions.md", "gitlab-ci.md"] {
        for (language, body) in blocks(&fs::read_to_string(docs.join(page)).unwrap()) {
            assert_eq!(language, "yaml", "{page}");
            texts(&serde_yaml::from_str(&body).unwrap(), &mut commands);
        }
    }
    let changed = blocks(&fs::read_to_string(docs.join("README.md")).unwrap());
    commands.extend(changed.into_iter().map(|(_, command)| {
        command.replace("git diff --name-only --diff-filter=d origin/main", "echo nginx.conf")
    }));
    commands.retain(|command| command.contains("tlslint check"));
    assert_eq!(commands.len(), 6, "{commands:?}");
    let checkouts = repository(&[
        ("change/.git/HEAD", "ref: refs/heads/main\n"),
        ("change/nginx.conf", "events {}\nhttp { server { listen 80; } }\n"),
        ("base/tlslint.toml", "fail-on = \"warning\"\n"),
        ("base/policies/ours.yaml", "version: 1\nid: ours\ntitle: Ours\nextends: google-carriers@2024-12\n"),
        ("base/tlslint-baseline.json", "{\"version\":1,\"findings\":[]}"),
    ]);
    let here = &checkouts.path().join("change");
    for command in &commands {
        let output = shell(here, command);
        assert_eq!(output.status.code(), Some(1), "{command}: {}", String::from_utf8_lossy(&output.stderr));
        assert!(String::from_utf8_lossy(&output.stdout).contains("plaintext-endpoint"), "{command}");
    }
    for file in ["tlslint.sarif", "gl-code-quality-report.json", "tlslint.xml", "summary.md"] {
        assert!(fs::read_to_string(here.join(file)).unwrap().contains("plaintext-endpoint"), "{file}");
    }
}
