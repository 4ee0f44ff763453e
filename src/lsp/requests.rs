//! One answer for each request.

use super::analysis::{self, Subject};
use super::documents::Document;
use super::position::{Encoding, Lines};
use super::session::Session;
use super::{actions, completion, hints, hover, navigation, uri, words};
use crate::checks;
use crate::span::Span;
use lsp_server::Request;
use lsp_types::request::{
    CodeActionRequest, CodeLensRequest, Completion, DocumentDiagnosticRequest, DocumentLinkRequest,
    DocumentSymbolRequest, ExecuteCommand, GotoDefinition, HoverRequest, InlayHintRequest, References,
    Request as _, SemanticTokensFullRequest, WorkspaceDiagnosticRequest, WorkspaceSymbolRequest,
};
use lsp_types::{
    CodeLens, Command, CompletionResponse, DocumentDiagnosticReport, DocumentLink, DocumentSymbol,
    DocumentSymbolResponse, FullDocumentDiagnosticReport, GotoDefinitionResponse, Hover, HoverContents,
    InlayHint, InlayHintKind, InlayHintLabel, Location, MarkupContent, MarkupKind, MessageType, Position,
    RelatedFullDocumentDiagnosticReport, SemanticToken, SemanticTokens, SymbolInformation, SymbolKind, Uri,
    WorkspaceDiagnosticReport, WorkspaceDocumentDiagnosticReport, WorkspaceFullDocumentDiagnosticReport,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// An answer, or why there is none.
type Answer = Result<Value, String>;

/// Answers a request; `None` where its method is not known.
pub(super) fn answer(server: &mut Session, request: Request) -> Option<Answer> {
    let parameters = request.params;
    Some(match request.method.as_str() {
        DocumentDiagnosticRequest::METHOD => with(parameters, |asked| diagnostics(server, asked)),
        WorkspaceDiagnosticRequest::METHOD => to_value(&workspace_diagnostics(server)),
        CodeActionRequest::METHOD => with(parameters, |asked| code_actions(server, asked)),
        ExecuteCommand::METHOD => with(parameters, |asked| execute(server, &asked)),
        HoverRequest::METHOD => with(parameters, |asked: lsp_types::HoverParams| {
            let at = asked.text_document_position_params;
            to_value(&hovered(server, &at.text_document.uri, at.position))
        }),
        Completion::METHOD => with(parameters, |asked: lsp_types::CompletionParams| {
            let at = asked.text_document_position;
            to_value(&completed(server, &at.text_document.uri, at.position))
        }),
        GotoDefinition::METHOD => with(parameters, |asked: lsp_types::GotoDefinitionParams| {
            let at = asked.text_document_position_params;
            let found = located(server, &at.text_document.uri, at.position, navigation::definition);
            to_value(&GotoDefinitionResponse::Array(found))
        }),
        References::METHOD => with(parameters, |asked: lsp_types::ReferenceParams| {
            let at = asked.text_document_position;
            to_value(&located(server, &at.text_document.uri, at.position, navigation::references))
        }),
        DocumentLinkRequest::METHOD => with(parameters, |asked: lsp_types::DocumentLinkParams| {
            to_value(&links(server, &asked.text_document.uri))
        }),
        DocumentSymbolRequest::METHOD => with(parameters, |asked: lsp_types::DocumentSymbolParams| {
            to_value(&DocumentSymbolResponse::Nested(symbols(server, &asked.text_document.uri)))
        }),
        WorkspaceSymbolRequest::METHOD => with(parameters, |asked: lsp_types::WorkspaceSymbolParams| {
            to_value(&workspace_symbols(server, &asked.query))
        }),
        InlayHintRequest::METHOD => {
            with(parameters, |asked: lsp_types::InlayHintParams| to_value(&inlay_hints(server, &asked)))
        }
        CodeLensRequest::METHOD => with(parameters, |asked: lsp_types::CodeLensParams| {
            to_value(&lenses(server, &asked.text_document.uri))
        }),
        SemanticTokensFullRequest::METHOD => with(parameters, |asked: lsp_types::SemanticTokensParams| {
            to_value(&semantic_tokens(server, &asked.text_document.uri))
        }),
        _ => return None,
    })
}

fn with<T: DeserializeOwned>(parameters: Value, answer: impl FnOnce(T) -> Answer) -> Answer {
    answer(serde_json::from_value(parameters).map_err(|error| error.to_string())?)
}

fn to_value(answer: &impl Serialize) -> Answer {
    serde_json::to_value(answer).map_err(|error| error.to_string())
}

fn full(items: Vec<lsp_types::Diagnostic>) -> FullDocumentDiagnosticReport {
    FullDocumentDiagnosticReport { result_id: None, items }
}

fn diagnostics(server: &Session, asked: lsp_types::DocumentDiagnosticParams) -> Answer {
    let uri = asked.text_document.uri;
    let subject = match (server.documents.get(&uri), uri::path_of(&uri)) {
        (Some(document), _) => Subject::of(document),
        (None, Some(path)) => Subject::Paths(vec![path]),
        (None, None) => {
            return to_value(&DocumentDiagnosticReport::from(RelatedFullDocumentDiagnosticReport::default()));
        }
    };
    let mut own = Vec::new();
    #[allow(clippy::mutable_key_type, reason = "the protocol's type has it so")]
    let mut related = std::collections::HashMap::new();
    for (address, found) in server.diagnostics_of(&subject) {
        if address == uri {
            own = found;
        } else {
            related.insert(address, lsp_types::DocumentDiagnosticReportKind::Full(full(found)));
        }
    }
    to_value(&DocumentDiagnosticReport::from(RelatedFullDocumentDiagnosticReport {
        related_documents: (!related.is_empty()).then_some(related),
        full_document_diagnostic_report: full(own),
    }))
}

fn workspace_diagnostics(server: &Session) -> WorkspaceDiagnosticReport {
    let mut paths: Vec<PathBuf> = server.folders.clone();
    let is_outside = |path: &Path| !server.folders.iter().any(|folder| path.starts_with(folder));
    let open = server.documents.iter().filter(|document| !document.is_untitled && is_outside(&document.path));
    paths.extend(open.map(|document| document.path.clone()));
    let found = if paths.is_empty() { Vec::new() } else { server.diagnostics_of(&Subject::Paths(paths)) };
    let reports = found.into_iter().map(|(uri, items)| {
        let version = server.documents.get(&uri).map(|document| i64::from(document.version));
        let report = WorkspaceFullDocumentDiagnosticReport {
            uri,
            version,
            full_document_diagnostic_report: full(items),
        };
        WorkspaceDocumentDiagnosticReport::Full(report)
    });
    WorkspaceDiagnosticReport { items: reports.collect() }
}

fn code_actions(server: &mut Session, asked: lsp_types::CodeActionParams) -> Answer {
    let client = server.client;
    let only = asked.context.only.unwrap_or_default();
    let uri = asked.text_document.uri;
    server.work_out_fixes(&uri);
    let Some((document, checked)) = server.checked(&uri) else { return Ok(Value::Null) };
    let lines = Lines::new(&document.text, client.encoding);
    let range = (lines.offset(asked.range.start) as u32, lines.offset(asked.range.end) as u32);
    to_value(&actions::of(checked, document, range, &only, &server.documents, client))
}

fn execute(server: &Session, asked: &lsp_types::ExecuteCommandParams) -> Answer {
    if asked.command != actions::EXPLAIN {
        return Err(format!("no command is called {}", asked.command));
    }
    let id = asked.arguments.first().and_then(Value::as_str).unwrap_or("");
    let check = checks::find(id).ok_or_else(|| format!("no check is called {id}"))?;
    server.show(MessageType::INFO, format!("{}: {}", check.id, check.summary));
    Ok(Value::String(words::page(check)))
}

fn hovered(server: &mut Session, uri: &Uri, position: Position) -> Option<Hover> {
    let encoding = server.client.encoding;
    let document = server.documents.get(uri)?.clone();
    let lines = Lines::new(&document.text, encoding);
    let offset = lines.offset(position) as u32;
    let (_, read) = server.read(uri)?;
    let told = hover::at(read, &document, offset)?;
    let value = MarkupContent { kind: MarkupKind::Markdown, value: told.markdown };
    Some(Hover { contents: HoverContents::Markup(value), range: Some(lines.range(told.span)) })
}

fn completed(server: &Session, uri: &Uri, position: Position) -> CompletionResponse {
    let items = server.documents.get(uri).map(|document| {
        let offset = Lines::new(&document.text, server.client.encoding).offset(position);
        completion::at(&document.path, &document.text, offset)
    });
    CompletionResponse::Array(items.unwrap_or_default())
}

/// Finds places for the byte under the cursor.
type Find = fn(&Document, &analysis::Read, u32) -> Vec<(PathBuf, Span)>;

fn located(server: &mut Session, uri: &Uri, position: Position, find: Find) -> Vec<Location> {
    let encoding = server.client.encoding;
    let Some((document, read)) = server.read(uri) else { return Vec::new() };
    let offset = Lines::new(&document.text, encoding).offset(position) as u32;
    let found = find(document, read, offset);
    let texts: Vec<(PathBuf, String)> = read
        .reading
        .roots
        .iter()
        .flat_map(|root| &root.model.files)
        .map(|file| crate::files::FileTree::source(&read.disk, *file))
        .map(|source| (source.path().to_owned(), source.text().to_owned()))
        .collect();
    let text_of =
        |path: &Path| texts.iter().find(|(known, _)| known == path).map_or("", |(_, text)| text.as_str());
    let placed: Vec<_> = found
        .iter()
        .map(|(path, span)| (path.clone(), Lines::new(text_of(path), encoding).range(*span)))
        .collect();
    placed
        .into_iter()
        .filter_map(|(path, range)| Some(Location::new(server.address(&path)?, range)))
        .collect()
}

fn links(server: &mut Session, uri: &Uri) -> Vec<DocumentLink> {
    let encoding = server.client.encoding;
    let Some((document, read)) = server.read(uri) else { return Vec::new() };
    let lines = Lines::new(&document.text, encoding);
    let targets: Vec<_> = navigation::links(document, read)
        .into_iter()
        .map(|link| (lines.range(link.span), link.target))
        .collect();
    let link = |(range, target): (lsp_types::Range, PathBuf)| DocumentLink {
        range,
        target: server.address(&target),
        tooltip: None,
        data: None,
    };
    targets.into_iter().map(link).collect()
}

fn symbols(server: &mut Session, uri: &Uri) -> Vec<DocumentSymbol> {
    let encoding = server.client.encoding;
    let Some((document, read)) = server.read(uri) else { return Vec::new() };
    let lines = Lines::new(&document.text, encoding);
    let found = navigation::symbols(read, Some(&document.path));
    let symbol = |symbol: navigation::Symbol| {
        let range = lines.range(symbol.span);
        #[allow(deprecated, reason = "the protocol's type still has the field")]
        DocumentSymbol {
            name: symbol.name,
            detail: Some(symbol.detail),
            kind: kind(symbol.is_client),
            tags: None,
            deprecated: None,
            range,
            selection_range: range,
            children: None,
        }
    };
    found.into_iter().map(symbol).collect()
}

const fn kind(is_client: bool) -> SymbolKind {
    if is_client { SymbolKind::EVENT } else { SymbolKind::INTERFACE }
}

fn workspace_symbols(server: &Session, query: &str) -> Vec<SymbolInformation> {
    let mut paths = server.folders.clone();
    paths.extend(
        server
            .documents
            .iter()
            .filter(|document| !document.is_untitled)
            .map(|document| document.path.clone()),
    );
    if paths.is_empty() {
        return Vec::new();
    }
    let Ok(read) = analysis::read(&Subject::Paths(paths), &server.documents, &server.around, None) else {
        return Vec::new();
    };
    let query = query.to_lowercase();
    let found = navigation::symbols(&read, None)
        .into_iter()
        .filter(|symbol| symbol.name.to_lowercase().contains(&query));
    let information = |symbol: navigation::Symbol| {
        let text = crate::files::FileTree::read(&read.disk, &symbol.path).ok()?;
        let range = Lines::new(text.text(), server.client.encoding).range(symbol.span);
        #[allow(deprecated, reason = "the protocol's type still has the field")]
        Some(SymbolInformation {
            name: symbol.name,
            kind: kind(symbol.is_client),
            tags: None,
            deprecated: None,
            location: Location::new(server.address(&symbol.path)?, range),
            container_name: Some(symbol.detail),
        })
    };
    found.filter_map(information).collect()
}

fn inlay_hints(server: &mut Session, asked: &lsp_types::InlayHintParams) -> Vec<InlayHint> {
    let encoding = server.client.encoding;
    if !server.shows.hints {
        return Vec::new();
    }
    let Some((document, read)) = server.read(&asked.text_document.uri) else { return Vec::new() };
    let lines = Lines::new(&document.text, encoding);
    let hint = |hint: hints::Hint| InlayHint {
        position: lines.position(hint.span.end),
        label: InlayHintLabel::String(hint.text),
        kind: Some(InlayHintKind::TYPE),
        text_edits: None,
        tooltip: None,
        padding_left: Some(true),
        padding_right: None,
        data: None,
    };
    let within = |hint: &InlayHint| asked.range.start <= hint.position && hint.position <= asked.range.end;
    hints::inlay(read, document).into_iter().map(hint).filter(within).collect()
}

fn lenses(server: &mut Session, uri: &Uri) -> Vec<CodeLens> {
    let encoding = server.client.encoding;
    if !server.shows.lenses {
        return Vec::new();
    }
    let Some((document, read)) = server.read(uri) else { return Vec::new() };
    let lines = Lines::new(&document.text, encoding);
    let lens = |hint: hints::Hint| CodeLens {
        range: lines.range(hint.span),
        command: Some(Command::new(hint.text, String::new(), None)),
        data: None,
    };
    hints::lenses(read, document).into_iter().map(lens).collect()
}

fn semantic_tokens(server: &mut Session, uri: &Uri) -> Option<SemanticTokens> {
    let encoding = server.client.encoding;
    let (document, read) = server.read(uri)?;
    let found = hints::tokens(read, document);
    Some(SemanticTokens { result_id: None, data: relative(&found, &document.text, encoding) })
}

/// Tokens as the protocol has them: each from the one before. One that runs over a line's end is cut there.
fn relative(tokens: &[(Span, u32)], text: &str, encoding: Encoding) -> Vec<SemanticToken> {
    let lines = Lines::new(text, encoding);
    let mut last = Position::new(0, 0);
    let mut data = Vec::new();
    for (span, kind) in tokens {
        let (start, end) = (lines.position(span.start), lines.position(span.end));
        if end.line != start.line || end.character <= start.character {
            continue;
        }
        let delta_line = start.line - last.line;
        let delta_start = if delta_line == 0 { start.character - last.character } else { start.character };
        data.push(SemanticToken {
            delta_line,
            delta_start,
            length: end.character - start.character,
            token_type: *kind,
            token_modifiers_bitset: 0,
        });
        last = start;
    }
    data
}
