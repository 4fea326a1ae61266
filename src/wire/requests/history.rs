//! The document that a start's `external_history` leads to: what was said before.
//!
//! No page says what it looks like. This one is a JSON object whose messages have the fields and the words of a message
//! trigger, in the order in which they were said.

use serde::Serialize;

use crate::wire::{Message, Redacted};

/// What was said before an interaction, with a bot or in another one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    said: Vec<Said>,
}

/// One message of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// Who said it.
    pub by: Speaker,
    /// The speaker's name, where it is known.
    pub name: Option<Redacted>,
    /// When, in milliseconds since 1970-01-01 UTC.
    pub at: i64,
    /// What was said.
    pub message: Message,
}

/// Who speaks.
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

    fn name(self) -> &'static str {
        match self {
            Speaker::Customer => "customer",
            Speaker::Agent => "agent",
            Speaker::Bot => "bot",
        }
    }
}

impl History {
    /// Adds what was said after all that was added before.
    pub fn add(&mut self, said: Said) {
        self.said.push(said);
    }

    /// The document, which is JSON (`application/json`). It is as personal as what was said.
    pub fn render(&self) -> String {
        let messages = self.said.iter().map(|said| Line {
            from: said.by.name(),
            name: said.name.as_ref(),
            date: date(said.at),
            kind: said
                .message
                .media
                .as_ref()
                .map_or("text", |media| media.kind.name()),
            content: &said.message.text,
            url: said.message.media.as_ref().map(|media| &media.url),
        });
        let document = Document {
            messages: messages.collect(),
        };
        // No key is anything but a string, and a String takes all.
        serde_json::to_string(&document).expect("strings are JSON")
    }
}

#[derive(Serialize)]
struct Document<'a> {
    messages: Vec<Line<'a>>,
}

#[derive(Serialize)]
struct Line<'a> {
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

/// A time as RFC 3339 writes it, in UTC.
fn date(at: i64) -> String {
    let (day, time) = (at.div_euclid(DAY), at.rem_euclid(DAY));
    let (year, month, day) = civil(day);
    let (seconds, milliseconds) = (time / 1000, time % 1000);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{milliseconds:03}Z",
        seconds / 3600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// Year, month and day of the so-manieth day since 1970-01-01, in the Gregorian calendar.
fn civil(day: i64) -> (i64, i64, i64) {
    // Counted from 0000-03-01, so that a leap day ends its year and 400 years are always as long.
    let days = day + 719_468;
    let (cycle, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    // Months from March on have 153 days in five.
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
    fn tells_who_said_what_and_when() {
        let mut history = History::default();
        history.add(Said {
            by: Speaker::Customer,
            name: Some("João".into()),
            at: 1_519_905_600_000,
            message: "Meu \"pedido\"?".into(),
        });
        history.add(Said {
            by: Speaker::Bot,
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
    fn knows_the_calendar() {
        for (at, written) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (1_709_251_200_000, "2024-03-01T00:00:00.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(date(at), written);
        }
    }
}
