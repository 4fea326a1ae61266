//! A store with rows of another program opens. Unreadable rows are logged once, counted, and moved to another table.

#![cfg(feature = "store")]

#[path = "support/store_folder.rs"]
mod store_folder;

use std::path::Path;
use std::time::Duration;

use omnize::Statistic;
use omnize::wire::Address;
use rusqlite::Connection;
use store_folder::Folder;

fn quarantined_rows(store: &Path) -> Vec<(String, i64)> {
    let file = Connection::open(store).unwrap();
    let mut rows = file
        .prepare("SELECT place, count(*) FROM aside GROUP BY place ORDER BY place")
        .unwrap();
    let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
    rows.unwrap().map(Result::unwrap).collect()
}

#[test]
fn unreadable_rows_are_quarantined() {
    let folder = Folder::new();
    let store = folder.store();
    let client = store_folder::open(&store, &[]).unwrap();
    let address = Address {
        department: "1".into(),
        client_id: "12".into(),
    };
    drop(client.attach(address).unwrap());
    for text in ["first", "spoilt", "of another type", "last"] {
        let body = format!(r#"{{"message":"{text}","clientId":"12"}}"#);
        client.deliver(body.as_bytes(), None).unwrap();
    }
    drop(client);
    let file = Connection::open(&store).unwrap();
    file.execute_batch(
        "UPDATE inbox SET body = CAST('no object' AS BLOB) WHERE number = 2;
         UPDATE inbox SET received_at = 'yesterday' WHERE number = 3;
         INSERT INTO inbox (kind, received_at, body) VALUES (1, 5, x'7b7d');
         INSERT INTO outbox (leaving, content) VALUES (0, 'no letter'), (0, x'ff'), ('x', '{}');
         INSERT INTO interactions (client_id, department, state, since_ms) VALUES (x'ff', '1', 4, 5), ('13', '1', 'open', 5);
         INSERT INTO ended_references (reference, ticket, digest, ended_at)
         VALUES ('a', 1, x'00', 5), (x'ff', 2, zeroblob(32), 5), ('c', 3, zeroblob(32), 'today');",
    )
    .unwrap();
    drop(file);

    let client = store_folder::open(&store, &[]).unwrap();
    assert_eq!(client.count_of(Statistic::Quarantined), 11);
    let texts: Vec<_> = (0..2)
        .map(|_| client.next(Duration::from_secs(5)).unwrap().unwrap())
        .map(|event| event.trigger().unwrap().text.clone().unwrap())
        .collect();
    assert_eq!(texts, ["first", "last"]);
    assert!(client.next(Duration::ZERO).unwrap().is_none());
    let open = client.open_interactions();
    assert!(open.len() == 1 && open[0].client_id == "12", "{open:?}");
    drop(client);
    let counts = [
        ("ended_references", 3),
        ("inbox", 3),
        ("interactions", 2),
        ("outbox", 3),
    ];
    assert_eq!(
        quarantined_rows(&store),
        counts.map(|(place, count)| (place.to_owned(), count))
    );

    let client = store_folder::open(&store, &[]).unwrap();
    assert_eq!(client.count_of(Statistic::Quarantined), 0);
    assert!(client.next(Duration::ZERO).unwrap().is_none());
}
