//! The documentation says what is true: every fenced block of README.md and of the book is run, the tables are the
//! library's own, every page is in the book, every promise has its row, and every link leads somewhere.
//!
//! Running needs an installed library: `make stage`, and its prefix in OMNIZE_STAGE.

#![cfg(feature = "cli")]

mod blocks;
mod dialects;
mod links;
mod pages;
mod programs;
mod promises;
mod stage;
mod tables;
mod wire;

use blocks::Block;
use pages::Page;
use stage::Stage;

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
        let mut desk = programs::Desk::new(&stage, page);
        for block in blocks::read(page).unwrap_or_else(|error| panic!("{error}")) {
            count += 1;
            if let Err(error) = check(&mut desk, &block) {
                failures.push(format!("{}:{}: {error}", page.name, block.line));
            }
        }
    }
    assert!(count > 0, "no block was found");
    assert!(failures.is_empty(), "\n{}\n", failures.join("\n\n"));
}

/// Checks one block as its language asks. Whatever is not run says why.
fn check(desk: &mut programs::Desk<'_>, block: &Block) -> Result<(), String> {
    block.allow_only(&[
        "file", "fragment", "sandbox", "norun", "output", "scenario", "customer", "request",
        "trigger", "answer", "pytest",
    ])?;
    if let Some(reason) = block.get("norun") {
        return if reason.is_empty() {
            Err("norun has no reason".to_owned())
        } else {
            Ok(())
        };
    }
    match block.language.as_str() {
        "c" if block.has("fragment") => desk.compile_fragment(block),
        "c" => desk.run_c(block),
        "cpp" => desk.run_cpp(block),
        "pascal" => desk.run_pascal(block),
        "sh" => desk.run_shell(block),
        // They need the package, and are run by python/tests/test_documentation.py.
        "python" => {
            desk.skip_program();
            Ok(())
        }
        "cmake" => desk.keep(block),
        "text" if block.has("output") => desk.compare_output(block),
        "ini" => desk.load_options(block),
        "json" if block.has("scenario") => desk.load_scenario(block),
        "json" if block.has("customer") => desk.load_customer(block),
        "json" if block.has("request") => wire::request(&block.text),
        "json" if block.has("trigger") => wire::trigger(block.value("trigger")?, &block.text),
        "json" if block.has("answer") => wire::answer(block.value("answer")?, &block.text),
        _ => Err("the block is neither run nor marked: see CONTRIBUTING.md".to_owned()),
    }
}
