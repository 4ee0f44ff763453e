//! Configurations inside YAML and JSON: ConfigMaps, cloud-init, Ansible tasks, compose files.
//!
//! What Envoy itself or its control planes read is the Envoy dialect's affair; here are the files of other servers.

use super::evidence::{Judgement, judge_value};
use crate::endpoint::Dialect;
use crate::source::Source;
use crate::span::{Location, Span};
use crate::syntax::yaml::{Node, Shape, documents};
use crate::text::Text;
use std::path::Path;

/// A configuration inside another file.
#[derive(Clone, Debug)]
pub struct Embedded {
    /// Its language, and how far that is beyond doubt.
    pub judgement: Judgement,
    /// Its text, every byte with its place in the file around it.
    pub text: Text,
}

/// Words one of which stands in every file that is worth parsing.
const SIGNS: [&str; 9] = [
    "bind ",
    "events {",
    "frontend ",
    "listen ",
    "openssl_conf",
    "server {",
    "ssl-ciphers",
    "ssl-protocols",
    "ssl_",
];

/// The configurations in the values of `source`, in their order; none where it is no YAML or JSON.
pub fn embedded(source: &Source) -> Vec<Embedded> {
    let ending = source.path().to_string_lossy().to_lowercase();
    let is_yaml = [".yaml", ".yml", ".json"].iter().any(|mark| ending.contains(mark));
    if is_yaml { in_yaml(source) } else { Vec::new() }
}

/// The same for a text that is YAML whatever it is called.
pub(super) fn in_yaml(source: &Source) -> Vec<Embedded> {
    if !SIGNS.iter().any(|sign| source.text().contains(sign)) {
        return Vec::new();
    }
    let mut finder = Finder { source, base: 0, found: Vec::new() };
    let mut broken = None;
    for (base, document) in documents(source.text()) {
        finder.base = base;
        if let Some(root) = document.tree.root() {
            finder.walk(root);
        }
        broken = document.errors.first().map(|error| base + error.span.start).or(broken);
    }
    if let Some(broken) = broken {
        finder.base = 0;
        finder.lines(broken);
    }
    finder.found
}

struct Finder<'s> {
    source: &'s Source,
    /// Where the document that is being read starts.
    base: u32,
    found: Vec<Embedded>,
}

impl Finder<'_> {
    fn walk(&mut self, node: Node<'_>) {
        if node.is_alias() {
            return;
        }
        let entries: Vec<_> = node.entries().collect();
        let named = |wanted: &str| {
            let found = entries.iter().find(|(key, _)| key.scalar().is_some_and(|key| key.value == wanted));
            found.and_then(|(_, value)| value.scalar()).map(|scalar| scalar.value)
        };
        // `write_files` and file modules name the path beside the content.
        let path = ["path", "dest", "target"].into_iter().find_map(named);
        for (key, value) in &entries {
            let Some(key) = key.scalar() else { continue };
            match value.shape() {
                Shape::Scalar(scalar) if scalar.value.contains('\n') => {
                    let is_written = matches!(key.value, "content" | "block");
                    let name = if is_written { path.unwrap_or("") } else { key.value };
                    self.value(name, *value);
                }
                // A line that a task puts into a file.
                Shape::Scalar(scalar) if key.value == "line" && scalar.value.ends_with(';') => {
                    if let Some(path) = path {
                        self.value(path, *value);
                    }
                }
                Shape::Scalar(_) => {}
                Shape::Mapping(_) | Shape::Sequence(_) => self.walk(*value),
            }
        }
        self.ingress_settings(&entries);
        node.items().for_each(|item| self.walk(item));
    }

    /// A value of several lines.
    fn value(&mut self, name: &str, value: Node<'_>) {
        let text = self.text(value);
        let judged = judge_value(Path::new(name), text.as_str());
        self.found.extend(judged.map(|judgement| Embedded { judgement, text }));
    }

    /// Texts of several lines behind a place where the document is no YAML: what is deeper than a line that ends in `name: |`.
    fn lines(&mut self, from: u32) {
        let known: Vec<Location> = self.found.iter().filter_map(|one| one.text.location()).collect();
        let whole = self.source.text();
        let mut at =
            whole.get(..from as usize).and_then(|before| before.rfind('\n')).map_or(0, |end| end + 1);
        while let Some(line) = whole.get(at..).and_then(|rest| rest.split_inclusive('\n').next()) {
            let next = at + line.len();
            let depth = line.len() - line.trim_start_matches([' ', '-']).len();
            let Some(name) = opens_text(line) else {
                at = next;
                continue;
            };
            let mut text = Text::default();
            let mut end = next;
            let mut margin = None;
            for line in whole.get(next..).unwrap_or("").split_inclusive('\n') {
                let blanks = line.len() - line.trim_start_matches(' ').len();
                let is_tag = line.trim_start().starts_with("{{");
                if !line.trim().is_empty() && blanks <= depth && !is_tag {
                    break;
                }
                let margin = *margin.get_or_insert(blanks);
                let cut = blanks.min(margin);
                text.push_verbatim(line.get(cut..).unwrap_or(""), self.source.id(), (end + cut) as u32);
                end += line.len();
            }
            let is_known = text.location().is_none_or(|place| {
                known.iter().any(|one| one.span.start < place.span.end && place.span.start < one.span.end)
            });
            if !is_known {
                let judged = judge_value(Path::new(name), text.as_str()).filter(|judged| judged.holds_tls);
                self.found.extend(judged.map(|judgement| Embedded { judgement, text }));
            }
            at = end.max(next);
        }
    }

    /// `ssl-protocols` and `ssl-ciphers` of an ingress controller's ConfigMap or annotations, which become nginx's directives of like
    /// names: read as a fragment of them.
    fn ingress_settings(&mut self, entries: &[(Node<'_>, Node<'_>)]) {
        let mut text = Text::default();
        let mut is_nginx = false;
        for (key, value) in entries {
            let Some(name) = key.scalar().map(|key| key.value) else { continue };
            let (prefix, bare) = name.rsplit_once('/').unwrap_or(("", name));
            let directive = match bare {
                "ssl-protocols" => "ssl_protocols ",
                "ssl-ciphers" => "ssl_ciphers ",
                _ => continue,
            };
            if value
                .scalar()
                .is_none_or(|scalar| scalar.value.is_empty() || scalar.value.contains(['\n', ';']))
            {
                continue;
            }
            // HAProxy's controllers know `ssl-ciphers` too, but not `ssl-protocols`.
            is_nginx |= bare == "ssl-protocols" || prefix.contains("nginx");
            text.push_replaced(directive, self.location(key.span()));
            text.push_text(&self.text(*value));
            text.push_replaced(";\n", self.location(value.span()));
        }
        if is_nginx {
            let judgement = Judgement { dialect: Dialect::Nginx, is_guess: false, holds_tls: true };
            self.found.push(Embedded { judgement, text });
        }
    }

    fn location(&self, span: Span) -> Location {
        Location::new(self.source.id(), span.shift(self.base))
    }

    /// The value with the place of every byte; placeholders of a template language stay as they are.
    fn text(&self, value: Node<'_>) -> Text {
        value.text(self.source.id()).shift(self.base)
    }
}

/// The name of a text of several lines that a line opens: `name: |`.
fn opens_text(line: &str) -> Option<&str> {
    let line = line.trim_end();
    let head = line.trim_end_matches(|sign: char| sign == '-' || sign == '+' || sign.is_ascii_digit());
    let name = head.strip_suffix(['|', '>'])?.trim_end().strip_suffix(':')?;
    Some(name.trim_start_matches([' ', '-']).trim_matches(['"', '\'']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::FileId;

    #[track_caller]
    fn found(name: &str, text: &str) -> Vec<Embedded> {
        embedded(&Source::new(FileId(0), name, name, text.as_bytes().to_vec()))
    }

    /// Where `what` of the only configuration in `text` stands in it.
    #[track_caller]
    fn check(text: &str, what: &str, expected: &str) {
        let found = found("x.yaml", text);
        let [one] = found.as_slice() else { panic!("{} found in {text:?}", found.len()) };
        let at = one.text.as_str().find(what).expect("it is in there") as u32;
        let place = one.text.locate(Span::new(at, at + what.len() as u32)).expect("it has a place");
        assert_eq!(place.span.of(text), expected, "{:?}", one.text.as_str());
    }

    #[test]
    fn every_style_keeps_its_places() {
        let inner = "ssl_protocols TLSv1;\n    ssl_ciphers HIGH;\n";
        for header in ["|", "|-", "|+", "|2", ">"] {
            check(&format!("data:\n  nginx.conf: {header}\n    {inner}"), "HIGH", "HIGH");
        }
        check("data: {nginx.conf: \"ssl_protocols\\tTLSv1;\\nssl_ciphers 'HIGH';\\n\"}\n", "HIGH", "HIGH");
        check("data:\n  nginx.conf: 'ssl_protocols TLSv1;\n\n    ssl_ciphers HIGH;'\n", "HIGH", "HIGH");
        check("a: 1\n---\ndata:\n  nginx.conf: |\n    ssl_protocols TLSv1;\n", "TLSv1", "TLSv1");
    }

    #[test]
    fn placeholders_stay_as_they_are() {
        let text = "data:\n  nginx.conf: |\n    {{- if .Values.old }}\n    ssl_protocols {{ .Values.protocols }};\n{{- end }}\n";
        check(text, "{{ .Values.protocols }}", "{{ .Values.protocols }}");
    }

    #[test]
    fn language_comes_from_name_path_or_text() {
        let languages = |text: &str| -> Vec<Dialect> {
            found("x.yml", text).into_iter().map(|one| one.judgement.dialect).collect()
        };
        let bind = "frontend f\\n  bind :443 ssl crt a\\n";
        assert_eq!(languages(&format!("data: {{haproxy.cfg: \"{bind}\"}}")), [Dialect::HaProxy]);
        assert_eq!(languages(&format!("data: {{any: \"{bind}\"}}")), [Dialect::HaProxy]);
        let write =
            "write_files:\n- path: /etc/nginx/nginx.conf\n  content: |\n    # listen\n    events {}\n";
        assert_eq!(languages(write), [Dialect::Nginx]);
        assert_eq!(languages("readme: |\n  listen\n  to the\n  music\n"), []);
    }

    #[test]
    fn settings_of_an_ingress_controller_are_directives() {
        check("data:\n  ssl-protocols: TLSv1 TLSv1.2\n  ssl-ciphers: \"HIGH:!aNULL\"\n", "HIGH", "HIGH");
        let annotation = "metadata:\n  annotations:\n    nginx.ingress.kubernetes.io/ssl-ciphers: HIGH\n";
        check(annotation, "ssl_ciphers", "nginx.ingress.kubernetes.io/ssl-ciphers");
        assert_eq!(found("x.yaml", "data:\n  ssl-ciphers: HIGH\n").len(), 0, "whose is not known");
    }
}
