//! The `omnize` program.

#![deny(unsafe_code)]

fn main() {
    std::process::exit(omnize::cli::run(std::env::args_os()));
}
