//! Messages with their headers on standard input and output (Language Server Protocol 3.17, base protocol).
//!
//! `lsp-server` ends at the first message that it cannot read, and takes the memory that a header announces. Here what is no message is
//! answered with the error that JSON-RPC 2.0 has for it, and the next one is read.

use crossbeam_channel::unbounded;
use lsp_server::{Connection, Message};
use serde_json::{Value, json};
use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::thread::{JoinHandle, spawn};

/// The largest message that is taken, in bytes: a file of the largest size, every byte escaped.
const MOST_BYTES: u64 = 1 << 30;

/// The longest header that is taken, in bytes.
const LONGEST_HEADER: u64 = 4096;

/// The client on standard input and output. The thread that comes with it ends when the last sender is gone and everything is written.
pub fn stdio() -> (Connection, JoinHandle<()>) {
    let (to_server, receiver) = unbounded();
    let (sender, from_server) = unbounded::<Message>();
    spawn(move || {
        let mut input = BufReader::new(io::stdin());
        while let Some(incoming) = read(&mut input) {
            let is_taken = match incoming {
                Incoming::Message(message) => to_server.send(message).is_ok(),
                Incoming::Mistake(answer) => write(&answer).is_ok(),
                Incoming::Lost(answer) => {
                    let _ = write(&answer);
                    false
                }
            };
            if !is_taken {
                break;
            }
        }
    });
    let writer = spawn(move || {
        for message in from_server {
            let mut output = io::stdout().lock();
            if message.write(&mut output).is_err() {
                break;
            }
        }
    });
    (Connection { sender, receiver }, writer)
}

fn write(answer: &Value) -> io::Result<()> {
    let text = answer.to_string();
    let mut output = io::stdout().lock();
    write!(output, "Content-Length: {}\r\n\r\n{text}", text.len())?;
    output.flush()
}

/// What came in.
#[derive(Debug)]
enum Incoming {
    /// A message.
    Message(Message),
    /// What is no message: the error to answer with.
    Mistake(Value),
    /// A header that cannot be read; nothing behind it can be either.
    Lost(Value),
}

/// Reads the next message; `None` at the end of the stream.
fn read(input: &mut impl BufRead) -> Option<Incoming> {
    let length = match length(input) {
        Ok(Some(length)) => length,
        Ok(None) => return None,
        Err(error) => return Some(Incoming::Lost(mistake(&Value::Null, PARSE_ERROR, &error.to_string()))),
    };
    let mut bytes = Vec::new();
    // No memory is taken for what is only announced.
    match input.take(length).read_to_end(&mut bytes) {
        Ok(read) if read as u64 == length => Some(decode(&bytes)),
        Ok(_) | Err(_) => None,
    }
}

const PARSE_ERROR: i32 = -32700;
const INVALID_REQUEST: i32 = -32600;

fn mistake(id: &Value, code: i32, message: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": { "code": code, "message": message } })
}

/// The length that the header announces; `None` at the end of the stream.
fn length(input: &mut impl BufRead) -> io::Result<Option<u64>> {
    let wrong = |what: &str| Err(io::Error::new(io::ErrorKind::InvalidData, what.to_owned()));
    let mut length = None;
    let mut line = Vec::new();
    loop {
        line.clear();
        if input.by_ref().take(LONGEST_HEADER).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let Some(text) = std::str::from_utf8(&line).ok().and_then(|line| line.strip_suffix('\n')) else {
            return wrong("a header line is too long or no text");
        };
        let text = text.trim_end_matches('\r');
        if text.is_empty() {
            return match length {
                Some(length) if length <= MOST_BYTES => Ok(Some(length)),
                Some(_) => wrong("the message is larger than any that is taken"),
                None => wrong("the header has no Content-Length"),
            };
        }
        let Some((name, value)) = text.split_once(':') else { return wrong("a header line has no colon") };
        if name.trim().eq_ignore_ascii_case("Content-Length") {
            let Ok(number) = value.trim().parse() else { return wrong("Content-Length is no number") };
            length = Some(number);
        }
    }
}

fn decode(bytes: &[u8]) -> Incoming {
    let value: Value = match serde_json::from_slice(bytes) {
        Ok(value) => value,
        Err(error) => return Incoming::Mistake(mistake(&Value::Null, PARSE_ERROR, &error.to_string())),
    };
    let id = value.get("id").cloned();
    let asks = id.is_some() && value.get("method").is_some();
    match serde_json::from_value(value) {
        // A number that is none would make a notification of a request.
        Ok(Message::Notification(_)) if asks => invalid(id),
        Ok(message) => Incoming::Message(message),
        Err(_) => invalid(id),
    }
}

fn invalid(id: Option<Value>) -> Incoming {
    let id = id.filter(|id| id.is_number() || id.is_string()).unwrap_or(Value::Null);
    Incoming::Mistake(mistake(&id, INVALID_REQUEST, "neither a request nor a response nor a notification"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(bytes: &[u8]) -> Value {
        match read(&mut io::BufReader::new(bytes)) {
            Some(Incoming::Mistake(value) | Incoming::Lost(value)) => value,
            Some(Incoming::Message(message)) => serde_json::to_value(message).unwrap(),
            None => Value::Null,
        }
    }

    fn framed(text: &str) -> Value {
        told(format!("Content-Length: {}\r\n\r\n{text}", text.len()).as_bytes())
    }

    #[test]
    fn what_is_no_message_is_answered_with_its_error() {
        assert_eq!(framed("{]")["error"]["code"], PARSE_ERROR);
        assert_eq!(framed("[]")["error"]["code"], INVALID_REQUEST);
        assert_eq!(framed("{\"id\":1.5,\"method\":\"x\"}")["id"], 1.5);
        assert_eq!(told(b"Content-Length: x\r\n\r\n")["error"]["code"], PARSE_ERROR);
        assert_eq!(told(b"Content-Length: 99999999999999\r\n\r\n")["error"]["code"], PARSE_ERROR);
        assert_eq!(told(b"\xFF\n")["error"]["code"], PARSE_ERROR);
    }

    #[test]
    fn an_end_in_the_middle_is_an_end() {
        assert_eq!(told(b""), Value::Null);
        assert_eq!(told(b"Content-Length: 9999999\r\n\r\n{"), Value::Null);
    }

    #[test]
    fn other_headers_and_cases_are_taken() {
        let text = "content-length: 14\r\nContent-Type: x\r\n\r\n{\"method\":\"a\"}";
        assert_eq!(told(text.as_bytes())["method"], "a");
    }
}
