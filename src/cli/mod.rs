//! The command line: definitions, one file per subcommand, and the exit code.

mod baseline;
mod changes;
mod check;
mod checks;
mod ciphers;
mod completions;
mod config;
mod csv;
mod explain;
mod ignores;
mod in_force;
mod init;
mod inventory;
mod listed;
mod lsp;
mod man;
mod misuse;
mod negotiate;
mod output;
mod policy;
mod reading;
mod terminal;
mod trust;
mod upgrade;

use crate::library::linked;
use crate::printable::{Medium, Printable, printable, steers};
use clap::{ColorChoice, CommandFactory, Parser, Subcommand, ValueEnum};
use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

/// Lint TLS settings of nginx, HAProxy, Envoy and OpenSSL against a policy, by what they really negotiate.
#[derive(Debug, Parser)]
#[command(name = "tlslint", version, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// When to colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_possible_values = true)]
    color: ColorChoice,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check configurations against a policy
    #[command(after_help = "`tlslint man check` has every option.")]
    Check(Box<check::Arguments>),
    /// List every check with its level, languages, fix and references
    Checks(checks::Arguments),
    /// Show the settings in force, or the schema of settings files
    Config(config::Arguments),
    /// Write a commented tlslint.toml for what is found
    Init(init::Arguments),
    /// Expand and judge cipher strings, as any library release reads them
    Ciphers(Box<ciphers::Arguments>),
    /// Explain a check or a cipher suite
    Explain(Box<explain::Arguments>),
    /// List everything that is not counted, with its reason
    Ignores(ignores::Arguments),
    /// Print what a shell completes
    Completions(completions::Arguments),
    /// Print manual pages
    Man(man::Arguments),
    /// List every endpoint with what it offers
    Inventory(Box<inventory::Arguments>),
    /// Tell what a client would get at a socket, or what the server offers to an upstream
    Negotiate(Box<negotiate::Arguments>),
    /// Serve an editor: the language server on standard input and output
    Lsp(Box<lsp::Arguments>),
    /// List, show and compare policies
    Policy(policy::Arguments),
}

/// How a list is printed.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum OutputFormat {
    /// One JSON document.
    Json,
    /// Aligned columns.
    Table,
}

/// What a command ends with: everything is fine, findings remain, or it could not do the job.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Status {
    /// Exit code 0.
    Clean,
    /// Exit code 1.
    Findings,
    /// Exit code 2.
    Failed,
}

/// Why a command could not do its job; exit code 2.
#[derive(Debug)]
pub struct Failure {
    /// One line or more, with a place where there is one.
    message: String,
}

impl Failure {
    /// A failure with this message on one line, behind which a tip may stand on a line of its own.
    pub fn new(message: impl Into<String>) -> Self {
        const TIP: &str = "\n  tip: ";
        let message: String = message.into();
        let lines: Vec<_> = message.split(TIP).map(printable).collect();
        Self { message: lines.join(TIP) }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl<E: std::error::Error> From<E> for Failure {
    /// Errors of several lines make their words fit for a line themselves.
    fn from(error: E) -> Self {
        Self { message: error.to_string() }
    }
}

/// The two streams of a command, and whether the first takes colours.
pub struct Streams<'a> {
    /// Results.
    pub out: &'a mut Printable<Box<dyn Write>>,
    log: &'a mut dyn Write,
    /// Whether results may be coloured.
    pub colour: bool,
    /// Whether results go to a terminal.
    pub terminal: bool,
}

impl Streams<'_> {
    /// Tells one line on standard error, whatever is in its words; that nobody may be listening is no error.
    pub fn tell(&mut self, words: fmt::Arguments<'_>) {
        let _ = writeln!(self.log, "{}", printable(&words.to_string()));
    }
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    linked::without_configuration();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let code = if error.use_stderr() { 2 } else { 0 };
            let text = error.render().to_string();
            // A closed pipe behind --help is no error.
            let is_fit = std::env::args_os().all(|word| !word.to_string_lossy().chars().any(steers));
            let _ = if is_fit {
                error.print()
            } else {
                write!(Printable::new(io::stderr().lock(), Medium::Text), "{text}")
            };
            return ExitCode::from(code);
        }
    };
    let ran = std::panic::catch_unwind(|| dispatch(&arguments));
    let status = ran.unwrap_or_else(|_| {
        let _ = writeln!(
            io::stderr(),
            "tlslint: internal error; please report the message above with the file that caused it"
        );
        Status::Failed
    });
    ExitCode::from(match status {
        Status::Clean => 0,
        Status::Findings => 1,
        Status::Failed => 2,
    })
}

/// The command line with the options that `--help` leaves out, so that it fits two screens.
fn whole_command() -> clap::Command {
    let shown = |command: clap::Command| command.mut_args(|argument| argument.hide(false));
    shown(<Arguments as CommandFactory>::command()).mut_subcommands(shown)
}

fn dispatch(arguments: &Arguments) -> Status {
    // The server's threads take both streams themselves.
    if let Command::Lsp(arguments) = &arguments.command {
        return lsp::run(arguments).unwrap_or_else(|failure| {
            let _ = writeln!(Printable::new(io::stderr().lock(), Medium::Text), "tlslint: {failure}");
            Status::Failed
        });
    }
    let stdout = io::stdout();
    let terminal = io::IsTerminal::is_terminal(&stdout);
    let colour = wants_colour(arguments.color, terminal);
    let out = io::BufWriter::with_capacity(64 << 10, stdout.lock());
    let mut out = Printable::new(Box::new(out) as Box<dyn Write>, Medium::Text);
    let mut log = Printable::new(io::stderr().lock(), Medium::Text);
    let mut streams = Streams { out: &mut out, log: &mut log, colour, terminal };
    let result = match &arguments.command {
        Command::Check(arguments) => check::run(arguments, &mut streams),
        Command::Checks(arguments) => checks::run(arguments, &mut streams),
        Command::Config(arguments) => config::run(arguments, &mut streams),
        Command::Init(arguments) => init::run(arguments, &mut streams),
        Command::Ciphers(arguments) => ciphers::run(arguments, &mut streams),
        Command::Explain(arguments) => explain::run(arguments, &mut streams),
        Command::Ignores(arguments) => ignores::run(arguments, &mut streams),
        Command::Completions(arguments) => completions::run(arguments, whole_command(), &mut streams),
        Command::Man(arguments) => man::run(arguments, whole_command(), &mut streams),
        Command::Inventory(arguments) => inventory::run(arguments, &mut streams),
        Command::Negotiate(arguments) => negotiate::run(arguments, &mut streams),
        Command::Lsp(arguments) => lsp::run(arguments).map_err(Stop::Failure),
        Command::Policy(arguments) => policy::run(arguments, &mut streams),
    };
    let flushed = out.flush();
    match (result, flushed) {
        (Err(Stop::Failure(failure)), _) => {
            let _ = writeln!(log, "tlslint: {failure}");
            Status::Failed
        }
        // Whoever reads the output has seen enough.
        (Err(Stop::Pipe), _) => Status::Clean,
        (Ok(status), Ok(())) => status,
        (Ok(status), Err(error)) if error.kind() == io::ErrorKind::BrokenPipe => status,
        (Ok(_), Err(error)) => {
            let _ = writeln!(log, "tlslint: cannot write the output: {error}");
            Status::Failed
        }
    }
}

/// Why a command stops early.
#[derive(Debug)]
pub enum Stop {
    /// It could not do the job.
    Failure(Failure),
    /// The reader of its output has gone.
    Pipe,
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self::Failure(failure)
    }
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::Pipe,
            _ => Self::Failure(Failure::new(format!("cannot write the output: {error}"))),
        }
    }
}

/// <https://no-color.org> wins over FORCE_COLOR and CLICOLOR_FORCE; an explicit `--color` wins over all.
fn wants_colour(choice: ColorChoice, terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let forced = |name: &str| set(name) && std::env::var_os(name).is_some_and(|value| value != "0");
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => {
            !set("NO_COLOR")
                && (forced("FORCE_COLOR")
                    || forced("CLICOLOR_FORCE")
                    || (terminal && std::env::var_os("TERM").is_some_and(|term| term != "dumb")))
        }
    }
}
