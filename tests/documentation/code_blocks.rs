//! Fenced code blocks, and the marks in their first line.

use super::pages::Page;

/// A block, such as
///
/// ````text
/// ```c file=chat.c sandbox="--agent silent"
/// ````
#[derive(Debug, PartialEq, Eq)]
pub struct Block {
    /// The line number of its fence, from 1.
    pub line: usize,
    pub language: String,
    marks: Vec<(String, String)>,
    pub text: String,
}

impl Block {
    /// Returns the value of a mark; empty if it has none.
    pub fn get(&self, mark: &str) -> Option<&str> {
        self.marks
            .iter()
            .find(|(name, _)| name == mark)
            .map(|(_, value)| value.as_str())
    }

    pub fn has(&self, mark: &str) -> bool {
        self.get(mark).is_some()
    }

    /// Returns the value of a mark that requires one.
    pub fn value(&self, mark: &str) -> Result<&str, String> {
        self.get(mark)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| format!("the mark {mark} has no value"))
    }

    /// Fails for an unknown mark: a typing error must not turn off a check.
    pub fn allow_only(&self, known: &[&str]) -> Result<(), String> {
        match self
            .marks
            .iter()
            .find(|(name, _)| !known.contains(&name.as_str()))
        {
            Some((name, _)) => Err(format!("the mark {name:?} is unknown")),
            None => Ok(()),
        }
    }
}

/// Returns the blocks of a page, in order.
pub fn read(page: &Page) -> Result<Vec<Block>, String> {
    let mut blocks = Vec::new();
    let mut lines = page.text.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        let Some(fence) = Fence::open(line) else {
            continue;
        };
        let at = format!("{}:{}", page.name, number + 1);
        let (language, marks) = marks(fence.info).map_err(|error| format!("{at}: {error}"))?;
        let mut text = String::new();
        loop {
            let (_, line) = lines
                .next()
                .ok_or_else(|| format!("{at}: the block has no end"))?;
            if fence.is_closed_by(line) {
                break;
            }
            text.push_str(line.get(fence.indent..).unwrap_or_default());
            text.push('\n');
        }
        blocks.push(Block {
            line: number + 1,
            language,
            marks,
            text,
        });
    }
    Ok(blocks)
}

struct Fence<'a> {
    indent: usize,
    ticks: usize,
    info: &'a str,
}

impl<'a> Fence<'a> {
    fn open(line: &'a str) -> Option<Fence<'a>> {
        let from = line.trim_start_matches(' ');
        let info = from.trim_start_matches('`');
        let ticks = from.len() - info.len();
        (ticks >= 3 && !info.contains('`')).then_some(Fence {
            indent: line.len() - from.len(),
            ticks,
            info: info.trim(),
        })
    }

    fn is_closed_by(&self, line: &str) -> bool {
        let line = line.trim();
        line.len() >= self.ticks && line.bytes().all(|byte| byte == b'`')
    }
}

/// Parses the language and the marks after it: `name`, `name=value` or `name="some words"`.
fn marks(info: &str) -> Result<(String, Vec<(String, String)>), String> {
    let (language, mut rest) = info.split_once(' ').unwrap_or((info, ""));
    let mut marks = Vec::new();
    while !rest.trim_start().is_empty() {
        rest = rest.trim_start();
        let end = rest.find([' ', '=']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let (value, after) = match after.strip_prefix('=') {
            None => ("", after),
            Some(quoted) if quoted.starts_with('"') => quoted[1..]
                .split_once('"')
                .ok_or_else(|| format!("the quotation mark of {name} has no partner"))?,
            Some(word) => word.split_at(word.find(' ').unwrap_or(word.len())),
        };
        marks.push((name.to_owned(), value.to_owned()));
        rest = after;
    }
    Ok((language.to_owned(), marks))
}

#[test]
fn blocks_are_parsed_with_their_marks() {
    let page = Page {
        name: "x.md".to_owned(),
        text: "a\n\n- b\n  ```c file=x.c sandbox=\"--agent silent\" fragment\n  int a;\n\n    b\n  ```\n````\n```\n````\n"
            .to_owned(),
    };
    let blocks = read(&page).unwrap();
    assert_eq!(blocks.len(), 2);
    assert_eq!((blocks[0].line, blocks[0].language.as_str()), (4, "c"));
    assert_eq!(blocks[0].text, "int a;\n\n  b\n");
    assert_eq!(blocks[0].get("file"), Some("x.c"));
    assert_eq!(blocks[0].get("sandbox"), Some("--agent silent"));
    assert_eq!(blocks[0].get("fragment"), Some(""));
    assert_eq!(
        (blocks[1].language.as_str(), blocks[1].text.as_str()),
        ("", "```\n")
    );
}

#[test]
fn unclosed_block_is_an_error() {
    let page = Page {
        name: "x.md".to_owned(),
        text: "```c\nint a;\n".to_owned(),
    };
    assert_eq!(read(&page).unwrap_err(), "x.md:1: the block has no end");
}
