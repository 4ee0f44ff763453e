//! The `tlslint` command.

/// Models of many servers are many small objects: this allocator takes a fifth off a run (`docs/performance.md` has the figures).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    tlslint::cli::main()
}
