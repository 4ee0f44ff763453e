//! Trees are compared in one line: `name argument{ children }`, `·` before what a template decides about.

use super::{DirectiveId, Tree, parse};
use crate::span::FileId;
use std::fmt::Write as _;

fn draw(text: &str) -> String {
    fn block(tree: &Tree, text: &str, ids: impl Iterator<Item = DirectiveId>, out: &mut String) {
        for id in ids {
            let directive = tree.directive(id);
            if !out.is_empty() && !out.ends_with('{') {
                out.push(' ');
            }
            if tree.is_conditional(id) {
                out.push('·');
            }
            let words: Vec<_> = tree
                .name(id)
                .into_iter()
                .chain(tree.arguments(id))
                .map(|word| {
                    let value = word.value(text);
                    let mark = if word.is_opaque() {
                        "?"
                    } else if word.is_templated() {
                        "~"
                    } else {
                        ""
                    };
                    format!("{mark}{}", value.escape_debug())
                })
                .collect();
            out.push_str(&words.join("|"));
            match directive.block {
                Some(inner) if inner.raw => write!(out, "<{}>", inner.span.of(text)).unwrap(),
                Some(_) => {
                    out.push('{');
                    block(tree, text, tree.children(id), out);
                    out.push('}');
                }
                None if directive.terminated => out.push(';'),
                None => out.push('!'),
            }
        }
    }
    let tree = parse(text).tree;
    let mut out = String::new();
    block(&tree, text, tree.roots(), &mut out);
    out
}

fn errors(text: &str) -> Vec<String> {
    parse(text).errors.into_iter().map(|error| format!("{:?} {}", error.span, error.message)).collect()
}

/// Reads `text` without an error.
#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(errors(text), Vec::<String>::new());
    assert_eq!(draw(text), expected);
}

/// Reads `text` with errors, each of which begins with one of `expected`.
#[track_caller]
fn check_broken(text: &str, tree: &str, expected: &[&str]) {
    assert_eq!(draw(text), tree);
    let found = errors(text);
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (found, expected) in found.iter().zip(expected) {
        assert!(found.contains(expected), "{found:?} does not say {expected:?}");
    }
}

#[test]
fn words_end_at_blanks_semicolons_and_braces() {
    check("a b\tc\r\nd;e{f;g{}}", "a|b|c|d; e{f; g{}}");
    check("", "");
    check(" \n# only a comment", "");
}

#[test]
fn a_hash_is_a_comment_only_where_a_word_begins() {
    check("a b#c; #d\ne #f;\n g;", "a|b#c; e|g;");
    assert_eq!(parse("a; # x\r\n#y").tree.comments().len(), 2);
}

#[test]
fn a_closing_brace_is_one_only_where_a_word_begins() {
    check("a b}c;", "a|b}c;");
    check_broken("a{b c}", "a{b|c}!}", &["never closed", "ends inside"]);
}

#[test]
fn quotes_take_everything_and_mean_the_same() {
    check(r#""a" 'b;{}#' "c 'd" "";"#, r"a|b;{}#|c \'d|;");
    check("a \"b\nc\";", "a|b\\nc;");
    check("if ($a = \"b\") {}", "if|($a|=|b|){}");
    check(r#"a b"c"d;"#, r#"a|b\"c\"d;"#);
}

#[test]
fn glued_quotes_are_refused() {
    check_broken(r#"a "b""c";"#, "a|b|c;", &["unexpected `\"`"]);
    check_broken(r#"a "b"c; d;"#, "a|b|c; d;", &["unexpected `c`"]);
}

#[test]
fn escapes_are_replaced_or_stay() {
    check(r#"a \" \' \\ \t x\n "\r";"#, r#"a|\"|\'|\\|\t|x\n|\r;"#);
    check(r"a \; b\ c \. \{ d;", r"a|\\;|b\\ c|\\.|\\{|d;");
    check(r#"a "\"b\".";"#, r#"a|\"b\".;"#);
    check("a b\\\nc;", "a|b\\\\\\nc;");
}

#[test]
fn an_escaped_word_knows_where_its_bytes_stand() {
    let text = r#"a "b\"c\.d";"#;
    let tree = parse(text).tree;
    let word = tree.arguments(DirectiveId(0))[0].text(text, FileId(3));
    assert_eq!(word.as_str(), r#"b"c\.d"#);
    let at = |from, to| word.locate(crate::span::Span::new(from, to)).unwrap().span;
    assert_eq!(at(0, 1), crate::span::Span::new(3, 4));
    assert_eq!(at(1, 2), crate::span::Span::new(4, 6));
    assert_eq!(at(5, 6), crate::span::Span::new(9, 10));
}

#[test]
fn variables_open_no_block() {
    check("a ${b} x${c}d $${e} $f{g;}", "a|${b}|x${c}d|$${e}|$f{g;}");
    let tree = parse("a $b c\\$ ^d$ $1;").tree;
    let variables: Vec<_> = tree.arguments(DirectiveId(0)).iter().map(|word| word.variables).collect();
    assert_eq!(variables, [true, false, false, true]);
}

#[test]
fn a_missing_semicolon_glues_the_next_line() {
    check("ssl_protocols TLSv1.2\nssl_ciphers HIGH;", "ssl_protocols|TLSv1.2|ssl_ciphers|HIGH;");
    check_broken("a { b c\n}\nd;", "a{b|c!} d;", &["`}` stands where `;`"]);
    check_broken("a; b c", "a; b|c!", &["ends inside a directive"]);
}

#[test]
fn unbalanced_braces_are_one_error_and_hide_nothing() {
    check_broken("a; } b;", "a; b;", &["unexpected `}`"]);
    check_broken("a { b { c;", "a{b{c;}}", &["never closed"]);
    check_broken("{ a; } ; b;", "{a;} b;", &["unexpected `{`", "unexpected `;`"]);
}

#[test]
fn an_unclosed_quote_ends_with_its_line() {
    check_broken("a 'b;\nc d;\ne \"f\n;g;", "a|\\'b;|c|d; e|\\\"f; g;", &["`'` is never", "`\"` is never"]);
}

#[test]
fn carriage_returns_are_blanks() {
    check("a b;\r\nc # d\r\n;\r\n", "a|b; c;");
}

#[test]
fn a_byte_order_mark_is_refused_and_read_over() {
    check_broken("\u{feff}events {}", "events{}", &["byte order mark"]);
}

#[test]
fn words_longer_than_the_buffer_are_refused() {
    let exact = format!("a {};", "b".repeat(4095));
    assert!(errors(&exact).is_empty());
    let longer = format!("a \"{}\";", "b".repeat(4096));
    assert_eq!(errors(&longer).len(), 1);
}

#[test]
fn lua_is_lexed_as_lua() {
    check(
        "a { content_by_lua_block { local s = \"} x; {\" -- } it's\n local t = [==[ } ]] ]==] f({1, {2}}) } b; }",
        "a{content_by_lua_block<{ local s = \"} x; {\" -- } it's\n local t = [==[ } ]] ]==] f({1, {2}}) }> b;}",
    );
    check(
        "set_by_lua_block $x { --[[ } ]] return '}\\'' } a;",
        "set_by_lua_block|$x<{ --[[ } ]] return '}\\'' }> a;",
    );
    check("content_by_lua '}';", "content_by_lua|};");
    check_broken("x_by_lua_block { a", "x_by_lua_block<{ a>", &["never closed"]);
    // No Lua, yet the braces are in order.
    check("x_by_lua_block { don't } a;", "x_by_lua_block<{ don't }> a;");
}

#[test]
fn expressions_are_opaque_words() {
    check("a {{ b | c('d') }}e;", "a|~{{ b | c(\\'d\\') }}e;");
    check("a \"{{ b[\"c\"] }}\" '<%= d['e'] %>';", "a|?{{ b[\\\"c\\\"] }}|?<%= d[\\'e\\'] %>;");
    check("{{ a }} {{{b}}};", "?{{ a }}|?{{{b}}};");
    check("server_{{ a }} { listen {{ p }}; }", "~server_{{ a }}{listen|?{{ p }};}");
    check(
        "a ${B} $CC d$E_F/ @G@ %%H%% __I__ $i @j ${K:-x y};",
        "a|?${B}|?$CC|~d$E_F/|?@G@|?%%H%%|?__I__|$i|@j|${K:-x|y};",
    );
    check("a \"x\"{{ y }};", "a|x|?{{ y }};");
    check("a ${{ b }};", "a|~${{ b }};");
}

#[test]
fn a_placeholder_alone_on_its_line_is_a_statement() {
    check("a { {{ b }}\n c d; }", "a{?{{ b }}! c|d;}");
    check("a;\n<%= b %>\n@C@\n$DD\n%%E%%\ne f;", "a; ?<%= b %>! ?@C@! ?$DD! ?%%E%%! e|f;");
    check("{{ a }}\n{ b; }", "?{{ a }}{b;}");
    check("a {\n...\n b ...;\n c ...\n}", "a{?...! b|?...; c|?...!}");
    check("a { {{ b }} }", "a{?{{ b }}!}");
}

#[test]
fn statements_make_what_they_enclose_conditional() {
    check("{% if a %}\nb c;\n{% else %}\nb d;\n{% endif %}\ne;", "·b|c; ·b|d; e;");
    check("<% if a -%> b; <% end -%> c;", "·b; c;");
    check("<% a.each do |b| %>c <%= b %>;<% end %>d;", "·c|?<%= b %>; d;");
    check("<% if (a) { %>b;<% } else { %>c;<% } %>d;", "·b; ·c; d;");
    check("{% if a %}b {c; {% if d %}e;{% endif %}}{% endif %}", "·b{c; ·e;}");
    check("{{- if .A }} b; {{ else }} c; {{- end }} d;", "·b; ·c; d;");
    check("{{#if a}}b{{#if c}} d{{/if}};{{/if}} e;", "·b|d; e;");
    check("{{/* { */}}a;{{!-- }} --}}b;{# ; #}c;", "a; b; c;");
    check("{{ $x := 1 }}a;{% set b = 2 %}c;", "a; c;");
}

#[test]
fn a_template_that_decides_about_braces_has_no_broken_ones() {
    check("{% if a %}server { {% else %}location / { {% endif %} b; }", "·server{·location|/{·b;}}");
    check("a {\n b;\n{{ closing }}\n", "a{b; ?{{ closing }}!}");
    check("<% if a %>} <% end %>b;", "b;");
    check("a {% if b %}c{% endif %} {% if d %};{% endif %}", "a|c;");
}

#[test]
fn braces_of_nginx_are_no_templates() {
    check("a {# b }}\n}", "a{}");
    check("a{b{c;}}", "a{b{c;}}");
    check("log_format x '{\"a\":{\"b\":1}}';", "log_format|x|{\\\"a\\\":{\\\"b\\\":1}};");
    check("location ~ \"^/[a-f]{2}$\" {}", "location|~|^/[a-f]{2}${}");
}

#[test]
fn depth_and_length_are_no_trouble() {
    let deep = "a{".repeat(20_000) + &"}".repeat(20_000);
    assert!(errors(&deep).is_empty());
    assert_eq!(parse(&deep).tree.iter().count(), 20_000);
    for piece in ["{", "{{", "{{{", "{{/*", "{%", "<%", "{#", "\"{{/* ", "a \"", "'", "${A:", "}", ";", "\\"]
    {
        let parsed = parse(&piece.repeat(20_000));
        assert!(parsed.tree.iter().count() <= 100_000);
    }
}

#[test]
fn spans_cover_what_they_say() {
    let text = "http {\n  listen  443 'ssl';\n}\n";
    let tree = parse(text).tree;
    assert_eq!(tree.directive(DirectiveId(1)).span.of(text), "listen  443 'ssl';");
    assert_eq!(tree.directive(DirectiveId(0)).span.of(text), text.trim_end());
    assert_eq!(tree.directive(DirectiveId(0)).block.unwrap().span.of(text), text[5..].trim_end());
    assert_eq!(tree.directive(DirectiveId(1)).parent, Some(DirectiveId(0)));
    assert_eq!(tree.arguments(DirectiveId(1))[1].span.of(text), "'ssl'");
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_to_its_end(text in "[a-c{}%#<>;'\"\\\\$@_ \n\\[\\]=-]{0,80}") {
        let tree = parse(&text).tree;
        for (id, directive) in tree.iter() {
            proptest::prop_assert!(directive.span.end as usize <= text.len());
            for word in tree.name(id).into_iter().chain(tree.arguments(id)) {
                let located = word.text(&text, FileId(0));
                proptest::prop_assert_eq!(word.value(&text), located.as_str());
                proptest::prop_assert!(text.get(word.span.range()).is_some());
            }
        }
    }

    #[test]
    fn lua_bodies_are_read_to_their_end(text in "x_by_lua_block \\{[a{}'\"\\\\\\[\\]=\n-]{0,60}") {
        let tree = parse(&text).tree;
        proptest::prop_assert!(tree.iter().all(|(_, directive)| directive.span.end as usize <= text.len()));
    }
}

#[test]
fn backslashes_in_a_placeholder_stay_as_they_are() {
    let text = r"a {{ x\\y }} b\\c;";
    let tree = parse(text).tree;
    let (id, _) = tree.iter().next().unwrap();
    let values: Vec<_> = tree.arguments(id).iter().map(|word| word.text(text, FileId(0))).collect();
    assert_eq!(values.iter().map(crate::text::Text::as_str).collect::<Vec<_>>(), [r"{{ x\\y }}", r"b\c"]);
}
