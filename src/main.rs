//! The `tlslint` command.

fn main() {}
