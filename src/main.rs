//! The `tlslint` command.

fn main() -> std::process::ExitCode {
    tlslint::cli::main()
}
