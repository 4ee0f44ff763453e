//! Code actions: the fix, a comment with a reason, the page of a check, and all safe fixes at once.

use super::analysis::Checked;
use super::documents::{Document, Documents};
use super::position::{Encoding, Lines};
use crate::endpoint::Dialect;
use crate::files::FileTree as _;
use crate::finding::{Applicability, Edit, Finding};
use crate::fix;
use crate::span::{FileId, Location};
use crate::suppress;
use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, Command, DocumentChanges, OneOf,
    OptionalVersionedTextDocumentIdentifier, TextDocumentEdit, TextEdit, Uri, WorkspaceEdit,
};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// All safe fixes of a document at once.
pub(super) const FIX_ALL: CodeActionKind = CodeActionKind::new("source.fixAll.tlslint");

/// The command that shows the page of a check.
pub(super) const EXPLAIN: &str = "tlslint.explain";

/// What stands where the reason of a new comment is to be written.
const REASON: &str = "REASON";

/// What a client takes, and how it counts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Client {
    pub(super) encoding: Encoding,
    /// Whether edits may name the version of the buffer that they are for.
    pub(super) takes_versions: bool,
}

/// The actions for the bytes from `start` to `end` of a document; `only` are the kinds that are asked for, all where there are none.
pub(super) fn of(
    checked: &Checked,
    document: &Document,
    (start, end): (u32, u32),
    only: &[CodeActionKind],
    documents: &Documents,
    client: Client,
) -> Vec<CodeActionOrCommand> {
    let wants = |kind: &CodeActionKind| {
        only.is_empty() || only.iter().any(|asked| is_part(kind.as_str(), asked.as_str()))
    };
    let edits = Edits { checked, documents, client };
    let findings = &checked.outcome.findings;
    let here = |finding: &&Finding| {
        finding.suppressed.is_none()
            && finding.places().any(|(location, _)| edits.is_of(location.file, document))
    };
    let mut actions = Vec::new();
    let touches = |finding: &&Finding| {
        finding.places().any(|(Location { file, span }, _)| {
            edits.is_of(file, document) && span.start <= end && start <= span.end.max(span.start)
        })
    };
    for finding in findings.iter().filter(here).filter(touches) {
        if wants(&CodeActionKind::QUICKFIX) {
            actions.extend(edits.fix(finding));
            actions.extend(edits.ignore(finding));
            actions.push(explain(finding));
        }
    }
    if wants(&FIX_ALL) {
        let own: Vec<Finding> = findings.iter().filter(here).cloned().collect();
        let taken = fix::take(&own, false);
        if !taken.edits.is_empty() {
            let all: Vec<&Edit> = taken.edits.values().flatten().collect();
            actions.push(CodeActionOrCommand::CodeAction(CodeAction {
                title: "tlslint: make all safe fixes".to_owned(),
                kind: Some(FIX_ALL),
                edit: edits.workspace_edit(&all),
                ..CodeAction::default()
            }));
        }
    }
    actions
}

/// Whether a kind is the one that is asked for, or a part of it.
fn is_part(kind: &str, asked: &str) -> bool {
    kind == asked || kind.strip_prefix(asked).is_some_and(|rest| rest.starts_with('.'))
}

fn explain(finding: &Finding) -> CodeActionOrCommand {
    let title = format!("Explain {}", finding.check);
    CodeActionOrCommand::CodeAction(CodeAction {
        title: title.clone(),
        kind: Some(CodeActionKind::QUICKFIX),
        command: Some(Command::new(title, EXPLAIN.to_owned(), Some(vec![finding.check.into()]))),
        ..CodeAction::default()
    })
}

struct Edits<'a> {
    checked: &'a Checked,
    documents: &'a Documents,
    client: Client,
}

impl Edits<'_> {
    fn is_of(&self, file: FileId, document: &Document) -> bool {
        self.checked.disk.source(file).path() == document.path
    }

    fn fix(&self, finding: &Finding) -> Option<CodeActionOrCommand> {
        let fix = finding.fix.as_ref()?;
        let is_safe = fix.applicability == Applicability::Safe;
        let edits: Vec<&Edit> = fix.edits.iter().collect();
        let mut title = fix.message.clone();
        if let Some(first) = title.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        Some(CodeActionOrCommand::CodeAction(CodeAction {
            title: if is_safe { title } else { format!("{title} (not safe: look at what changes)") },
            kind: Some(CodeActionKind::QUICKFIX),
            edit: Some(self.workspace_edit(&edits)?),
            is_preferred: Some(is_safe),
            ..CodeAction::default()
        }))
    }

    /// A comment that silences the finding, where its language has one that fits.
    fn ignore(&self, finding: &Finding) -> Option<CodeActionOrCommand> {
        let mut by_file: BTreeMap<FileId, Vec<Finding>> = BTreeMap::new();
        for place in finding.each_place() {
            by_file.entry(place.location.file).or_default().push(place);
        }
        let mut all = Vec::new();
        for (file, places) in &by_file {
            let added = suppress::add(
                self.dialect(*file)?,
                &self.checked.disk.source(*file),
                &places.iter().collect::<Vec<_>>(),
                REASON,
            );
            all.extend(added.edits);
        }
        let edits: Vec<&Edit> = all.iter().collect();
        if edits.is_empty() {
            return None;
        }
        Some(CodeActionOrCommand::CodeAction(CodeAction {
            title: format!("Ignore {} with a reason", finding.check),
            kind: Some(CodeActionKind::QUICKFIX),
            edit: Some(self.workspace_edit(&edits)?),
            is_preferred: Some(false),
            ..CodeAction::default()
        }))
    }

    fn dialect(&self, file: FileId) -> Option<Dialect> {
        self.checked.outcome.languages.get(&file).copied()
    }

    fn workspace_edit(&self, edits: &[&Edit]) -> Option<WorkspaceEdit> {
        let mut by_file: BTreeMap<FileId, Vec<&Edit>> = BTreeMap::new();
        for edit in edits {
            by_file.entry(edit.location.file).or_default().push(edit);
        }
        let mut changes: Vec<(Uri, Option<i32>, Vec<TextEdit>)> = Vec::new();
        for (file, edits) in by_file {
            let source = self.checked.disk.source(file);
            let lines = Lines::new(source.text(), self.client.encoding);
            let edits = edits
                .into_iter()
                .map(|edit| TextEdit::new(lines.range(edit.location.span), edit.text.clone()));
            let (uri, version) = self.address(source.path())?;
            changes.push((uri, version, edits.collect()));
        }
        if !self.client.takes_versions {
            #[allow(clippy::mutable_key_type, reason = "the protocol's type has it so")]
            let changes: HashMap<Uri, Vec<TextEdit>> =
                changes.into_iter().map(|(uri, _, edits)| (uri, edits)).collect();
            return Some(WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() });
        }
        let versioned = changes.into_iter().map(|(uri, version, edits)| TextDocumentEdit {
            text_document: OptionalVersionedTextDocumentIdentifier { uri, version },
            edits: edits.into_iter().map(OneOf::Left).collect(),
        });
        let changes = DocumentChanges::Edits(versioned.collect());
        Some(WorkspaceEdit { document_changes: Some(changes), ..WorkspaceEdit::default() })
    }

    fn address(&self, path: &Path) -> Option<(Uri, Option<i32>)> {
        match self.documents.of(path) {
            Some(document) => Some((document.uri.clone(), Some(document.version))),
            None => Some((super::uri::uri_of(path)?, None)),
        }
    }
}
