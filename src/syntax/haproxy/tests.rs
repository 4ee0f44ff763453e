use super::*;
use proptest::prelude::*;
use std::fmt::Write;

const FILE: FileId = FileId(0);

/// Words in brackets, one line each: variables as `$name`, placeholders as `<text>`.
fn draw(text: &str) -> String {
    let parsed = parse(FILE, text);
    let mut drawn = String::new();
    for line in &parsed.tree.lines {
        for word in &line.words {
            drawn.push('[');
            for part in &word.parts {
                match part {
                    Part::Text(value) => drawn.push_str(value.as_str()),
                    Part::Placeholder(value) => write!(drawn, "<{}>", value.as_str()).unwrap(),
                    Part::Template(span) => write!(drawn, "<{}>", span.of(text)).unwrap(),
                    Part::Variable(variable) => {
                        let default = variable.default.as_ref().map(|text| format!("-{}", text.as_str()));
                        let splits = if variable.splits { "*" } else { "" };
                        write!(drawn, "${}{splits}{}", variable.name, default.unwrap_or_default()).unwrap();
                    }
                }
            }
            drawn.push(']');
        }
        drawn.push('\n');
    }
    drawn
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(draw(text).trim_end(), expected, "{text}");
    let errors = parse(FILE, text).errors;
    assert!(errors.is_empty(), "{text}: {errors:?}");
}

#[track_caller]
fn check_error(text: &str, at: &str, message: &str) {
    let parsed = parse(FILE, text);
    let found: Vec<_> =
        parsed.errors.iter().map(|error| (error.span.of(text), error.message.as_str())).collect();
    assert_eq!(found, [(at, message)], "{text}");
    assert!(parsed.tree.lines.iter().any(|line| line.is_broken));
}

#[test]
fn words_split_at_blanks() {
    check("  bind :443\tssl  crt\x0ba.pem\x0c\n", "[bind][:443][ssl][crt][a.pem]");
    check("global\r\n  daemon\r\n", "[global]\n[daemon]");
    check("a b\rnothing behind a carriage return is read\n", "[a][b]");
    check("\n   \n# only a comment\n", "");
    check("a \rb\t\r c\r\n\r d\n", "[a][b][c]\n[d]");
}

#[test]
fn quotes_glue() {
    check(r#"ciphers "A"":"B 'C D'E "" x"#, "[ciphers][A:B][C DE][][x]");
    check(r##"a '"' "'" '#' "#" b"##, r#"[a]["]['][#][#][b]"#);
    check("'bind' \":443\"", "[bind][:443]");
}

#[test]
fn escapes_count_outside_single_quotes() {
    check(r#"a\ b \# \" \' \\ \x41"#, r#"[a b][#]["]['][\][A]"#);
    check(r"'a\ b\x41'", r"[a\ b\x41]");
    check(r#""a\ b \$X""#, "[a b $X]");
    check(r"ssl-max\-ver \$X a\", r"[ssl-max\-ver][\$X][a\]");
    check("no continuation \\\n here", "[no][continuation][\\]\n[here]");
}

#[test]
fn variables_count_inside_double_quotes_only() {
    check(r#""$A" "${B}x" "${C-d e}" "${D[*]}" "${E[*]-f}""#, "[$A][$Bx][$C-d e][$D*][$E*-f]");
    check(r#"'$A' $A "${.FILE}""#, "[$A][$A][$.FILE]");
}

#[test]
fn placeholders_are_told_from_text() {
    check("crt ${CERT} @PORT@ a@b $x", "[crt][<${CERT}>][<@PORT@>][a@b][$x]");
    check("server a {{ ip }}:{{ port }} ssl", "[server][a][<{{ ip }}>:<{{ port }}>][ssl]");
    check("options{{#unless x}} no-sslv3{{/unless}}{{#if y}} z{{/if}}", "[options][no-sslv3][z]");
    check("{% if a %}\nbind :1\n{% endif %}\n{% include 'x' %}\n", "[bind][:1]\n[<{% include 'x' %}>]");
    check("a <%\n x = 1\n %> b \"{{ \"c\" }}", "[a][b][<{{ \"c\" }}>]");
    check("log-format {%hrl}\\ %{+Q}r", "[log-format][{%hrl} %{+Q}r]");
}

#[test]
fn comments_start_anywhere_outside_quotes() {
    let text = "a b# tlslint: ignore\n  # two\r\n'#'";
    let comments: Vec<_> = parse(FILE, text).tree.comments.iter().map(|span| span.of(text)).collect();
    assert_eq!(comments, ["# tlslint: ignore", "# two"]);
    check(text, "[a][b]\n[#]");
}

#[test]
fn lines_are_told_apart() {
    let text =
        "global\n a\n.if x\n.elif y\n.else\n.endif\n.diag z\n [all]\n frontend f\n{{ x }}\n\"listen\" l\n";
    let kinds: Vec<_> = parse(FILE, text).tree.lines.iter().map(|line| line.kind).collect();
    assert_eq!(
        kinds,
        [
            LineKind::Section,
            LineKind::Statement,
            LineKind::Condition(Condition::If),
            LineKind::Condition(Condition::ElseIf),
            LineKind::Condition(Condition::Else),
            LineKind::Condition(Condition::EndIf),
            LineKind::Message,
            LineKind::Scope,
            LineKind::Section,
            LineKind::Template,
            LineKind::Section,
        ]
    );
    assert_eq!(parse(FILE, text).tree.sections().len(), 3);
}

#[test]
fn one_broken_line_hides_nothing_else() {
    check_error("a \"b c\nd e\n", "\"", "unmatched quote");
    check_error("a 'b\rc'\nd e\n", "'", "unmatched quote");
    check_error("a \"${B c\"\n", "${B", "unmatched brace in environment variable name");
    check_error("a \"$1\"\n", "$", "forbidden first character in environment variable name");
    check_error("a \\x4g b\n", "\\x", "truncated or invalid hexadecimal sequence");
    check_error("a \"${B[1]}\"", "${B[", "truncated or invalid word expansion sequence");
    check_error(&"x ".repeat(65), "x", "more than 64 words on a line");
    assert_eq!(draw("a \"b c\nd e\n"), "[a][b c]\n[d][e]\n");
}

#[test]
fn every_word_knows_where_it_stands() {
    let text = "bind :1 ciphers \"A:\"'B':\\#C\n";
    let parsed = parse(FILE, text);
    let word = &parsed.tree.lines[0].words[3];
    assert_eq!(word.span.of(text), "\"A:\"'B':\\#C");
    let [Part::Text(value)] = word.parts.as_slice() else { panic!("one text") };
    assert_eq!(value.as_str(), "A:B:#C");
    let located = |start, end| value.locate(Span::new(start, end)).unwrap().span.of(text);
    assert_eq!((located(0, 1), located(2, 3), located(4, 5), located(5, 6)), ("A", "B", "\\#", "C"));
}

#[test]
fn a_line_ends_at_a_nul_character() {
    let parsed = parse(FILE, "global\n a\0b \"\n c\n");
    assert_eq!(parsed.tree.nul, [Span::new(9, 10)]);
    check("global\n a\0b \"\n c\n", "[global]\n[a]\n[c]");
}

#[test]
fn a_byte_order_mark_hides_nothing() {
    let parsed = parse(FILE, "\u{feff}global\n");
    assert_eq!(draw("\u{feff}global\n"), "[global]\n");
    assert!(parsed.errors.iter().any(|error| error.span == Span::new(0, 3)));
}

#[test]
fn a_missing_end_of_line_is_noted() {
    assert!(parse(FILE, "global\n").tree.unterminated.is_none());
    assert_eq!(parse(FILE, "global").tree.unterminated, Some(Span::empty(6)));
    assert!(parse(FILE, "").tree.unterminated.is_none());
}

#[test]
fn long_lines_are_read_at_once() {
    parse(FILE, &"ab".repeat(1 << 19));
    for piece in [
        "a", "a ", "\"", "'", "\\", "$", "${", "${A", "@a", "@a@", "{{", "{{ a", "<%", "#", "\"${A-",
        "\"a\"", "é",
    ] {
        let text = piece.repeat((1 << 16) / piece.len());
        parse(FILE, &text);
        parse(FILE, &format!("\"{text}"));
        parse(FILE, &format!("'{text}\n}}}}"));
    }
}

proptest! {
    #[test]
    fn nothing_panics_and_spans_lie_in_the_text(text in "(?s)[a \t\r\n\"'\\\\#${}@x4*\\-\\[\\]%<>.é]{0,60}") {
        let parsed = parse(FILE, &text);
        for line in &parsed.tree.lines {
            for word in &line.words {
                prop_assert!(text.get(word.span.range()).is_some());
                prop_assert!(line.span.start <= word.span.start && word.span.end <= line.span.end);
            }
        }
        for span in parsed.tree.comments {
            prop_assert!(span.of(&text).starts_with('#'));
        }
    }
}

#[test]
fn a_placeholder_may_take_the_line_end_away() {
    check("bind :443 ssl\n  {{- .Options }}\nb\n", "[bind][:443][ssl][<{{- .Options }}>]\n[b]");
    check("bind :443\n{{- .A }}\n{{- .B }} c\n", "[bind][:443][<{{- .A }}>][<{{- .B }}>][c]");
    check("a\n{{ .B }}\nc\n", "[a]\n[<{{ .B }}>]\n[c]");
    check("a\n{{- include \"b\" . | nindent 4 }}\nc\n", "[a]\n[<{{- include \"b\" . | nindent 4 }}>]\n[c]");
    check("# a\n{{- .B }}\nc\n", "[c]");
    check("\n{{- .A }}\nb\n", "[<{{- .A }}>]\n[b]");
}
