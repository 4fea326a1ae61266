//! What the application writes down: a line each, in one write, so that it survives a kill.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use omnize::Event;

/// One life writes here.
pub struct Ledger(File);

impl Ledger {
    /// Opens the ledger for a further life.
    pub fn open(path: &Path) -> Self {
        let file = OpenOptions::new().create(true).append(true).open(path);
        let ledger = Ledger(file.unwrap());
        // The line before may have been cut off.
        ledger.write("\nlife");
        ledger
    }

    /// The message of this number is about to be posted.
    pub fn tries(&self, interaction: usize, number: usize) {
        self.write(&format!("tries {interaction} {number}"));
    }

    /// Posting it has returned.
    pub fn posted(&self, interaction: usize, number: usize, ticket: u64) {
        self.write(&format!("posted {interaction} {number} {ticket}"));
    }

    /// An outcome was told.
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

/// What an outcome says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordedOutcome {
    pub interaction: usize,
    /// An `OMNIZE_DELIVERY_` value.
    pub delivery: i32,
    pub http_status: u16,
}

/// What stands in a ledger.
#[derive(Default)]
pub struct Written {
    /// The highest number that was tried, by interaction.
    pub last_tried: HashMap<usize, usize>,
    /// How many posts were tried.
    pub tried: usize,
    /// Interaction and number, by ticket.
    pub posted: HashMap<u64, (usize, usize)>,
    /// The outcomes, by ticket; each time that it was told, with its life and whether it was flagged.
    pub outcomes: HashMap<u64, Vec<(RecordedOutcome, usize, bool)>>,
}

impl Written {
    /// Reads a ledger; what is not there yet is empty.
    pub fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let mut written = Written::default();
        let mut life = 0;
        // A line that a kill cut off has no end, or is followed by the blank line that the next life begins with.
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
