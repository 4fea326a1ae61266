//! The `omnize` command.

fn main() {}
