//! Endpoints against protocol versions and classes of suites.

use super::escape;
use crate::inventory::Row;
use crate::protocol::Protocol;
use crate::suite::Suite;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Classes of suites, the best first.
const CLASSES: [(&str, &str); 5] = [
    ("1.3", "suites of TLS 1.3"),
    ("AEAD", "authenticated encryption with forward secrecy"),
    ("CBC", "older encryption with forward secrecy"),
    ("no FS", "no forward secrecy: a stolen key opens recorded sessions"),
    ("broken", "no encryption, no authentication, RC4, DES and the like"),
];

/// The class of a suite by its rank in [`CLASSES`].
fn class(suite: Suite) -> usize {
    match suite.weakness() {
        _ if suite.is_tls13() => 0,
        weakness if weakness >= 8 => 4,
        weakness if weakness >= 4 => 3,
        weakness if weakness >= 2 => 2,
        _ => 1,
    }
}

/// Writes the matrix; `verdict` says what was found of a row, as HTML.
pub(super) fn write(page: &mut String, rows: &[Row], verdict: &dyn Fn(&Row) -> Option<String>) {
    if rows.is_empty() {
        return;
    }
    let always = [Protocol::Tls12, Protocol::Tls13];
    let versions: BTreeSet<Protocol> = rows
        .iter()
        .flat_map(|row| &row.protocols)
        .filter_map(|name| Protocol::from_name(name))
        .chain(always)
        .collect();
    let has_verdicts = rows.first().is_some_and(|row| verdict(row).is_some());
    page.push_str(
        "<h2 id=\"endpoints\">Endpoints</h2>\n<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"endpoints\"><table><thead><tr>\
         <th scope=\"col\">Endpoint</th><th scope=\"col\">Place</th>",
    );
    for version in &versions {
        let _ = write!(page, "<th scope=\"col\">{version}</th>");
    }
    for (name, title) in CLASSES {
        let _ = write!(page, "<th scope=\"col\"><abbr title=\"{title}\">{name}</abbr></th>");
    }
    page.push_str("<th scope=\"col\">Peer verified</th>");
    page.push_str(if has_verdicts {
        "<th scope=\"col\">Findings</th></tr></thead><tbody>\n"
    } else {
        "</tr></thead><tbody>\n"
    });
    for row in rows {
        one(page, row, &versions, verdict(row));
    }
    page.push_str("</tbody></table></div>\n<p class=\"faint\">Numbers are suites that can be negotiated. ");
    let legend = CLASSES.map(|(name, title)| format!("{name}: {title}"));
    let _ = writeln!(page, "{}.</p>", legend.join("; "));
}

fn one(page: &mut String, row: &Row, versions: &BTreeSet<Protocol>, verdict: Option<String>) {
    let names = [row.names.join(" "), row.addresses.join(" ")].join(" ");
    let name = if names.trim().is_empty() { row.label.clone() } else { names.trim().to_owned() };
    let _ = write!(
        page,
        "<tr><th scope=\"row\" class=\"names\">{} <span class=\"faint\">{} {}</span></th><td class=\"names\">{}:{}</td>",
        escape(&name),
        row.role,
        row.transport,
        escape(&row.path),
        row.line
    );
    let in_clear = ["plaintext", "pass-through"].contains(&row.transport);
    for version in versions {
        let has = row.protocols.contains(&version.name());
        let cell = match (in_clear, has, *version < Protocol::Tls12) {
            (true, ..) => "",
            (false, false, _) => "<span class=\"faint\">no</span>",
            (false, true, true) => "<span class=\"bad\">yes</span>",
            (false, true, false) => "<span class=\"good\">yes</span>",
        };
        let _ = write!(page, "<td>{cell}</td>");
    }
    let mut numbers = [0_usize; CLASSES.len()];
    let suites = row.suites.enabled.iter().chain(&row.tls13_suites).filter_map(|name| Suite::from_name(name));
    for suite in suites {
        if let Some(number) = numbers.get_mut(class(suite)) {
            *number += 1;
        }
    }
    for (rank, number) in numbers.into_iter().enumerate() {
        let mark = if number > 0 && rank >= 3 { " bad" } else { "" };
        let shown = if in_clear || number == 0 { String::new() } else { number.to_string() };
        let _ = write!(page, "<td class=\"count{mark}\">{shown}</td>");
    }
    let peer = row.peer_verification.as_ref().map_or(String::new(), |peer| {
        let word = |known: Option<bool>| match known {
            Some(true) => "<span class=\"good\">yes</span>",
            Some(false) => "<span class=\"bad\">no</span>",
            None => "not known",
        };
        format!("chain {}, name {}", word(peer.chain), word(peer.hostname))
    });
    let _ = write!(page, "<td>{peer}</td>");
    if let Some(verdict) = verdict {
        let _ = write!(page, "<td>{verdict}</td>");
    }
    page.push_str("</tr>\n");
}

/// Suites, groups and certificates by name.
pub(super) fn details(page: &mut String, rows: &[Row]) {
    page.push_str("<h2>Details</h2>\n");
    for row in rows {
        let _ = write!(
            page,
            "<details><summary class=\"names\">{} <span class=\"faint\">{}:{}</span></summary><dl>",
            escape(&row.label),
            escape(&row.path),
            row.line
        );
        let certificate = row.certificate.as_ref().map_or(String::new(), |one| {
            format!("{} ({} {} bits, {})", one.name, one.key_type, one.key_bits, one.names.join(" "))
        });
        let lists = [
            ("protocols", row.protocols.join(" ")),
            ("TLS 1.3 suites", row.tls13_suites.join(" ")),
            ("suites", row.suites.enabled.join(" ")),
            ("groups", row.groups.join(" ")),
            ("certificate", certificate),
            ("purpose", row.purpose.clone().unwrap_or_default()),
        ];
        for (key, value) in lists.iter().filter(|(_, value)| !value.is_empty()) {
            let _ = write!(page, "<dt>{key}</dt><dd class=\"names\">{}</dd>", escape(value));
        }
        page.push_str("</dl></details>\n");
    }
}

/// What the files do not show.
pub(super) fn unknown(page: &mut String, rows: &[Row]) {
    let unknown: Vec<(&Row, String)> = rows
        .iter()
        .flat_map(|row| row.unknown.iter().map(move |one| (row, format!("{}: {}", one.setting, one.why))))
        .collect();
    page.push_str("<h2>Not evaluated</h2>\n");
    if unknown.is_empty() {
        page.push_str("<p>Everything that decides was in the files.</p>\n");
        return;
    }
    page.push_str("<ul>");
    for (row, words) in unknown {
        let _ = writeln!(
            page,
            "<li><span class=\"names\">{}:{}</span> {} <span class=\"faint\">{}</span></li>",
            escape(&row.path),
            row.line,
            escape(&words),
            escape(&row.label)
        );
    }
    page.push_str("</ul>\n");
}
