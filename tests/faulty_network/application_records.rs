//! The records of the application: one line each, in one write, so that a kill cannot remove them.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use omnize::Event;

/// The records that one process writes.
pub struct Ledger(File);

impl Ledger {
    /// Opens the file for a further process.
    pub fn open(path: &Path) -> Self {
        let file = OpenOptions::new().create(true).append(true).open(path);
        let ledger = Ledger(file.unwrap());
        // The previous line may be incomplete.
        ledger.write("\nlife");
        ledger
    }

    /// Records that the message of this number will be posted.
    pub fn tries(&self, interaction: usize, number: usize) {
        self.write(&format!("tries {interaction} {number}"));
    }

    /// Records that the post returned.
    pub fn posted(&self, interaction: usize, number: usize, ticket: u64) {
        self.write(&format!("posted {interaction} {number} {ticket}"));
    }

    /// Records an outcome.
    pub fn record_outcome(&self, event: &Event) {
        let outcome = event.outcome().unwrap();
        self.write(&format!(
            "outcome {} {} {} {} {}",
            outcome.ticket,
            outcome.client_id,
            outcome.delivery,
            outcome.http_status,
            u8::from(event.redelivered)
        ));
    }

    fn write(&self, line: &str) {
        (&self.0).write_all(format!("{line}\n").as_bytes()).unwrap();
    }
}

/// The values of an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedOutcome {
    pub interaction: usize,
    /// An `OMNIZE_DELIVERY_` value.
    pub delivery: i32,
    pub http_status: u16,
}

/// The content of the records.
#[derive(Default)]
pub struct Written {
    /// The highest attempted number, by interaction.
    pub last_tried: HashMap<usize, usize>,
    /// The number of attempted posts.
    pub tried: usize,
    /// Interaction and number, by ticket.
    pub posted: HashMap<u64, (usize, usize)>,
    /// The outcomes by ticket. For each delivery: the process in which it happened, and whether it was flagged as
    /// redelivered.
    pub outcomes: HashMap<u64, Vec<(RecordedOutcome, usize, bool)>>,
}

impl Written {
    /// Reads the records. A missing file is empty.
    pub fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let mut written = Written::default();
        let mut life = 0;
        // A line cut by a kill has no end, or the blank line of the next process follows it.
        for line in text.split_inclusive('\n') {
            let words: Vec<_> = line.trim_end().split(' ').collect();
            let number = |at: usize| words[at].parse::<usize>().unwrap();
            match (words[0], words.len()) {
                ("life", 1) => life += 1,
                ("tries", 3) => {
                    written.tried += 1;
                    written.last_tried.insert(number(1), number(2));
                }
                ("posted", 4) => {
                    let before = written
                        .posted
                        .insert(number(3) as u64, (number(1), number(2)));
                    assert_eq!(before, None, "ticket {} was given twice", words[3]);
                }
                ("outcome", 6) => {
                    let outcome = RecordedOutcome {
                        interaction: number(2),
                        delivery: words[3].parse().unwrap(),
                        http_status: words[4].parse().unwrap(),
                    };
                    let times = written.outcomes.entry(number(1) as u64).or_default();
                    times.push((outcome, life, number(5) == 1));
                }
                _ => assert_eq!(line, "\n", "an unknown line"),
            }
        }
        written
    }
}
