//! One application, run in each dialect with different options only, records the same events.

use omnize::wire::{Customer, Dialect, Kind, Request};
use omnize::{Client, State};

use super::sandbox_account::{Account, address, next, outcome};

const AGENT: &str = r#"{"rules":[
    {"on":"start","steps":["accepted","typing",{"message":"Olá, {customerName}!"}]},
    {"on":"message","contains":"tchau","steps":[{"message":"Tchau!"},"finish"]},
    {"on":"message","steps":["typing","cleared","echo"]}]}"#;

/// Records events and results, without details that no application uses.
struct EventRecord(Vec<String>);

impl EventRecord {
    fn record_events(&mut self, client: &Client, until: Kind) {
        loop {
            let trigger = next(client);
            let text = trigger.text.as_deref().unwrap_or_default();
            let line = format!("{} {} {text}", trigger.client_id, trigger.kind.name());
            self.0.push(line);
            if trigger.kind == until {
                return;
            }
        }
    }

    fn record_result(&mut self, what: &str, result: omnize::error::Result<()>) {
        let how = result.map_or_else(|error| error.status().name().to_owned(), |()| "ok".into());
        self.0.push(format!("{what}: {how}"));
    }
}

/// The application. It does not depend on the dialect.
fn application(client: &Client) -> Vec<String> {
    let mut ledger = EventRecord(Vec::new());
    let joao = Customer {
        name: Some("João".into()),
        email: Some("joao@example.com".into()),
        phone: Some("11988776655".into()),
        cpf: Some("123.456.789-00".into()),
    };
    let chat = client.prepare(address("1", "12")).unwrap();
    ledger.record_result("too early", chat.send("cedo"));
    ledger.record_result("start", chat.start(joao));
    ledger.record_events(client, Kind::Message);
    ledger.record_result("again", chat.start(Customer::default()));
    ledger.record_result("typing", chat.typing());
    ledger.record_result("cleared", chat.cleared());
    ledger.record_result("message", chat.send("Bom dia \"Ana\" \u{1F600}\n"));
    ledger.record_events(client, Kind::Message);
    ledger.record_result("bye", chat.send("tchau"));
    ledger.record_events(client, Kind::Finish);
    ledger.0.push(chat.state().name().to_owned());
    ledger.record_result("too late", chat.send("tarde"));

    // The same customer, in another interaction, with posted requests.
    chat.post(Request::Start(Box::default())).unwrap();
    chat.post(Request::Message("tchau".into())).unwrap();
    for _ in 0..2 {
        let outcome = outcome(client);
        let line = format!(
            "{} {} {}",
            outcome.client_id, outcome.request, outcome.status
        );
        ledger.0.push(line);
    }

    let nobody = client.prepare(address("2", "13")).unwrap();
    ledger.record_result("start", nobody.start(Customer::default()));
    while nobody.state() != State::Unavailable {
        next(client);
    }
    ledger.record_result("finish", nobody.finish());
    ledger.0
}

/// Returns the requests that the service received, in a form without dialect.
fn requests_of(account: &Account) -> Vec<String> {
    let requests = account.requests().into_iter();
    requests
        .map(|entry| {
            format!(
                "{} {} {:?}",
                entry.client_id.unwrap_or_default(),
                entry.kind.unwrap_or("nothing"),
                entry.status
            )
        })
        .collect()
}

#[test]
fn same_application_gets_the_same_events_in_every_dialect() {
    let run = |dialect| {
        let account = Account::with_agent(dialect, "same", AGENT);
        let ledger = application(&account.client(&[]));
        (ledger, requests_of(&account))
    };
    let rest = run(Dialect::Rest);
    println!("{}\n{}", rest.0.join("\n"), rest.1.join("\n"));
    assert!(rest.0.contains(&"12 message Olá, João!".to_owned()));
    assert!(rest.0.contains(&"too late: OMNIZE_E_STATE".to_owned()));
    assert!(rest.1.contains(&"13 finish Some(200)".to_owned()));
    for dialect in [Dialect::Gateway, Dialect::Interactions] {
        assert_eq!(run(dialect), rest, "{}", dialect.name());
    }
}
