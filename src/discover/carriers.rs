//! Configurations inside programs: here-documents of shell scripts, Dockerfiles and Terraform, texts of Nix.
//!
//! What is written to a path is judged under its name; any other text only counts where it holds a setting of TLS beyond doubt.

use super::embedded::{Embedded, in_yaml};
use super::evidence::judge_value;
use crate::source::Source;
use crate::span::{FileId, Location, Span};
use crate::text::Text;
use std::path::Path;

/// How many texts of one file are looked at.
const MOST: usize = 512;

/// The configurations in the texts of a program, in their order.
pub fn carried(source: &Source) -> Vec<Embedded> {
    let name = source.path().file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let bodies = if Path::new(&name).extension().is_some_and(|ending| ending == "nix") {
        nix(source)
    } else {
        here_documents(source)
    };
    let mut found = Vec::new();
    for body in bodies.into_iter().take(MOST) {
        let text = body.text;
        if text.as_str().trim_start().starts_with("#cloud-config") || text.as_str().contains("write_files:") {
            found.extend(inside(source, &text));
            continue;
        }
        let judged = judge_value(Path::new(&body.path), text.as_str()).filter(|judged| judged.holds_tls);
        found.extend(judged.map(|judgement| Embedded { judgement, text }));
    }
    found
}

/// What stands in a YAML document that is a text of a program.
fn inside(source: &Source, outer: &Text) -> Vec<Embedded> {
    let bytes = outer.as_str().as_bytes().to_vec();
    let document = Source::new(INNER, source.display(), source.path(), bytes);
    let found = in_yaml(&document).into_iter();
    let led_back =
        found.map(|one| Embedded { text: one.text.through(&|file| (file == INNER).then_some(outer)), ..one });
    led_back.filter(|one| one.judgement.holds_tls).collect()
}

/// The number of a text while what stands in it is looked for.
const INNER: FileId = FileId(u32::MAX);

/// A text of a program.
struct Body {
    /// The path that it is written to; empty where none is to be seen.
    path: String,
    text: Text,
}

/// `cat > PATH <<EOF`, `tee PATH <<-'EOF'`, `COPY <<EOF PATH`, `user_data = <<-EOT`; those inside others too.
fn here_documents(source: &Source) -> Vec<Body> {
    let whole = source.text();
    let lines: Vec<(usize, &str)> = lines(whole).collect();
    let mut found = Vec::new();
    for (rank, (_, line)) in lines.iter().enumerate() {
        let Some(head) = head(line) else { continue };
        let ends = |line: &str| (if head.is_indented { line.trim() } else { line.trim_end() }) == head.word;
        // One that nothing ends is none: what looked like its head is a shift of bits.
        let Some(length) = lines.iter().skip(rank + 1).position(|(_, line)| ends(line)) else { continue };
        if found.len() >= MOST {
            break;
        }
        let mut text = Text::default();
        for (start, line) in lines.iter().skip(rank + 1).take(length) {
            push(&mut text, whole, (*start, line.len()), source.id(), head.is_literal);
        }
        found.push(Body { path: path(line), text });
    }
    found
}

/// Adds a line with its end; where the shell looks into it, `\$` is `$`.
fn push(text: &mut Text, whole: &str, (start, length): (usize, usize), file: FileId, is_literal: bool) {
    let end = whole.len().min(start + length + 1);
    let line = whole.get(start..end).or_else(|| whole.get(start..start + length)).unwrap_or("");
    let mut from = 0;
    if !is_literal {
        for (at, _) in line.match_indices(['\\']) {
            let escaped = line.get(at + 1..).is_some_and(|rest| rest.starts_with(['$', '`', '\\']));
            if escaped && at >= from {
                text.push_verbatim(line.get(from..at).unwrap_or(""), file, (start + from) as u32);
                let place = Location::new(file, Span::new((start + at) as u32, (start + at + 2) as u32));
                text.push_replaced(line.get(at + 1..at + 2).unwrap_or(""), place);
                from = at + 2;
            }
        }
    }
    text.push_verbatim(line.get(from..).unwrap_or(""), file, (start + from) as u32);
}

/// What opens a here-document.
struct Head<'l> {
    word: &'l str,
    is_indented: bool,
    is_literal: bool,
}

fn head(line: &str) -> Option<Head<'_>> {
    if line.trim_start().starts_with('#') || !line.contains("<<") {
        return None;
    }
    let at = line.find("<<")?;
    let rest = line.get(at + 2..)?;
    if rest.starts_with('<') {
        return None;
    }
    let (is_indented, rest) = match rest.strip_prefix(['-', '~']) {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let rest = rest.trim_start_matches(' ');
    let is_literal = rest.starts_with(['\'', '"', '\\']);
    let rest = rest.trim_start_matches(['\'', '"', '\\']);
    let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
    let word = rest.get(..length)?;
    (word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')).then_some(Head {
        word,
        is_indented,
        is_literal,
    })
}

/// The path that a line writes to.
fn path(line: &str) -> String {
    let bare = |word: &str| word.trim_matches(['"', '\'', ';', ')', '&', '|']).to_owned();
    let is_path = |word: &str| word.contains('/') || Path::new(word).extension().is_some();
    if let Some((_, rest)) = line.rsplit_once('>')
        && let Some(word) = rest.split_whitespace().next().map(bare).filter(|word| is_path(word))
    {
        return word;
    }
    let mut words = line.split_whitespace().map(bare).filter(|word| !word.starts_with("<<"));
    words.rfind(|word| is_path(word) && !word.starts_with('-')).unwrap_or_default()
}

/// Texts between `''` of Nix, and the settings of its module for nginx.
fn nix(source: &Source) -> Vec<Body> {
    let whole = source.text();
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(offset) = whole.get(at..).and_then(|rest| rest.find("''")) {
        let open = at + offset + 2;
        let Some((text, end)) = nix_text(whole, open, source.id()) else { break };
        found.push(Body { path: nix_name(whole.get(..open - 2).unwrap_or("")), text });
        at = end;
        if found.len() >= MOST {
            break;
        }
    }
    found.extend(nix_settings(source));
    found
}

/// A text up to its closing `''`, and where that ends; `''$` is `$`, `'''` is `''`.
fn nix_text(whole: &str, open: usize, file: FileId) -> Option<(Text, usize)> {
    let mut text = Text::default();
    let mut from = open;
    loop {
        let at = from + whole.get(from..)?.find("''")?;
        text.push_verbatim(whole.get(from..at)?, file, from as u32);
        let rest = whole.get(at + 2..)?;
        let (printed, length) = match rest.chars().next() {
            Some('$') => ("$", 3),
            Some('\'') => ("''", 3),
            Some('\\') => ("", 4),
            _ => return Some((text, at + 2)),
        };
        text.push_replaced(printed, Location::new(file, Span::new(at as u32, (at + length) as u32)));
        from = at + length;
        if !whole.is_char_boundary(from) {
            return None;
        }
    }
}

/// The name that the attribute before a text speaks for.
fn nix_name(before: &str) -> String {
    let line = before.rsplit('\n').next().unwrap_or("");
    let attribute = line.split('=').next().unwrap_or("").trim();
    let name = attribute.rsplit('.').next().unwrap_or("");
    let is_nginx = matches!(
        name,
        "appendConfig"
            | "appendHttpConfig"
            | "commonHttpConfig"
            | "extraConfig"
            | "httpConfig"
            | "streamConfig"
            | "virtualHostConfig"
    ) && (before.contains("nginx") || attribute.contains("nginx"));
    match name {
        _ if is_nginx => "nginx.conf".to_owned(),
        "config" if before.contains("haproxy") => "haproxy.cfg".to_owned(),
        _ => String::new(),
    }
}

/// `sslProtocols = "TLSv1.2";` of the module, as the directives that it writes.
fn nix_settings(source: &Source) -> Option<Body> {
    let mut text = Text::default();
    for (start, line) in lines(source.text()) {
        let Some((name, value)) = line.split_once('=') else { continue };
        let directive = match name.trim().rsplit('.').next().unwrap_or("") {
            "sslProtocols" => "ssl_protocols ",
            "sslCiphers" => "ssl_ciphers ",
            _ => continue,
        };
        let Some(inner) = value.trim().strip_prefix('"').and_then(|value| value.strip_suffix("\";")) else {
            continue;
        };
        if inner.contains(['"', '$', '\\', ';']) {
            continue;
        }
        let at = start + line.len() - value.len() + value.find('"')? + 1;
        let here = Location::new(source.id(), Span::new(start as u32, (start + line.len()) as u32));
        text.push_replaced(directive, here);
        text.push_verbatim(inner, source.id(), at as u32);
        text.push_replaced(";\n", here);
    }
    (!text.as_str().is_empty() && source.text().contains("nginx"))
        .then(|| Body { path: "nginx.conf".to_owned(), text })
}

/// The lines with the bytes that they start at.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        at += line.len();
        (at - line.len(), line.trim_end_matches(['\n', '\r']))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::Dialect;

    #[track_caller]
    fn check(name: &str, text: &str, what: &str, expected: Dialect) {
        let found = carried(&Source::new(FileId(0), name, name, text.as_bytes().to_vec()));
        let [one] = found.as_slice() else { panic!("{} found in {text:?}", found.len()) };
        assert_eq!(one.judgement.dialect, expected);
        let at = one.text.as_str().find(what).expect("it is in there") as u32;
        let place = one.text.locate(Span::new(at, at + what.len() as u32)).expect("it has a place");
        assert_eq!(place.span.of(text), what);
    }

    #[track_caller]
    fn none(name: &str, text: &str) {
        let found = carried(&Source::new(FileId(0), name, name, text.as_bytes().to_vec()));
        assert!(found.is_empty(), "{:?}", found.first().map(|one| one.text.as_str()));
    }

    const SITE: &str =
        "server {\n  listen 443 ssl;\n  ssl_protocols TLSv1;\n  return 301 https://$host;\n}\n";

    #[test]
    fn here_documents_are_read_under_the_path_that_they_are_written_to() {
        let script = |line: &str| format!("set -e\n{line}\n{SITE}EOF\necho done\n");
        for line in [
            "cat > /etc/nginx/conf.d/a.conf <<'EOF'",
            "cat <<EOF >/etc/nginx/conf.d/a.conf",
            "cat <<-\"EOF\" | sudo tee /etc/nginx/sites-enabled/a >/dev/null",
        ] {
            check("install.sh", &script(line), "TLSv1", Dialect::Nginx);
        }
        check("Dockerfile", &script("COPY <<EOF /etc/nginx/conf.d/a.conf"), "TLSv1", Dialect::Nginx);
        check(
            "main.tf",
            &format!(
                "user_data = <<-EOF\n  #!/bin/sh\n  cat > /etc/nginx/nginx.conf <<'X'\n{SITE}X\n  EOF\n"
            ),
            "TLSv1",
            Dialect::Nginx,
        );
    }

    #[test]
    fn what_the_shell_escapes_is_unescaped() {
        let text = "cat > /etc/nginx/conf.d/a.conf <<EOF\nserver { listen 443 ssl; ssl_protocols TLSv1; return 301 https://\\$host; }\nEOF\n";
        let found = carried(&Source::new(FileId(0), "a.sh", "a.sh", text.as_bytes().to_vec()));
        assert!(found[0].text.as_str().contains("https://$host;"), "{}", found[0].text.as_str());
    }

    #[test]
    fn cloud_configs_inside_are_read() {
        let cloud = "user_data = <<EOF\n#cloud-config\nwrite_files:\n- path: /etc/nginx/conf.d/a.conf\n  content: |\n    server {\n      listen 443 ssl;\n      ssl_protocols TLSv1;\n    }\nEOF\n";
        check("main.tf", cloud, "TLSv1", Dialect::Nginx);
    }

    #[test]
    fn texts_of_nix_are_read() {
        let nix = "{\n  services.nginx.appendHttpConfig = ''\n    ssl_protocols TLSv1;\n    ssl_ciphers HIGH;\n  '';\n}\n";
        check("web.nix", nix, "TLSv1", Dialect::Nginx);
        check(
            "web.nix",
            "{ services.nginx = {\n    sslProtocols = \"TLSv1 TLSv1.2\";\n}; }\n",
            "TLSv1",
            Dialect::Nginx,
        );
    }

    #[test]
    fn other_texts_are_left_alone() {
        none("a.sh", "cat <<EOF\nUsage: listen to the server { of music }\nEOF\n");
        none("a.sh", "x=$((1<<EOF))\nssl_protocols TLSv1;\n");
        none("a.sh", "python3 - <<'EOF'\nssl_protocols = ['TLSv1']\nprint(ssl_protocols)\nEOF\n");
        none(
            "a.sh",
            "cat >> README.md <<EOF\nWrite `ssl_protocols TLSv1.2;` into your configuration, please.\nEOF\n",
        );
        none("web.nix", "{ x = ''\n  echo ssl_protocols\n''; }\n");
    }
}
