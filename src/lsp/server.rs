//! The loop: messages in their order, diagnostics when none is waiting.

use super::analysis::Surroundings;
use super::capabilities::capabilities;
use super::requests;
use super::session::Session;
use super::uri;
use crossbeam_channel::Receiver;
use lsp_server::{Connection, ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::notification::{
    Cancel, DidChangeConfiguration, DidChangeTextDocument, DidChangeWatchedFiles, DidChangeWorkspaceFolders,
    DidCloseTextDocument, DidOpenTextDocument, Notification as _,
};
use lsp_types::{
    CancelParams, DidChangeConfigurationParams, DidChangeTextDocumentParams, DidChangeWorkspaceFoldersParams,
    DidCloseTextDocumentParams, DidOpenTextDocumentParams, InitializeParams, NumberOrString,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::{BTreeSet, VecDeque};

/// How a session ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// By `shutdown` and `exit`.
    InOrder,
    /// By `exit` alone, or by a client that went away.
    Abruptly,
}

/// Serves one client until it goes.
///
/// # Errors
/// What the client says before `initialize` is done and is no such thing.
pub fn serve(connection: &Connection, around: Surroundings) -> Result<Ended, String> {
    let (id, parameters) = match connection.initialize_start() {
        Ok(started) => started,
        // A client that leaves before it began.
        Err(error) if error.channel_is_disconnected() => return Ok(Ended::Abruptly),
        Err(error) => return Err(error.to_string()),
    };
    let parameters: InitializeParams = match serde_json::from_value(parameters) {
        Ok(parameters) => parameters,
        Err(error) => {
            let refusal = Response::new_err(id, ErrorCode::InvalidParams as i32, error.to_string());
            let _ = connection.sender.send(refusal.into());
            return Err(format!("initialize: {error}"));
        }
    };
    let mut server = Session::new(&parameters, around, connection.sender.clone());
    let result = json!({
        "capabilities": capabilities(server.client.encoding),
        "serverInfo": { "name": "tlslint", "version": env!("CARGO_PKG_VERSION") },
    });
    if let Err(error) = connection.initialize_finish(id, result) {
        return if error.channel_is_disconnected() { Ok(Ended::Abruptly) } else { Err(error.to_string()) };
    }
    server.watch();
    Ok(Server { session: server }.run(&connection.receiver))
}

/// The loop's own view of the session.
struct Server {
    session: Session,
}

impl Server {
    fn run(&mut self, receiver: &Receiver<Message>) -> Ended {
        let mut waiting: VecDeque<Message> = VecDeque::new();
        let mut is_shut_down = false;
        loop {
            if waiting.is_empty() {
                if let Ok(message) = receiver.try_recv() {
                    waiting.push_back(message);
                } else {
                    self.session.tell_what_changed();
                    match receiver.recv() {
                        Ok(message) => waiting.push_back(message),
                        Err(_) => return Ended::Abruptly,
                    }
                }
            }
            waiting.extend(receiver.try_iter());
            self.cancel(&mut waiting);
            match waiting.pop_front() {
                Some(Message::Request(request)) if is_shut_down => {
                    self.session.refuse(request.id, ErrorCode::InvalidRequest, "the server is shutting down");
                }
                Some(Message::Request(request)) if request.method == "shutdown" => {
                    is_shut_down = true;
                    self.session.send(Response::new_ok(request.id, Value::Null).into());
                }
                Some(Message::Request(request)) => self.answer(request),
                Some(Message::Notification(notification)) if notification.method == "exit" => {
                    return if is_shut_down { Ended::InOrder } else { Ended::Abruptly };
                }
                Some(Message::Notification(notification)) => self.take(notification),
                Some(Message::Response(_)) | None => {}
            }
        }
    }

    /// Refuses the waiting requests that the client does not want any more.
    fn cancel(&self, waiting: &mut VecDeque<Message>) {
        let mut unwanted: BTreeSet<String> = BTreeSet::new();
        for message in waiting.iter() {
            if let Message::Notification(notification) = message
                && notification.method == Cancel::METHOD
                && let Ok(CancelParams { id }) = serde_json::from_value(notification.params.clone())
            {
                unwanted.insert(match id {
                    NumberOrString::Number(number) => RequestId::from(number).to_string(),
                    NumberOrString::String(text) => RequestId::from(text).to_string(),
                });
            }
        }
        if unwanted.is_empty() {
            return;
        }
        waiting.retain(|message| match message {
            Message::Request(request) if unwanted.contains(&request.id.to_string()) => {
                self.session.refuse(request.id.clone(), ErrorCode::RequestCanceled, "cancelled");
                false
            }
            Message::Notification(notification) => notification.method != Cancel::METHOD,
            _ => true,
        });
    }

    fn answer(&mut self, request: Request) {
        let id = request.id.clone();
        let method = request.method.clone();
        let answered = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            requests::answer(&mut self.session, request)
        }));
        if answered.is_err() {
            self.session.forget();
        }
        self.session.send(match answered {
            Ok(Some(Ok(value))) => Response::new_ok(id, value).into(),
            Ok(Some(Err(message))) => Response::new_err(id, ErrorCode::InvalidParams as i32, message).into(),
            Ok(None) => {
                Response::new_err(id, ErrorCode::MethodNotFound as i32, format!("{method} is not known"))
                    .into()
            }
            Err(_) => {
                Response::new_err(id, ErrorCode::InternalError as i32, "internal error".to_owned()).into()
            }
        });
    }

    fn take(&mut self, notification: Notification) {
        match notification.method.as_str() {
            DidOpenTextDocument::METHOD => {
                if let Some(DidOpenTextDocumentParams { text_document }) = parsed(notification) {
                    self.session.documents.open(text_document);
                    self.session.change();
                }
            }
            DidChangeTextDocument::METHOD => {
                let parameters: Option<DidChangeTextDocumentParams> = parsed(notification);
                if let Some(DidChangeTextDocumentParams { text_document, content_changes }) = parameters {
                    let encoding = self.session.client.encoding;
                    let (uri, version) = (&text_document.uri, text_document.version);
                    if self.session.documents.change(uri, version, content_changes, encoding) {
                        self.session.edit();
                    }
                }
            }
            DidCloseTextDocument::METHOD => {
                if let Some(DidCloseTextDocumentParams { text_document }) = parsed(notification) {
                    self.session.documents.close(&text_document.uri);
                    self.session.change();
                }
            }
            DidChangeWatchedFiles::METHOD => self.session.change(),
            DidChangeWorkspaceFolders::METHOD => {
                if let Some(DidChangeWorkspaceFoldersParams { event }) = parsed(notification) {
                    let gone: Vec<_> =
                        event.removed.iter().filter_map(|folder| uri::path_of(&folder.uri)).collect();
                    self.session.folders.retain(|folder| !gone.contains(folder));
                    self.session
                        .folders
                        .extend(event.added.iter().filter_map(|folder| uri::path_of(&folder.uri)));
                    self.session.change();
                }
            }
            DidChangeConfiguration::METHOD => {
                if let Some(DidChangeConfigurationParams { settings }) = parsed(notification) {
                    self.session.configure(Some(&settings));
                    self.session.change();
                }
            }
            _ => {}
        }
    }
}

fn parsed<T: DeserializeOwned>(notification: Notification) -> Option<T> {
    serde_json::from_value(notification.params).ok()
}
