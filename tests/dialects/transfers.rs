//! After a transfer, the application knows both departments: that of the start, for requests, and the one that serves the
//! customer. All conversations of the interaction agree, also after a restart with a store.

use omnize::wire::{Customer, Dialect, Kind};
use omnize::{Client, Conversation};

use crate::sandbox_account::{Account, StoreFile, address, next_of_kind};

/// The agent of department 1 transfers at the first message.
const AGENT: &str = r#"{"rules":[{"on":"start","steps":["accepted"]},
    {"on":"message","steps":[{"transferred":2}]},{"on":"finish","steps":["finish"]}]}"#;

fn departments(chat: &Conversation) -> (String, String) {
    (chat.department(), chat.current_department())
}

fn pair(of_start: &str, current: &str) -> (String, String) {
    (of_start.to_owned(), current.to_owned())
}

/// Returns both departments of the only open interaction.
fn listed(client: &Client) -> (String, String) {
    let open = client.open_interactions();
    assert_eq!(open.len(), 1, "{open:?}");
    (
        open[0].department.clone(),
        open[0].current_department.clone(),
    )
}

fn transferred(account: &Account, client: &Client) -> Conversation {
    let chat = client
        .start(address("1", "12"), Customer::default())
        .unwrap();
    next_of_kind(client, Kind::Accepted);
    assert_eq!(departments(&chat), pair("1", "1"));
    chat.send("Vendas, por favor").unwrap();
    next_of_kind(client, Kind::Transferred);
    assert!(!account.requests().is_empty());
    chat
}

#[test]
fn all_conversations_know_the_department_after_a_transfer() {
    let account = Account::with_agent(Dialect::Interactions, "transfer", AGENT);
    let client = account.client(&[]);
    let before = client.prepare(address("3", "12")).unwrap();
    assert_eq!(departments(&before), pair("3", "3"));
    let chat = transferred(&account, &client);
    let after = client.attach(address("2", "12")).unwrap();
    for handle in [&before, &chat, &after] {
        assert_eq!(departments(handle), pair("1", "2"));
    }
    assert_eq!(listed(&client), pair("1", "2"));
    // The finished interaction was served by department 2; the next start of each handle is its own.
    chat.finish().unwrap();
    assert_eq!(departments(&chat), pair("1", "2"));
    assert_eq!(departments(&before), pair("3", "2"));
    before.start(Customer::default()).ok();
    assert_eq!(departments(&before).1, "3");
}

#[test]
fn department_after_a_transfer_survives_a_restart() {
    let store = StoreFile::new("transfer.db");
    let account = Account::with_agent(Dialect::Interactions, "transfer-store", AGENT);
    let client = account.client(&[("store", store.path())]);
    drop(transferred(&account, &client));
    drop(client);
    let client = account.client(&[("store", store.path())]);
    assert_eq!(listed(&client), pair("1", "2"));
    let chat = client.attach(address("7", "12")).unwrap();
    assert_eq!(departments(&chat), pair("1", "2"));
    let hash = chat.interaction_hash().unwrap();
    let transfer = |hash: &str, department: &str| {
        let body = format!(
            r#"{{"state":"transferred","interaction_hash":"{hash}","department_id":{department}}}"#
        );
        client.deliver(body.as_bytes(), None).unwrap();
    };
    transfer("another-hash", "5");
    assert_eq!(departments(&chat), pair("1", "2"));
    transfer(&hash, "4");
    assert_eq!(departments(&chat), pair("1", "4"));
    // A number keeps its digits, and a transfer back is the department of the start.
    transfer(&hash, "12345678901234567890");
    assert_eq!(departments(&chat), pair("1", "12345678901234567890"));
    transfer(&hash, "1");
    assert_eq!(departments(&chat), pair("1", "1"));
    transfer(&hash, "null");
    assert_eq!(departments(&chat), pair("1", "1"));
}
