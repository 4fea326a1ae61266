//! The document of earlier messages, to which the start field `external_history` links.
//!
//! The service does not specify its format. This library writes a JSON object. Its messages have the field names of a message
//! trigger, in the order of the messages.

use serde::Serialize;

use crate::wire::{Message, Redacted};

/// The messages exchanged before an interaction, with a bot or in another interaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    messages: Vec<HistoryMessage>,
}

/// An earlier message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryMessage {
    /// The author.
    pub speaker: Speaker,
    /// The author's name, if it is known.
    pub name: Option<Redacted>,
    /// The time, in milliseconds since 1970-01-01 UTC.
    pub at: i64,
    /// The text and the attached file.
    pub message: Message,
}

/// The author of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum Speaker {
    /// The customer.
    Customer = 1,
    /// An agent.
    Agent = 2,
    /// A bot.
    Bot = 3,
}

impl Speaker {
    /// Every speaker, in the order of their numbers.
    pub const ALL: [Speaker; 3] = [Speaker::Customer, Speaker::Agent, Speaker::Bot];

    /// Returns the speaker's name in the document.
    pub fn name(self) -> &'static str {
        match self {
            Speaker::Customer => "customer",
            Speaker::Agent => "agent",
            Speaker::Bot => "bot",
        }
    }
}

impl History {
    /// Adds a message after the earlier ones.
    pub fn add(&mut self, message: HistoryMessage) {
        self.messages.push(message);
    }

    /// Returns the document as JSON (`application/json`). It contains personal data.
    pub fn render(&self) -> String {
        let messages = self.messages.iter().map(|entry| DocumentMessage {
            from: entry.speaker.name(),
            name: entry.name.as_ref(),
            date: format_time(entry.at),
            kind: entry
                .message
                .media
                .as_ref()
                .map_or("text", |media| media.kind.name()),
            content: &entry.message.text,
            url: entry.message.media.as_ref().map(|media| &media.url),
        });
        let document = Document {
            messages: messages.collect(),
        };
        // All keys are strings, and writing to a String cannot fail.
        serde_json::to_string(&document).expect("strings are JSON")
    }
}

#[derive(Serialize)]
struct Document<'a> {
    messages: Vec<DocumentMessage<'a>>,
}

#[derive(Serialize)]
struct DocumentMessage<'a> {
    from: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a Redacted>,
    date: String,
    #[serde(rename = "type")]
    kind: &'static str,
    content: &'a Redacted,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a Redacted>,
}

const DAY: i64 = 24 * 60 * 60 * 1000;

/// Formats a time as in RFC 3339, in UTC.
fn format_time(at: i64) -> String {
    let (day, time) = (at.div_euclid(DAY), at.rem_euclid(DAY));
    let (year, month, day) = date_of_day(day);
    let (seconds, milliseconds) = (time / 1000, time % 1000);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{milliseconds:03}Z",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// Returns year, month and day for a number of days since 1970-01-01, in the Gregorian calendar.
fn date_of_day(day: i64) -> (i64, i64, i64) {
    // Counted from 0000-03-01, so that a leap day is the last day of a year.
    let days = day + 719_468;
    let (cycle, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    // From March on, each five months have 153 days.
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, later) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (cycle * 400 + year + later, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Media, MediaKind};

    #[test]
    fn renders_author_time_and_content() {
        let mut history = History::default();
        history.add(HistoryMessage {
            speaker: Speaker::Customer,
            name: Some("João".into()),
            at: 1_519_905_600_000,
            message: "Meu \"pedido\"?".into(),
        });
        history.add(HistoryMessage {
            speaker: Speaker::Bot,
            name: None,
            at: 1_519_905_601_250,
            message: Message {
                text: "Veja".into(),
                media: Some(Media {
                    kind: MediaKind::Image,
                    url: "https://example.com/a.png".into(),
                }),
                size: None,
            },
        });
        assert_eq!(
            history.render(),
            concat!(
                r#"{"messages":[{"from":"customer","name":"João","date":"2018-03-01T12:00:00.000Z","type":"text","#,
                r#""content":"Meu \"pedido\"?"},{"from":"bot","date":"2018-03-01T12:00:01.250Z","type":"image","#,
                r#""content":"Veja","url":"https://example.com/a.png"}]}"#
            )
        );
        assert!(!format!("{history:?}").contains("João"));
        assert_eq!(History::default().render(), r#"{"messages":[]}"#);
    }

    #[test]
    fn formats_times_in_leap_years() {
        for (at, written) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (1_709_251_200_000, "2024-03-01T00:00:00.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(format_time(at), written);
        }
    }
}
