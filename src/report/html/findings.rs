//! Requirements with their verdicts, and findings with their lines.

use super::escape;
use crate::finding::{Applicability, Finding, Severity};
use crate::fix;
use crate::inventory::Row;
use crate::report::frame::{self, Label};
use crate::report::{Report, count, overview, page_url};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

/// Columns of the lines that are drawn.
const COLUMNS: usize = 120;

/// Whether a finding is one of the baseline.
pub(super) fn is_known(finding: &Finding) -> bool {
    finding.suppressed.as_ref().is_some_and(|one| one.kind == "baseline")
}

/// How many findings are about each endpoint, by its label, the worst first.
pub(super) type Numbers<'a> = HashMap<&'a str, BTreeMap<Reverse<Severity>, usize>>;

/// Counts the findings about each endpoint.
pub(super) fn numbers<'a>(report: &Report<'a>) -> Numbers<'a> {
    let mut numbers = Numbers::new();
    for finding in report.counted() {
        for label in &finding.endpoints {
            *numbers.entry(label).or_default().entry(Reverse(finding.severity)).or_default() += 1;
        }
    }
    numbers
}

/// How many findings are about an endpoint, by severity, in words.
pub(super) fn about(numbers: &Numbers<'_>, row: &Row) -> String {
    let Some(own) = numbers.get(row.label.as_str()) else {
        return "<span class=\"good\">none</span>".to_owned();
    };
    let words = own.iter().map(|(Reverse(severity), number)| {
        format!("<span class=\"{severity}\">{}</span>", count(*number, severity.name()))
    });
    words.collect::<Vec<_>>().join(", ")
}

/// Every requirement of the policies with how many findings break it.
pub(super) fn requirements(page: &mut String, report: &Report<'_>) {
    if report.requirements.is_empty() {
        return;
    }
    page.push_str(
        "<h2 id=\"requirements\">Requirements</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"requirements\">\
         <table><thead><tr><th scope=\"col\">Requirement</th><th scope=\"col\">Verdict</th><th scope=\"col\">Why</th><th scope=\"col\">Source</th></tr></thead><tbody>\n",
    );
    for cited in report.requirements {
        let breaks = report.counted().filter(|one| {
            one.policy
                .as_ref()
                .is_some_and(|own| (&own.policy, &own.requirement) == (&cited.policy, &cited.requirement))
        });
        let number = breaks.count();
        let verdict = if number == 0 {
            "<span class=\"good\">no finding</span>".to_owned()
        } else {
            format!("<span class=\"bad\">{}</span>", count(number, "finding"))
        };
        let tag = overview::tag(report, cited);
        let _ = writeln!(
            page,
            "<tr><th scope=\"row\">{}</th><td>{verdict}</td><td>{}</td><td>{}</td></tr>",
            escape(&tag),
            escape(&cited.why),
            escape(&cited.source)
        );
    }
    page.push_str("</tbody></table></div>\n");
}

pub(super) fn write(page: &mut String, report: &Report<'_>) {
    page.push_str("<h2>Findings</h2>\n");
    if report.findings.is_empty() {
        page.push_str("<p>No findings.</p>\n");
        return;
    }
    filters(page, report);
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    findings.sort_by_key(|finding| (finding.suppressed.is_some(), std::cmp::Reverse(finding.severity)));
    for finding in findings {
        article(page, report, finding);
    }
}

fn filters(page: &mut String, report: &Report<'_>) {
    page.push_str("<form id=\"filters\"><fieldset class=\"filters\"><legend>Show</legend>\n");
    for severity in [Severity::Error, Severity::Warning, Severity::Note] {
        let _ = write!(
            page,
            "<label><input type=\"checkbox\" name=\"severity\" value=\"{severity}\" checked>{severity}s</label>"
        );
    }
    page.push_str("<label>check <select name=\"check\"><option value=\"\">all</option>");
    let checks: BTreeSet<&str> = report.findings.iter().map(|finding| finding.check).collect();
    for check in checks {
        let _ = write!(page, "<option>{}</option>", escape(check));
    }
    page.push_str(
        "</select></label><label>words <input type=\"search\" name=\"words\" autocomplete=\"off\"></label>",
    );
    if report.findings.iter().any(|finding| finding.suppressed.is_some()) {
        page.push_str("<label><input type=\"checkbox\" name=\"known\">suppressed and known ones too</label>");
    }
    page.push_str("<output id=\"shown\" aria-live=\"polite\"></output></fieldset></form>\n");
}

fn article(page: &mut String, report: &Report<'_>, finding: &Finding) {
    let severity = finding.severity;
    let known = if finding.suppressed.is_some() { "yes" } else { "no" };
    let check = page_url(finding.check).map_or_else(
        || escape(finding.check),
        |url| format!("<a href=\"{}\">{}</a>", escape(&url), escape(finding.check)),
    );
    let _ = writeln!(
        page,
        "<article class=\"of-{severity}\" data-severity=\"{severity}\" data-check=\"{}\" data-known=\"{known}\">\
         <h3><span class=\"{severity}\">{severity}</span> {} <span class=\"faint\">[{check}]</span></h3>",
        escape(finding.check),
        escape(&finding.message),
    );
    let style = frame::Style { columns: COLUMNS, unicode: true, colours: [["", ""]; 3] };
    for labels in by_file(finding) {
        let drawn = frame::draw(report, &labels, style);
        let drawn: Vec<String> = drawn.lines().map(escape).collect();
        let _ = writeln!(page, "<pre tabindex=\"0\">{}</pre>", drawn.join("\n"));
    }
    page.push_str("<dl>");
    let mut row = |key: &str, value: String| {
        if !value.is_empty() {
            let _ = write!(page, "<dt>{key}</dt><dd>{value}</dd>");
        }
    };
    let comes = finding.related.iter().map(|related| {
        let place = report.place(related.location);
        escape(&format!("{}:{} ({})", place.path, place.start.line, related.message))
    });
    row("comes from", comes.collect::<Vec<_>>().join("<br>"));
    row("help", finding.help.as_deref().map(escape).unwrap_or_default());
    row("fix", change(report, finding));
    row("affects", finding.endpoints.iter().map(|one| escape(one)).collect::<Vec<_>>().join("<br>"));
    row(
        "requirement",
        finding.policy.as_ref().map_or(String::new(), |cited| escape(&overview::tag(report, cited))),
    );
    row(
        "suppressed",
        finding.suppressed.as_ref().map_or(String::new(), |one| {
            let until = one.until.as_ref().map_or(String::new(), |until| format!(", until {until}"));
            escape(&format!("by {}: {}{until}", one.kind, one.reason))
        }),
    );
    page.push_str("</dl></article>\n");
}

/// The places of a finding, those of one file together, the first file first.
fn by_file(finding: &Finding) -> Vec<Vec<Label<'_>>> {
    let mut files: Vec<Vec<Label<'_>>> = Vec::new();
    for (location, words) in finding.places() {
        let label = Label { location, words, is_primary: true };
        let same = |labels: &&mut Vec<Label<'_>>| {
            labels.first().is_some_and(|one| one.location.file == location.file)
        };
        match files.iter_mut().find(same) {
            Some(labels) => labels.push(label),
            None => files.push(vec![label]),
        }
    }
    files.truncate(6);
    files
}

fn change(report: &Report<'_>, finding: &Finding) -> String {
    let Some(fix) = &finding.fix else { return String::new() };
    let how = match fix.applicability {
        Applicability::Safe => "--fix",
        Applicability::Unsafe => "--fix --unsafe-fixes",
    };
    let mut lines = String::new();
    for hunk in fix::hunks(fix, report.files) {
        for (sign, class, line) in hunk
            .removed
            .iter()
            .map(|line| ('-', "bad", line))
            .chain(hunk.added.iter().map(|line| ('+', "good", line)))
        {
            let _ = writeln!(lines, "<span class=\"{class}\">{sign} {}</span>", escape(line));
        }
    }
    format!("{} ({how})<pre tabindex=\"0\">{lines}</pre>", escape(&fix.message))
}
