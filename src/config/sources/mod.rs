//! Sources of options: environment variables (`environment.rs`), and an INI file (`config_file.rs`), whose lines
//! `ini_lines.rs` parses.

mod config_file;
mod environment;
mod ini_lines;
