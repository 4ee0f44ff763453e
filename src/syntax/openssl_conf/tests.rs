use super::*;
use std::fmt::Write as _;

const FILE: FileId = FileId(0);

/// One line for each line of the tree, variables in angle brackets.
fn shown(text: &str) -> String {
    let parsed = parse(text, FILE);
    let mut out = String::new();
    let value = |value: &Value| {
        value.parts.iter().fold(String::new(), |mut out, part| {
            let _ = match part {
                Part::Text(text) => write!(out, "{}", text.as_str()),
                Part::Variable { section, name, .. } => {
                    write!(out, "<{}{name}>", section.as_ref().map(|s| format!("{s}::")).unwrap_or_default())
                }
            };
            out
        })
    };
    for line in &parsed.tree.lines {
        let _ = match &line.kind {
            LineKind::Section(name) => writeln!(out, "[{}]", name.as_str()),
            LineKind::Assignment { section, name, value: right } => {
                let section = section.as_ref().map(|s| format!("{}::", s.as_str())).unwrap_or_default();
                writeln!(out, "{section}{}={}", name.as_str(), value(right))
            }
            LineKind::Include(path) => writeln!(out, ".include {}", value(path)),
            LineKind::Pragma(text) => writeln!(out, ".pragma {}", text.as_str()),
        };
    }
    for error in &parsed.errors {
        let _ = writeln!(out, "error at {:?}: {}", error.span.of(text), error.message);
    }
    out
}

fn check(text: &str, expected: &str) {
    assert_eq!(shown(text).trim_end(), expected, "{text}");
}

#[test]
fn sections_and_assignments_are_read() {
    check(
        "openssl_conf = a\n[ a ]\nssl_conf=b # c\n[two words] x\n",
        "openssl_conf=a\n[a]\nssl_conf=b\n[two words]",
    );
    check("[s]\nother::name = value\n", "[s]\nother::name=value");
    check("\u{feff}a = b", "a=b");
    check("Name.1 = x y  \r\n", "Name.1=x y");
    check("a =", "a=");
}

#[test]
fn quotes_and_escapes_are_taken_off() {
    check(r#"a = "x # y" z"#, "a=x # y z");
    check(r"a = x\#y # z", "a=x#y");
    check(r"a = 'it\'s'", "a=it's");
    check(r"a = one\ttwo\\", "a=one\ttwo\\");
    check("a = \"not closed", "a=not closed");
}

#[test]
fn variables_are_kept_apart() {
    check("a = $x/${y}$(z)", "a=<x>/<y><z>");
    check("a = ${ENV::HOME}/$s::v", "a=<ENV::HOME>/<s::v>");
    check("a = '$x'", "a=$x");
    check("a = ${x", "error at \"${x\": a variable has no closing brace");
}

#[test]
fn includes_come_with_and_without_an_equals_sign() {
    check(
        ".include /etc/a.cnf\n.include = b\n.pragma dollarid:on\n",
        ".include /etc/a.cnf\n.include b\n.pragma dollarid:on",
    );
    check(".included = b", ".included=b");
}

#[test]
fn a_line_that_ends_in_a_backslash_goes_on() {
    let text = "CipherString = HIGH:\\\n!aNULL:\\\n!MD5\nb = c\\\\\nd = e";
    check(text, "CipherString=HIGH:!aNULL:!MD5\nb=c\\\nd=e");
    let parsed = parse(text, FILE);
    let LineKind::Assignment { value, .. } = &parsed.tree.lines[0].kind else { panic!() };
    let Part::Text(joined) = &value.parts[0] else { panic!() };
    let place = |from, to| joined.locate(Span::new(from, to)).unwrap().span.of(text);
    assert_eq!(place(0, 4), "HIGH");
    assert_eq!(place(5, 11), "!aNULL");
    assert_eq!(place(12, 16), "!MD5");
}

#[test]
fn broken_lines_are_reported_and_passed_over() {
    check(
        "oops\n[open\na = b",
        "a=b\nerror at \"oops\": a line is neither `name = value` nor `[ section ]`\nerror at \"[open\": a section has no closing \"]\"",
    );
}

#[test]
fn comments_keep_their_places() {
    let text = "# one\na = b # two\n";
    let comments = parse(text, FILE).tree.comments;
    assert_eq!(comments.iter().map(|span| span.of(text)).collect::<Vec<_>>(), ["# one", "# two"]);
}

proptest::proptest! {
    #[test]
    fn nothing_panics_and_spans_stay_inside(text in "[\\[\\]a$={}:\"'\\\\# \n\u{e9}.]{0,60}") {
        let parsed = parse(&text, FILE);
        for line in &parsed.tree.lines {
            proptest::prop_assert!(text.get(line.span.range()).is_some());
        }
    }
}
