//! The documentation is correct. Every fenced block of README.md and of the book works, and the tables equal the
//! library's tables. The summary lists every page, every promise has a row, and every link has a target.
//!
//! Needs an installed library: `make stage`, and its prefix in OMNIZE_STAGE.

#![cfg(all(feature = "cli", unix))]

mod architecture;
mod block_runner;
mod code_blocks;
mod dialect_tables;
mod installed_library;
mod links;
mod pages;
mod printed_tables;
mod promises;
mod wire_examples;

use code_blocks::Block;
use installed_library::Stage;
use pages::Page;

#[test]
fn readme_blocks_work_as_described() {
    run(&[Page::read("README.md")]);
}

#[test]
fn book_blocks_work_as_described() {
    let book = pages::book();
    assert!(book.len() > 10, "only {} pages were found", book.len());
    run(&book);
}

fn run(pages: &[Page]) {
    let stage = Stage::find();
    let mut failures = Vec::new();
    let mut count = 0;
    for page in pages {
        let mut runner = block_runner::BlockRunner::new(&stage, page);
        for block in code_blocks::read(page).unwrap_or_else(|error| panic!("{error}")) {
            count += 1;
            if let Err(error) = check(&mut runner, &block) {
                failures.push(format!("{}:{}: {error}", page.name, block.line));
            }
        }
    }
    assert!(count > 0, "no block was found");
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n\n"));
}

/// Checks one block by its language. A block that does not run must contain the reason.
fn check(runner: &mut block_runner::BlockRunner<'_>, block: &Block) -> Result<(), String> {
    block.allow_only(&[
        "file", "fragment", "sandbox", "norun", "output", "scenario", "customer", "request",
        "trigger", "answer", "pytest", "example",
    ])?;
    if block.has("example") {
        pages::compare_example(block.value("example")?, &block.text)?;
    }
    if let Some(reason) = block.get("norun") {
        return if reason.is_empty() {
            Err("norun has no reason".to_owned())
        } else {
            Ok(())
        };
    }
    match block.language.as_str() {
        "c" if block.has("fragment") => runner.compile_fragment(block),
        "c" => runner.run_c(block),
        "cpp" => runner.run_cpp(block),
        "pascal" => runner.run_pascal(block),
        "sh" => runner.run_shell(block),
        // These blocks need the package: python/tests/test_documentation.py runs them.
        "python" => {
            runner.skip_program();
            Ok(())
        }
        "cmake" => runner.keep(block),
        "text" if block.has("output") => runner.compare_output(block),
        "ini" => runner.load_options(block),
        "json" if block.has("scenario") => runner.load_scenario(block),
        "json" if block.has("customer") => runner.load_customer(block),
        "json" if block.has("request") => wire_examples::request(&block.text),
        "json" if block.has("trigger") => {
            wire_examples::trigger(block.value("trigger")?, &block.text)
        }
        "json" if block.has("answer") => {
            wire_examples::response(block.value("answer")?, &block.text)
        }
        _ => Err("the block is neither run nor marked: see CONTRIBUTING.md".to_owned()),
    }
}
