//! Queries and off-hours contacts can be posted too. Their outcomes belong to no customer and contain the lists.

use std::sync::mpsc::Sender;

use omnize::wire::{OffHours, RequestKind};
use omnize::{NextEvent, PostOptions, Statistic};

use super::*;

const DEPARTMENTS: &str = r#"[{"id":1,"name":"Vendas","state":1,"queue":2}]"#;
const AGENTS: &str = r#"{"agents":[{"id":4,"name":"Ana"}],"averageService":12.5,"count":9}"#;

/// Returns the path of a request, without the query.
fn path(request: &str) -> &str {
    request.split([' ', '?']).nth(1).unwrap_or_default()
}

/// Returns the response of the service to this request.
fn response(request: &str) -> String {
    let body = match path(request) {
        "/api/external/departments" => DEPARTMENTS,
        "/core/api/v1/agents/online" => AGENTS,
        "/core/api/v1/offcontact" => r#"{"message":"ok","interaction_hash":"h9"}"#,
        _ => "",
    };
    http("200 OK", body)
}

/// A service whose response is that of `respond`, or else the usual one. Each connection has a thread.
fn service(respond: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Server {
    let respond = Arc::new(respond);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (seen, requests) = mpsc::channel::<String>();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let (respond, seen) = (respond.clone(), seen.clone());
            thread::spawn(move || serve(stream.unwrap(), &*respond, &seen));
        }
    });
    Server { url, requests }
}

fn serve(mut stream: TcpStream, respond: &dyn Fn(&str) -> Option<String>, seen: &Sender<String>) {
    while let Some(request) = http_server::read_request(&mut stream) {
        let response = respond(&request).unwrap_or_else(|| response(&request));
        let _ = seen.send(request);
        if stream.write_all(response.as_bytes()).is_err() {
            break;
        }
    }
}

fn open(server: &Server, options: &[(&str, &str)]) -> Client {
    let mut all = vec![("dialect", "interactions")];
    all.extend(options);
    open_client(&server.url, &all)
}

pub fn contact() -> OffHours {
    OffHours {
        message: "liguem".into(),
        customer: Customer {
            email: Some("joao@example.com".into()),
            ..Customer::default()
        },
    }
}

fn with_reference(reference: &str) -> PostOptions {
    PostOptions {
        reference: Some(reference.into()),
        ..PostOptions::default()
    }
}

#[test]
fn outcomes_contain_the_lists_and_no_customer() {
    let server = service(|_| None);
    let client = open(&server, &[]);
    let ticket = client.post_departments(Some("12")).unwrap();
    let found = outcome(&client);
    assert_eq!(
        (found.ticket, found.status, &*found.client_id),
        (ticket, 0, "")
    );
    assert_eq!(found.request_kind(), Some(RequestKind::Departments));
    let departments = found.departments().unwrap();
    assert_eq!(
        (&*departments[0].name, departments[0].queue),
        ("Vendas", Some(2))
    );
    assert!(found.agents().is_none() && found.interaction_hash().is_none());

    let ticket = client.post_online_agents("1").unwrap();
    let found = outcome(&client);
    assert_eq!((found.ticket, &*found.client_id), (ticket, ""));
    assert_eq!(found.request_kind(), Some(RequestKind::OnlineAgents));
    let agents = found.agents().unwrap();
    assert_eq!((agents.count, agents.agents[0].name.expose()), (9, "Ana"));
    assert!(found.departments().is_none());

    let ticket = client
        .post_off_hours("1", contact(), PostOptions::default())
        .unwrap();
    let found = outcome(&client);
    assert_eq!((found.ticket, &*found.client_id), (ticket, ""));
    assert_eq!(found.request_kind(), Some(RequestKind::OffHours));
    assert_eq!(found.interaction_hash(), Some("h9"));
    assert!(found.departments().is_none() && found.agents().is_none());
    assert_eq!(client.count_of(Statistic::RequestsAccepted), 3);
    assert_eq!(client.outbox_count(), 0);
}

#[test]
fn failed_query_has_no_list_and_its_message_names_no_customer() {
    let server = service(|request| {
        let departments = path(request) == "/api/external/departments";
        let response = match departments {
            true => http("404 Not Found", ""),
            false => http("200 OK", "{}"),
        };
        Some(response)
    });
    let client = open(&server, &[]);
    let ticket = client.post_departments(Some("12")).unwrap();
    let found = outcome(&client);
    assert_eq!(found.delivery, Delivery::Rejected as i32, "{found:?}");
    assert!(found.departments().is_none());
    let owner = format!("(ticket {ticket})");
    assert!(found.message.ends_with(&owner), "{}", found.message);
    client.post_online_agents("1").unwrap();
    let found = outcome(&client);
    assert_eq!(found.status, Status::Response as i32, "{found:?}");
    assert!(found.agents().is_none());
}

#[test]
fn posts_that_the_dialect_lacks_fail_and_send_nothing() {
    let server = accepting();
    for dialect in ["rest", "gateway"] {
        let client = open_client(&server.url, &[("dialect", dialect)]);
        let contact = client.post_off_hours("1", contact(), PostOptions::default());
        for error in [
            client.post_online_agents("1").unwrap_err(),
            contact.unwrap_err(),
        ] {
            assert_eq!(error.status(), Status::Unsupported, "{error}");
            assert_eq!(error.delivery(), Some(Delivery::NotSent));
        }
        let expected = match dialect {
            "rest" => Status::Unsupported,
            _ => Status::ClientId,
        };
        assert_eq!(
            client.post_departments(None).unwrap_err().status(),
            expected
        );
        assert_eq!(client.outbox_count(), 0);
    }
    let client = open_client(&server.url, &[("dialect", "interactions")]);
    let no_department = client.post_online_agents("").unwrap_err();
    assert_eq!(no_department.status(), Status::Department);
    let named = client.post_online_agents("vendas").unwrap_err();
    assert_eq!(named.status(), Status::Department);
    let no_email = client.post_off_hours("1", OffHours::default(), PostOptions::default());
    assert!(no_email.unwrap_err().message().contains("email"));
    assert_eq!(server.requests(), 0);
}

#[test]
fn outcome_of_a_query_about_a_customer_is_no_event_of_the_conversation() {
    let server = Server::with_response(http("200 OK", DEPARTMENTS));
    let client = open_client(&server.url, &[("dialect", "gateway")]);
    let chat = attach(&client, "12");
    assert!(matches!(chat.next(Duration::ZERO), Ok(NextEvent::TimedOut)));
    client.post_departments(Some("12")).unwrap();
    let found = outcome(&client);
    assert_eq!(found.departments().unwrap().len(), 1);
    assert!(server.requests.recv().unwrap().contains(r#""clientId":12"#));
}

#[test]
fn queries_do_not_wait_for_a_contact_that_is_retried() {
    let server =
        service(|request| (path(request) == "/core/api/v1/offcontact").then(|| BUSY.to_owned()));
    let client = open(&server, &[]);
    client
        .post_off_hours("1", contact(), PostOptions::default())
        .unwrap();
    server.requests.recv().unwrap();
    client.post_departments(None).unwrap();
    client.post_online_agents("1").unwrap();
    let mut kinds = [outcome(&client), outcome(&client)].map(|found| found.request);
    kinds.sort();
    assert_eq!(kinds, ["departments", "online_agents"]);
    let waiting: Vec<_> = client
        .outbox()
        .into_iter()
        .map(|entry| entry.kind)
        .collect();
    assert_eq!(waiting, [RequestKind::OffHours]);
}

#[test]
fn queries_are_listed_paused_and_cancelled() {
    let server = service(|_| None);
    let client = open(&server, &[]);
    client.pause().unwrap();
    let query = client.post_departments(Some("12")).unwrap();
    let contact = client
        .post_off_hours("1", contact(), with_reference("c1"))
        .unwrap();
    let list = client.outbox();
    let listed: Vec<_> = list
        .iter()
        .map(|entry| (entry.ticket, entry.kind, &*entry.client_id))
        .collect();
    let expected = [
        (query, RequestKind::Departments, ""),
        (contact, RequestKind::OffHours, ""),
    ];
    assert_eq!(listed, expected);
    assert_eq!(list[1].reference, Some("c1".into()));
    client.cancel(query).unwrap();
    let found = outcome(&client);
    assert_eq!(
        (found.ticket, found.status),
        (query, Status::Cancelled as i32)
    );
    assert!(found.departments().is_none());
    client.resume().unwrap();
    client.flush(Duration::from_secs(20)).unwrap();
    assert_eq!(outcome(&client).ticket, contact);
    assert_eq!(server.requests(), 1);
}

#[test]
fn query_is_retried() {
    let is_first = Mutex::new(true);
    let server =
        service(move |_| std::mem::take(&mut *is_first.lock().unwrap()).then(|| BUSY.to_owned()));
    let client = open(&server, &[]);
    client.post_departments(None).unwrap();
    assert!(outcome(&client).departments().is_some());
    assert_eq!(server.requests(), 2);
    assert_eq!(client.count_of(Statistic::RequestsRetried), 1);
}

#[test]
fn query_is_in_a_full_outbox_like_any_request() {
    let options = [("dialect", "interactions"), ("outbox.capacity", "1")];
    let client = open_client("http://127.0.0.1:1/", &options);
    client.post_departments(None).unwrap();
    let full = client.post_departments(None).unwrap_err();
    assert_eq!(full.status(), Status::Full);
    let left = client.close(Duration::from_millis(50)).unwrap();
    assert_eq!(left.requests, 1);
    let closed = client.post_online_agents("1").unwrap_err();
    assert_eq!(closed.status(), Status::Closed);
}

#[test]
fn contact_with_a_known_reference_is_sent_once() {
    let server = service(|_| None);
    let client = open(&server, &[]);
    let post = |department| client.post_off_hours(department, contact(), with_reference("c1"));
    let ticket = post("1").unwrap();
    assert_eq!(post("1").unwrap(), ticket);
    let found = outcome(&client);
    assert_eq!(found.reference, Some("c1".into()));
    assert_eq!(post("1").unwrap(), ticket);
    let other = post("2").unwrap_err();
    assert_eq!(other.status(), Status::Argument);
    assert!(other.message().contains(&ticket.to_string()), "{other}");
    assert_eq!(server.requests(), 1);
}

#[test]
fn contact_expires() {
    let server = service(|_| Some(BUSY.to_owned()));
    let client = open(&server, &[]);
    let options = PostOptions {
        max_age: Some(Duration::from_millis(100)),
        ..PostOptions::default()
    };
    let ticket = client.post_off_hours("1", contact(), options).unwrap();
    let found = outcome(&client);
    assert_eq!(
        (found.ticket, found.status),
        (ticket, Status::Expired as i32)
    );
}
