//! One client's session: what it has open, what it can do, and what it was told.

use super::actions::Client;
use super::analysis::{self, Checked, Layout, Read, Subject, Surroundings};
use super::diagnostics;
use super::documents::{Document, Documents};
use super::position::Encoding;
use super::uri;
use crossbeam_channel::Sender;
use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::notification::{DidChangeWatchedFiles, Notification as _, PublishDiagnostics, ShowMessage};
use lsp_types::request::{
    InlayHintRefreshRequest, RegisterCapability, Request as _, WorkspaceDiagnosticRefresh,
};
use lsp_types::{
    Diagnostic, DidChangeWatchedFilesRegistrationOptions, FileSystemWatcher, GlobPattern, InitializeParams,
    MessageType, PublishDiagnosticsParams, Registration, RegistrationParams, ShowMessageParams, Uri,
};
use serde_json::Value;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What stands behind a request: what to call the client, and how it counts.
pub(super) struct Session {
    sender: Sender<Message>,
    pub(super) around: Surroundings,
    pub(super) documents: Documents,
    pub(super) folders: Vec<PathBuf>,
    pub(super) client: Client,
    pub(super) shows: Shows,
    can: ClientCan,
    /// The addresses that have diagnostics in the editor.
    told: BTreeMap<String, Uri>,
    is_stale: bool,
    requests: i32,
    /// The last run with edits, and the last reading, each for one document; gone with the next change.
    checked: Option<(Uri, Checked)>,
    read: Option<(Uri, Read)>,
    /// How the files around each subject lay at the last run over it, until something besides buffers changes.
    layouts: RefCell<BTreeMap<Vec<PathBuf>, Layout>>,
}

/// What the user wants to see besides diagnostics.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shows {
    pub(super) hints: bool,
    pub(super) lenses: bool,
}

/// What the client can do of what not every one can.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a capability of the protocol")]
struct ClientCan {
    /// Ask for diagnostics, so that none are pushed.
    pull: bool,
    /// Ask for them anew when it is told to.
    refresh: bool,
    /// The same for inlay hints.
    refresh_hints: bool,
    /// Tell of files that change on the disk.
    watch: bool,
}

impl Session {
    pub(super) fn new(parameters: &InitializeParams, around: Surroundings, sender: Sender<Message>) -> Self {
        let general = parameters.capabilities.general.as_ref();
        let encoding = Encoding::chosen(general.and_then(|general| general.position_encodings.as_deref()));
        let workspace = parameters.capabilities.workspace.as_ref();
        let document = parameters.capabilities.text_document.as_ref();
        let edits = workspace.and_then(|workspace| workspace.workspace_edit.as_ref());
        let named =
            parameters.workspace_folders.iter().flatten().filter_map(|folder| uri::path_of(&folder.uri));
        let mut folders: Vec<PathBuf> = named.collect();
        #[allow(deprecated, reason = "older clients name one root only")]
        if folders.is_empty() {
            folders.extend(parameters.root_uri.as_ref().and_then(uri::path_of));
        }
        // Findings, settings and baselines name files from the working directory.
        if let Some(first) = folders.first() {
            let _ = std::env::set_current_dir(first);
        }
        let dynamic = |registration: Option<bool>| registration.unwrap_or(false);
        let mut server = Self {
            sender,
            around,
            documents: Documents::default(),
            folders,
            client: Client {
                encoding,
                takes_versions: dynamic(edits.and_then(|edits| edits.document_changes)),
            },
            shows: Shows { hints: true, lenses: true },
            can: ClientCan {
                pull: document.is_some_and(|document| document.diagnostic.is_some()),
                refresh: workspace
                    .and_then(|workspace| workspace.diagnostic.as_ref())
                    .is_some_and(|diagnostic| dynamic(diagnostic.refresh_support)),
                refresh_hints: workspace
                    .and_then(|workspace| workspace.inlay_hint.as_ref())
                    .is_some_and(|hint| dynamic(hint.refresh_support)),
                watch: workspace
                    .and_then(|workspace| workspace.did_change_watched_files.as_ref())
                    .is_some_and(|watched| dynamic(watched.dynamic_registration)),
            },
            told: BTreeMap::new(),
            is_stale: false,
            requests: 0,
            checked: None,
            read: None,
            layouts: RefCell::default(),
        };
        server.configure(parameters.initialization_options.as_ref());
        server
    }

    /// Takes `policy`, `target`, `inlayHints` and `codeLens` of the editor's settings, which go before those of files.
    pub(super) fn configure(&mut self, options: Option<&Value>) {
        let Some(options) = options else { return };
        let options = options.get("tlslint").unwrap_or(options);
        let text = |key: &str| options.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        if options.get("policy").is_some() {
            self.around.flags.policies = text("policy").map(str::to_owned).into_iter().collect();
        }
        if options.get("target").is_some() {
            self.around.flags.target = text("target").map(str::to_owned);
        }
        let switch = |key: &str, known: bool| options.get(key).and_then(Value::as_bool).unwrap_or(known);
        self.shows.hints = switch("inlayHints", self.shows.hints);
        self.shows.lenses = switch("codeLens", self.shows.lenses);
    }

    pub(super) fn send(&self, message: Message) {
        // A client that has gone is noticed by the loop.
        let _ = self.sender.send(message);
    }

    pub(super) fn refuse(&self, id: RequestId, code: ErrorCode, words: &str) {
        self.send(Response::new_err(id, code as i32, words.to_owned()).into());
    }

    pub(super) fn call(&mut self, method: &str, parameters: impl serde::Serialize) {
        self.requests += 1;
        let id = RequestId::from(format!("tlslint-{}", self.requests));
        self.send(Request::new(id, method.to_owned(), parameters).into());
    }

    pub(super) fn show(&self, kind: MessageType, message: String) {
        let parameters = ShowMessageParams { typ: kind, message };
        self.send(Notification::new(ShowMessage::METHOD.to_owned(), parameters).into());
    }

    /// Asks the editor to tell of files that change on the disk.
    pub(super) fn watch(&mut self) {
        if !self.can.watch {
            return;
        }
        let watcher = FileSystemWatcher { glob_pattern: GlobPattern::String("**/*".to_owned()), kind: None };
        let options = DidChangeWatchedFilesRegistrationOptions { watchers: vec![watcher] };
        let registration = Registration {
            id: "tlslint-files".to_owned(),
            method: DidChangeWatchedFiles::METHOD.to_owned(),
            register_options: serde_json::to_value(options).ok(),
        };
        self.call(RegisterCapability::METHOD, RegistrationParams { registrations: vec![registration] });
    }

    /// Files, settings or the set of buffers have changed.
    pub(super) fn change(&mut self) {
        self.layouts.borrow_mut().clear();
        self.is_stale = true;
        self.forget();
    }

    /// A buffer has changed, and nothing else. One of settings says nothing until it is saved.
    pub(super) fn edit(&mut self) {
        self.is_stale = true;
        self.forget();
    }

    /// How the files around a subject lay at the last run over it.
    fn layout(&self, subject: &Subject) -> Option<Layout> {
        let Subject::Paths(paths) = subject else { return None };
        self.layouts.borrow().get(paths).cloned()
    }

    fn remember(&self, subject: &Subject, layout: &Layout) {
        if let Subject::Paths(paths) = subject {
            self.layouts.borrow_mut().insert(paths.clone(), layout.clone());
        }
    }

    pub(super) fn forget(&mut self) {
        self.checked = None;
        self.read = None;
    }

    /// Pushes what changed, or tells a client that pulls to ask again.
    pub(super) fn tell_what_changed(&mut self) {
        if !std::mem::take(&mut self.is_stale) {
            return;
        }
        if self.can.refresh_hints && self.shows.hints {
            self.call(InlayHintRefreshRequest::METHOD, Value::Null);
        }
        if self.can.pull {
            if self.can.refresh {
                self.call(WorkspaceDiagnosticRefresh::METHOD, Value::Null);
            }
            return;
        }
        let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.all_diagnostics()));
        let Ok(mut current) = told else { return };
        for (address, uri) in std::mem::take(&mut self.told) {
            current.entry(address).or_insert((uri, Vec::new()));
        }
        for (address, (uri, diagnostics)) in current {
            let version = self.documents.get(&uri).map(|document| document.version);
            if !diagnostics.is_empty() || self.documents.get(&uri).is_some() {
                self.told.insert(address, uri.clone());
            }
            let parameters = PublishDiagnosticsParams { uri, diagnostics, version };
            self.send(Notification::new(PublishDiagnostics::METHOD.to_owned(), parameters).into());
        }
    }

    /// The diagnostics of everything that is open, and of what reaches it; every open document has an entry.
    fn all_diagnostics(&self) -> BTreeMap<String, (Uri, Vec<Diagnostic>)> {
        let mut all: BTreeMap<String, (Uri, Vec<Diagnostic>)> = BTreeMap::new();
        for document in self.documents.iter() {
            all.insert(document.uri.as_str().to_owned(), (document.uri.clone(), Vec::new()));
        }
        let paths: Vec<PathBuf> = self
            .documents
            .iter()
            .filter(|document| !document.is_untitled)
            .map(|document| document.path.clone())
            .collect();
        let mut subjects: Vec<Subject> =
            self.documents.iter().filter(|document| document.is_untitled).map(Subject::of).collect();
        if !paths.is_empty() {
            subjects.push(Subject::Paths(paths));
        }
        for subject in subjects {
            for (uri, diagnostics) in self.diagnostics_of(&subject) {
                let entry = all.entry(uri.as_str().to_owned()).or_insert_with(|| (uri, Vec::new()));
                entry.1.extend(diagnostics);
            }
        }
        all
    }

    /// What a run over a subject finds, by file; mistakes in settings stand in these.
    pub(super) fn diagnostics_of(&self, subject: &Subject) -> Vec<(Uri, Vec<Diagnostic>)> {
        match analysis::check(subject, &self.documents, &self.around, false, self.layout(subject).as_ref()) {
            Ok(checked) => {
                self.remember(subject, &checked.layout);
                let addresses = |path: &Path| self.address(path);
                let encoding = self.client.encoding;
                let found =
                    diagnostics::by_address(&checked.outcome.findings, &checked.disk, &addresses, encoding);
                found.into_values().collect()
            }
            Err(error) => diagnostics::of_settings(&error),
        }
    }

    /// The address of a file, as the editor wrote it where it is open.
    pub(super) fn address(&self, path: &Path) -> Option<Uri> {
        self.documents.of(path).map(|document| document.uri.clone()).or_else(|| uri::uri_of(path))
    }

    /// Runs over a document with edits, unless that is done.
    pub(super) fn work_out_fixes(&mut self, uri: &Uri) {
        if self.checked.as_ref().is_some_and(|(known, _)| known == uri) {
            return;
        }
        let subject = self.documents.get(uri).map(Subject::of);
        let checked = subject.and_then(|subject| {
            let known = self.layout(&subject);
            let checked =
                analysis::check(&subject, &self.documents, &self.around, true, known.as_ref()).ok()?;
            self.remember(&subject, &checked.layout);
            Some(checked)
        });
        self.checked = checked.map(|checked| (uri.clone(), checked));
    }

    /// A document with the run over it that has edits.
    pub(super) fn checked(&self, uri: &Uri) -> Option<(&Document, &Checked)> {
        let (_, checked) = self.checked.as_ref().filter(|(known, _)| known == uri)?;
        Some((self.documents.get(uri)?, checked))
    }

    /// A document with what is read of it and around it.
    pub(super) fn read(&mut self, uri: &Uri) -> Option<(&Document, &Read)> {
        if self.read.as_ref().is_none_or(|(known, _)| known != uri) {
            let document = self.documents.get(uri)?;
            let subject = Subject::of(document);
            let known = self.layout(&subject);
            let read = analysis::read(&subject, &self.documents, &self.around, known.as_ref()).ok()?;
            self.remember(&subject, &read.layout);
            self.read = Some((uri.clone(), read));
        }
        Some((self.documents.get(uri)?, &self.read.as_ref()?.1))
    }
}
