use super::*;
use crate::span::FileId;
use std::fmt::Write as _;

const FILE: FileId = FileId(0);

fn shown(text: &str) -> String {
    let parsed = parse(text);
    let mut out = parsed.tree.root().map_or(String::new(), |root| format!("{root:?}"));
    for error in &parsed.errors {
        let _ = write!(out, " | {:?}: {}", error.span.of(text), error.message);
    }
    out
}

fn check(text: &str, expected: &str) {
    assert_eq!(shown(text), expected, "{text}");
}

#[test]
fn yaml_and_json_give_the_same_tree() {
    check("a:\n- b: 1\n  c: 'd'\n- [x, \"y\"]\n", r#"{a: [{b: 1, c: "d"}, [x, "y"]]}"#);
    check(
        r#"{"a": [{"b": 1}, true, null, -1.5e3, "q\"\u0041\ud83d\ude00"]}"#,
        r#"{"a": [{"b": 1}, true, null, -1.5e3, "q\"A😀"]}"#,
    );
    assert!(parse("{\"a\": 1}\n").tree.margins.is_json);
    assert!(!parse("{\"a\": 1,}").tree.margins.is_json, "a trailing comma is YAML only");
    assert!(!parse("a: 1").tree.margins.is_json);
    check("", "");
    check("{}", "{}");
    check("[]", "[]");
}

#[test]
fn only_the_first_document_is_read() {
    check("a: 1\n---\nb: 2\n", "{a: 1}");
    assert_eq!(parse("a: 1\n---\nb: 2\n").tree.margins.second_document, Some(Span::new(5, 8)));
    assert_eq!(parse("---\na: 1\n").tree.margins.second_document, None);
}

#[test]
fn the_last_of_a_repeated_name_counts() {
    let text = "a: 1\nb: 2\na: 3\n";
    let parsed = parse(text);
    assert_eq!(parsed.tree.root().unwrap().get("a").unwrap().scalar().unwrap().value, "3");
    assert_eq!(parsed.tree.margins.repeated, [(Span::new(0, 1), Span::new(10, 11))]);
    let many = (0..20).fold(String::new(), |text, n| format!("{text}k{n}: x\n")) + "k3: y\n";
    assert_eq!(parse(&many).tree.margins.repeated.len(), 1);
}

#[test]
fn aliases_are_followed_and_merge_keys_are_names() {
    check("a: &x {b: 1}\nc: *x\n", "{a: {b: 1}, c: {b: 1}}");
    check("a: &x {b: 1}\nc:\n  <<: *x\n", "{a: {b: 1}, c: {<<: {b: 1}}}");
    check("a: *nope\nb: 1\n", "{a: , b: 1} | \"*nope\": the alias \"*nope\" names no anchor");
    check("a: &a [*a]\n", "{a: [*a]} | \"*a\": an alias stands inside the node that it names");
}

#[test]
fn a_billion_laughs_is_refused_at_once() {
    let mut text = "a0: &a0 [lol, lol]\n".to_owned();
    for level in 1..40 {
        let _ = writeln!(text, "a{level}: &a{level} [*a{0}, *a{0}, *a{0}, *a{0}]", level - 1);
    }
    assert!(parse(&text).errors[0].message.starts_with("aliases make more than"));
}

#[test]
fn deep_nesting_is_refused() {
    for text in ["[".repeat(100_000), "{\"a\":".repeat(100_000), "- ".repeat(100_000), "? ".repeat(1000)] {
        assert_eq!(parse(&text).errors.len(), 1);
    }
}

#[test]
fn values_know_their_places() {
    let place = |text: &str, from: u32, to: u32| {
        let tree = parse(text).tree;
        let value = tree.root().unwrap().get("a").unwrap().text(FILE);
        value.locate(Span::new(from, to)).unwrap().span.of(text).to_owned()
    };
    assert_eq!(place("a: HIGH:!aNULL # x\n", 5, 11), "!aNULL");
    assert_eq!(place("a: \"HIGH:!aNULL\"\n", 5, 11), "!aNULL");
    assert_eq!(place("a: \"HI\\u0047H:!aNULL\"\n", 0, 4), "HI\\u0047H");
    assert_eq!(place("a: \"HI\\u0047H:!aNULL\"\n", 5, 11), "!aNULL");
    assert_eq!(place("a: 'x''y z'\n", 4, 5), "z");
    assert_eq!(place("a: |\n  one\n  two\n", 4, 7), "two");
    assert_eq!(place("a: >-\n  one\n  two\n", 4, 7), "two");
    assert_eq!(place("a: one\n   two\n", 4, 7), "two");
    assert_eq!(place("{\"a\": \"x\\/y z\"}", 2, 3), "y");
    assert_eq!(place("b: &b deep\na: *b\n", 0, 4), "deep");
}

#[test]
fn collections_know_their_places() {
    let text = "a:\n  b: [1, 2]\n  c:\n  - x\n\n\nd: {e: f}\n";
    let tree = parse(text).tree;
    let root = tree.root().unwrap();
    assert_eq!(root.get("a").unwrap().span().of(text), "b: [1, 2]\n  c:\n  - x");
    assert_eq!(root.get("a").unwrap().get("b").unwrap().span().of(text), "[1, 2]");
    assert_eq!(root.get("d").unwrap().span().of(text), "{e: f}");
}

#[test]
fn errors_end_the_reading_and_keep_what_was_read() {
    check("a: 1\nb: [1\nc: 2\n", "{a: 1, b: []} | \":\": illegal placement of ':' indicator");
    assert!(shown("a:\n\tb: 1\n").contains("tabs disallowed"));
}

#[test]
fn templates_are_opaque_values() {
    let text = "a: {{ .Values.a }}\nb: \"{{ b }}\"\n{% if x %}\nc: ${C}\n{% endif %}\nd: 1\n{{- include \"e\" . }}\n";
    check(text, "{a: {{ .Values.a }}, b: \"{{ b }}\", c: ${C}, d: 1}");
    let parsed = parse(text);
    let root = parsed.tree.root().unwrap();
    let opaque = |name| root.get(name).unwrap().is_opaque();
    assert!(opaque("a") && opaque("b") && opaque("c") && !opaque("d"));
    assert!(parsed.tree.margins.broken_by_placeholders);
    assert!(!parse("a: ${X}\n").tree.margins.broken_by_placeholders);
    check("a: {b: {c: d}}", "{a: {b: {c: d}}}");
}

#[test]
fn what_prints_lines_behind_a_name_leaves_the_lines_below_it() {
    let text = "a:\n  labels: {{- include \"x\" . | nindent 4 }}\n    b: 1\n  c: {{ toYaml\n     .Values.c }}\nd: 2\n";
    check(text, "{a: {labels: {b: 1}, c: {{ toYaml}, d: 2}");
    let tree = parse(text).tree;
    let a = tree.root().unwrap().get("a").unwrap();
    assert!(a.get("labels").unwrap().is_opaque() && a.get("c").unwrap().is_opaque());
    assert!(!tree.root().unwrap().get("d").unwrap().is_opaque());
}

#[test]
fn comments_are_kept() {
    let text = "# one\na: 1 # two\n";
    let comments = parse(text).tree.margins.comments;
    assert_eq!(comments.iter().map(|span| span.of(text)).collect::<Vec<_>>(), ["# one", "# two"]);
}

#[test]
fn null_is_absent() {
    let tree = parse("a:\nb: ~\nc: null\nd: 'null'\ne: \"\"\n").tree;
    let null = |name| tree.root().unwrap().get(name).unwrap().is_null();
    assert!(null("a") && null("b") && null("c") && !null("d") && !null("e"));
}

/// Touches everything that the tree offers.
fn walk(node: Node<'_>, text: &str, budget: &mut u32) {
    assert!(text.get(node.span().range()).is_some());
    let _ = (node.text(FILE), node.is_opaque());
    *budget = budget.saturating_sub(1);
    if *budget > 0 {
        node.items().for_each(|item| walk(item, text, budget));
        node.entries().for_each(|(name, value)| {
            walk(name, text, budget);
            walk(value, text, budget);
        });
    }
}

proptest::proptest! {
    #[test]
    fn nothing_panics_and_spans_stay_inside(text in "[a-c:\\-\\[\\]{}\"'#&*|>$% \t\n\u{e9}\\\\,?!~.]{0,60}") {
        let parsed = parse(&text);
        if let Some(root) = parsed.tree.root() { walk(root, &text, &mut 2000); }
    }
}
