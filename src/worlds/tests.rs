use super::explore::{Explored, explore};
use super::library::Library;
use super::tree::Template;
use super::values::Sets;
use crate::span::{FileId, Span};
use proptest::prelude::*;
use std::collections::BTreeMap;

const FILE: FileId = FileId(0);

fn explored(text: &str) -> Option<Explored> {
    let template = Template::read(text, FILE, &[])?;
    Some(explore(&[(&template, text)], &BTreeMap::new(), &Sets::default(), &Library::default()))
}

/// The renderings of `text`, in their order, each without blanks at its ends.
///
/// The letters X, Y and Z stand for words that matter to TLS.
#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let worded = |text: &str| text.replace('X', "ssl_x").replace('Y', "ssl_y").replace('Z', "ssl_z");
    let text = &worded(text);
    let mut expected: Vec<_> = expected.iter().map(|one| worded(one)).collect();
    let explored = explored(text).expect("it is a template");
    let mut found: Vec<_> = explored
        .texts
        .iter()
        .map(|(_, texts)| texts[0].as_str().split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    // Which of them comes first is nobody's business.
    found.sort_unstable();
    found.dedup();
    expected.sort_unstable();
    assert_eq!(found, expected, "{text}");
}

#[test]
fn every_branch_is_taken_in_every_language() {
    check("{% if a %}X{% elif b %}Y{% else %}Z{% endif %}", &["X", "Y", "Z"]);
    check("{{ if .a }}X{{ else if .b }}Y{{ else }}Z{{ end }}", &["X", "Y", "Z"]);
    check("{{#if a}}X{{else if b}}Y{{else}}Z{{/if}}", &["X", "Y", "Z"]);
    check("<% if @a %>X<% elsif @b %>Y<% else %>Z<% end %>", &["X", "Y", "Z"]);
    check("<% if (a) { %>X<% } else if (b) { %>Y<% } else { %>Z<% } %>", &["X", "Y", "Z"]);
    check("{{#a}}X{{/a}}{{^a}}Y{{/a}}", &["X", "Y"]);
    check("<% unless @a %>X<% end %>", &["", "X"]);
    check("{{#unless a}}X{{/unless}}", &["", "X"]);
    check("{% for a in b %}\nlisten {{ a }}\n{% else %}none{% endfor %}", &["listen {{ a }}", "none"]);
}

#[test]
fn conditions_agree_with_each_other() {
    check("{% if a %}X{% endif %} {% if a %}Y{% endif %} {% if not a %}Z{% endif %}", &["X Y", "Z"]);
    check("{% if a == 'x' %}X{% endif %} {% if a == 'y' %}Y{% endif %}", &["X", "Y", ""]);
    check("{% if a == 'x' %}X{% endif %} {% if a is not defined %}Y{% endif %}", &["X", "", "Y"]);
    check("{% if a == 'x' %}X{% endif %} {% if a %}Y{% endif %}", &["X Y", "Y", ""]);
    check("{{ if eq .a \"x\" }}X{{ end }} {{ if ne .a \"x\" }}Y{{ end }}", &["X", "Y"]);
    check("{% if a > 3 %}X{% endif %} {% if a < 2 %}Y{% endif %}", &["X", "Y", ""]);
    check("{% if a in ['x', 'y'] %}X{% endif %} {% if a == 'z' %}Z{% endif %}", &["X", "Z", ""]);
    check(
        "{% if v is version('1.25.1', '>=') %}X{% endif %} {% if v is version('1.9.5', '>=') %}Y{% endif %}",
        &["X Y", "Y", ""],
    );
    check("{{ with .a }}{{ if .b }}X{{ end }}{{ end }} {{ if .a.b }}Y{{ end }}", &["X Y", ""]);
    check("{% if a.b %}X{% endif %} {% if not a %}Y{% endif %}", &["X", "Y", ""]);
}

#[test]
fn what_a_template_sets_is_known() {
    check("{% set a = 'x' %}{% if b %}{% set a = 'y' %}{% endif %}{{ a }}", &["y", "x"]);
    check("{% set a = b %}{% if a %}X{% endif %} {% if b %}Y{% endif %}", &["X Y", ""]);
    check("{{ $a := \"x\" }}{{ if .b }}{{ $a = \"y\" }}{{ end }}{{ $a }}", &["y", "x"]);
    check("{{ a | default('x y') }}", &["x y"]);
    check("{{ .a | default \"x\" | quote }} {{ end }}", &["\"x\""]);
    check("{% macro m(a) %}[{{ a }}]{% endmacro %}{{ m('x') }}{{ m('y') }}", &["[x][y]"]);
    check("{{ define \"m\" }}[{{ . }}]{{ end }}{{ include \"m\" \"x\" | nindent 2 }}", &["[x]"]);
    check("{% for a in ['x', 'y'] %}{{ a }} {% endfor %}", &["x y"]);
    check("{{ '{{' }} x {{ '}}' }}", &["{{ x }}"]);
    check("{% raw %}{% if x %}{% endraw %}", &["{% if x %}"]);
}

#[test]
fn white_space_goes_where_the_engines_take_it() {
    let texts = |text: &str| explored(text).expect("it is a template").texts[0].1[0].as_str().to_owned();
    assert_eq!(texts("a \n {%- if x -%} \n b{% endif %} c"), "ab c");
    assert_eq!(texts("a\n  <%- if x -%>\nb\n  <%- end -%>\nc"), "a\nb\nc");
    assert_eq!(texts("a {{- if .x }} b{{ end -}} c"), "a bc");
}

#[test]
fn tags_that_do_not_match_are_faults() {
    let faults = |text: &str| Template::read(text, FILE, &[]).expect("it is a template").faults.len();
    assert_eq!(faults("{% if x %}a"), 1);
    assert_eq!(faults("{% endif %}a{% else %}"), 2);
    assert_eq!(faults("{% if x %}{% for y in z %}{% endif %}"), 1);
    assert_eq!(faults("{% if x %}{% trans %}a{% endtrans %}{% endif %}"), 0);
    check("{% if x %}X {% for y in z %}Y {% endif %}c", &["X Y c", "c"]);
}

#[test]
fn hostile_templates_stay_small() {
    let conditions: Vec<_> =
        (0..3000).map(|n| format!("{{% if a{n} %}}listen {n};{{% endif %}}\n")).collect();
    let conditions = conditions.concat();
    let found = explored(&conditions).expect("it is a template");
    assert!(found.count <= 64 && found.past_bound, "{} renderings", found.count);
    let deep = format!("{}x{}", "{% if a %}".repeat(5000), "{% endif %}".repeat(5000));
    assert!(
        explored(&deep)
            .expect("it is a template")
            .texts
            .iter()
            .any(|(_, texts)| texts[0].as_str().contains('x'))
    );
    let calls = "{{ m() }}".repeat(50);
    let doubling = format!("{{% macro m() %}}{calls}abcdefgh{{% endmacro %}}{calls}");
    let found = explored(&doubling).expect("it is a template");
    assert!(found.texts.iter().all(|(_, texts)| texts[0].as_str().len() < 4 << 20));
    let growing: String = std::iter::repeat_n("{% set a = [a, a] %}", 200).collect();
    assert!(explored(&format!("{growing}{{% if a == b %}}x{{% endif %}}")).is_some());
}

/// Pieces of templates; put together at random they are anything but well formed.
fn template() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("{% if a %}"),
        Just("{% elif a == 'x' %}"),
        Just("{% else %}"),
        Just("{% endif %}"),
        Just("{%- if not b -%}"),
        Just("{% for c in d %}"),
        Just("{% endfor %}"),
        Just("{{ c }}"),
        Just("{{ c | default('v') }}"),
        Just("{% set c = 'w' %}"),
        Just("{{ if .x }}"),
        Just("{{ end }}"),
        Just("{{ with .y }}"),
        Just("<% if @a %>"),
        Just("<% end %>"),
        Just("<%= @b -%>"),
        Just("{{#each q}}"),
        Just("{{/each}}"),
        Just("listen 443 ssl;\n"),
        Just("server {\n"),
        Just("}\n"),
        Just(" é "),
        Just("\n"),
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn every_byte_of_a_rendering_stands_at_its_place(text in template()) {
        let Some(found) = explored(&text) else { return Ok(()) };
        prop_assert!(found.count <= 64);
        let all = found.texts.iter().fold(0, |all, (set, _)| all | set);
        prop_assert_eq!(all.count_ones(), found.count);
        for (_, texts) in &found.texts {
            let value = texts[0].as_str();
            for (at, character) in value.char_indices() {
                let span = Span::new(at as u32, (at + character.len_utf8()) as u32);
                let place = texts[0].locate(span).expect("every byte has a place");
                let written = place.span.of(&text);
                // A byte stands as it is, or a tag stands for it.
                prop_assert!(written.starts_with(character) || written.starts_with(['{', '<']), "{character:?} at {written:?}");
            }
        }
    }
}
