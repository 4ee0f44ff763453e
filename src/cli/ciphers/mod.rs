//! `tlslint ciphers`: expands and judges cipher strings.

mod answer;
mod comparison;
mod table;

use super::{Failure, Status, Stop, Streams};
use crate::library::{Choice, Expansion, Family, Parser};
use crate::policy::Policy;
use crate::scope::{Flags, Scope, Scopes};
use clap::{Args, ValueEnum};
use std::io::{self, BufRead};
use std::path::Path;
use std::sync::Arc;

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum OutputFormat {
    /// For reading
    Table,
    /// One document with every suite and token
    Json,
    /// One answer a line
    Jsonl,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum InputFormat {
    /// One string a line
    Lines,
    /// One JSON string a line
    Json,
}

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Cipher strings, as in ciphers(1): HIGH:!aNULL:!MD5
    #[arg(value_name = "STRING", required_unless_present = "stdin")]
    strings: Vec<String>,
    /// The library that reads them, such as openssl-3.0, openssl-1.1.1+weak, boringssl-44, linked or any; several are compared.
    /// Without it, the one of the settings' target, else any
    #[arg(long, value_name = "LIBRARY")]
    library: Vec<String>,
    /// The policy that judges the suites: a built-in name or a file. Without it, the settings' own, else google-carriers
    #[arg(long, value_name = "NAME|FILE")]
    policy: Option<String>,
    #[command(flatten)]
    settings: super::config::SettingsArguments,
    /// How to print the answers
    #[arg(short = 'f', long, alias = "output-format", value_enum, default_value = "table")]
    format: OutputFormat,
    /// Read strings from standard input too
    #[arg(long)]
    stdin: bool,
    /// What a line of standard input is
    #[arg(long, value_enum, default_value = "lines", requires = "stdin")]
    stdin_format: InputFormat,
    /// What PROFILE=SYSTEM stands for in Red Hat's builds: the first line of the crypto policy's file
    #[arg(long, value_name = "STRING")]
    system_ciphers: Option<String>,
    /// BoringSSL and AWS-LC: skip unknown words, instead of refusing them as Envoy does
    #[arg(long)]
    lenient: bool,
}

/// What one library makes of one string.
struct Answer<'a> {
    string: &'a str,
    library: Choice,
    expansion: Arc<Expansion>,
}

pub(super) fn run(arguments: &Arguments, streams: &mut Streams<'_>) -> Result<Status, Stop> {
    let libraries = arguments.library.iter().map(|id| Choice::by_id(id)).collect::<Result<Vec<_>, _>>();
    let mut libraries = libraries.map_err(|error| Failure::new(format!("--library: {error}")))?;
    let mut policy = None;
    // One answer a line names no policy, and reading one costs more than many answers.
    if libraries.is_empty() || arguments.format != OutputFormat::Jsonl {
        let scope = scope(arguments)?;
        if libraries.is_empty() {
            libraries.push(scope.main_target().library.unwrap_or(Choice::Any(Family::OpenSsl)));
        }
        policy = scope.main_policies().first().cloned();
    }
    if let Some(line) = &arguments.system_ciphers {
        for library in &mut libraries {
            *library = library.with_system_ciphers(line);
        }
    }
    let parser = if arguments.lenient { Parser::Lenient } else { Parser::Strict };
    let mut printer = Printer { policy, libraries, parser, documents: Vec::new(), printed: 0 };
    for string in &arguments.strings {
        printer.print(string, arguments.format, streams)?;
    }
    if arguments.stdin {
        let mut input = io::stdin().lock();
        let (mut line, mut number) = (Vec::new(), 0);
        while next_line(&mut input, &mut line)? {
            number += 1;
            let string = read_string(&line, arguments.stdin_format)
                .map_err(|error| Failure::new(format!("standard input, line {number}: {error}")))?;
            printer.print(&string, arguments.format, streams)?;
        }
    }
    printer.finish(arguments.format, streams)?;
    Ok(Status::Clean)
}

/// What the settings around the working directory say.
fn scope(arguments: &Arguments) -> Result<Arc<Scope>, Failure> {
    let flags = Flags { policies: arguments.policy.iter().cloned().collect(), ..Flags::default() };
    let scopes = Scopes::new(arguments.settings.resolver()?, flags, arguments.settings.today());
    scopes.of(Path::new("any")).map_err(Failure::from)
}

/// Reads up to and without the next line feed; `false` at the end.
fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> Result<bool, Failure> {
    line.clear();
    let read =
        input.read_until(b'\n', line).map_err(|error| Failure::new(format!("standard input: {error}")))?;
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    Ok(read > 0)
}

/// The string that a line stands for. Bytes that are no UTF-8 become replacement characters, which no library's words hold either.
fn read_string(line: &[u8], format: InputFormat) -> Result<String, String> {
    match format {
        InputFormat::Lines => {
            Ok(String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned())
        }
        InputFormat::Json => serde_json::from_slice(line).map_err(|error| {
            let column = error.column();
            format!("not a JSON string (wrong at column {column})")
        }),
    }
}

struct Printer {
    policy: Option<Policy>,
    libraries: Vec<Choice>,
    parser: Parser,
    /// What the JSON document will hold.
    documents: Vec<serde_json::Value>,
    /// Answers printed so far, for the lines between tables.
    printed: usize,
}

impl Printer {
    fn print(&mut self, string: &str, format: OutputFormat, streams: &mut Streams<'_>) -> Result<(), Stop> {
        let answers: Vec<Answer<'_>> = self
            .libraries
            .iter()
            .map(|library| Answer {
                string,
                library: *library,
                expansion: library.expand(string, self.parser),
            })
            .collect();
        if format == OutputFormat::Jsonl {
            for answer in &answers {
                answer::line(answer, streams.out)?;
            }
            return Ok(());
        }
        let Some(policy) = &self.policy else { return Ok(()) };
        if format == OutputFormat::Json {
            self.documents.extend(answers.iter().map(|answer| answer::document(answer, policy)));
            return Ok(());
        }
        if self.printed > 0 {
            writeln!(streams.out)?;
        }
        self.printed += 1;
        match answers.as_slice() {
            [answer] => table::print(answer, policy, streams),
            several => comparison::print(several, policy, streams),
        }
    }

    fn finish(&self, format: OutputFormat, streams: &mut Streams<'_>) -> Result<(), Stop> {
        if let (OutputFormat::Json, Some(policy)) = (format, &self.policy) {
            let document = serde_json::json!({
                "version": 1,
                "tool": {"name": "tlslint", "version": env!("CARGO_PKG_VERSION")},
                "policy": {"id": policy.label(), "title": policy.title},
                "answers": self.documents,
            });
            writeln!(streams.out, "{document}")?;
        }
        Ok(())
    }
}
