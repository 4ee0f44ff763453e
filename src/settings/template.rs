//! The file that `tlslint init` writes: what it found, and every other key in a comment.

use super::shape::{FILE, Key, Shape};
use crate::printable::printable;
use std::fmt::Write as _;

/// A commented `tlslint.toml`; `policy`, `found` (lines for the top, without `#`) and `target` (with the reasons for it) are what was
/// found.
pub fn template(policy: &str, found: &[String], target: (Option<&str>, &[String])) -> String {
    let mut text = schema();
    text += "# Settings of tlslint; `tlslint config schema` describes every key.\n";
    for line in found {
        comment(&mut text, line);
    }
    for key in FILE {
        text.push('\n');
        comment(&mut text, key.meaning);
        match key.shape {
            _ if key.name == "policy" => line(&mut text, format_args!("policy = \"{policy}\"")),
            _ if key.name == "target" => {
                let (target, reasons) = target;
                for reason in reasons {
                    comment(&mut text, &printable(&format!("Found: {reason}")));
                }
                match target {
                    Some(target) => line(&mut text, format_args!("target = \"{target}\"")),
                    None => line(&mut text, format_args!("# {} = {}", key.name, key.example)),
                }
            }
            Shape::Table(keys) => section(&mut text, &format!("[{}]", key.name), keys),
            Shape::Tables(keys) => section(&mut text, &format!("[[{}]]", key.name), keys),
            Shape::MapOfChecks(_) => {
                line(&mut text, format_args!("# [{}]", key.name));
                line(
                    &mut text,
                    format_args!(
                        "# plaintext-endpoint = {{ level = \"off\", reason = \"by arrangement, contract 12\" }}"
                    ),
                );
            }
            Shape::Map(_) => {
                line(&mut text, format_args!("# [{}]", key.name));
                line(&mut text, format_args!("# ssl_protocols = \"TLSv1.2 TLSv1.3\""));
            }
            _ => line(&mut text, format_args!("# {} = {}", key.name, key.example)),
        }
    }
    text
}

/// The line that tells editors where the schema is (taplo, "Directives"): in the book, or beside the settings while that is not published.
fn schema() -> String {
    crate::report::book().map_or_else(
        || "#:schema ./tlslint.schema.json\n# (tlslint config schema > tlslint.schema.json)\n".to_owned(),
        |book| format!("#:schema {book}/tlslint.schema.json\n"),
    )
}

fn section(text: &mut String, head: &str, keys: &[Key]) {
    line(text, format_args!("# {head}"));
    for key in keys {
        line(text, format_args!("# {} = {}", key.name, key.example));
    }
}

fn line(text: &mut String, words: std::fmt::Arguments<'_>) {
    writeln!(text, "{words}").expect("a string takes everything");
}

/// Prose in comment lines of at most 100 columns.
fn comment(text: &mut String, prose: &str) {
    let mut column = 0;
    for word in prose.split(' ') {
        if column == 0 || column + 1 + word.len() > 100 {
            if column > 0 {
                text.push('\n');
            }
            text.push('#');
            column = 1;
        }
        text.push(' ');
        text.push_str(word);
        column += 1 + word.len();
    }
    text.push('\n');
}
