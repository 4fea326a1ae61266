//! Requests that are retried, and requests that are not.

use super::*;

#[test]
fn unsent_requests_are_retried_until_the_service_is_available() {
    let listener = TcpListener::bind("127.0.0.7:0").unwrap();
    // An address that no other test uses, so that no other test gets the port in the meantime.
    let address = listener.local_addr().unwrap();
    drop(listener);
    let client = open_client(&format!("http://{address}/"), &[]);
    attach(&client, "12").post(message("oi")).unwrap();
    assert!(client.next(Duration::from_millis(500)).unwrap().is_none());
    let listener = TcpListener::bind(address).unwrap();
    let server = thread::spawn(move || {
        let mut stream = listener.accept().unwrap().0;
        let request = http_server::read_request(&mut stream).unwrap();
        stream.write_all(http("200 OK", "").as_bytes()).unwrap();
        content(&request)
    });
    assert_eq!(outcome(&client).delivery, Delivery::Accepted as i32);
    assert_eq!(server.join().unwrap(), "oi");
}

#[test]
fn retries_end_after_retry_posted() {
    let options = [("retry.posted", "700")];
    let client = open_client("http://127.0.0.1:1/", &options);
    let begun = Instant::now();
    attach(&client, "12").post(message("oi")).unwrap();
    let outcome = outcome(&client);
    assert_eq!(outcome.delivery, Delivery::NotSent as i32);
    assert_eq!(outcome.status, Status::Refused as i32);
    assert!(
        outcome.message.contains("refused the connection"),
        "{}",
        outcome.message
    );
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn retry_waits_for_retry_after() {
    let server = answer_first_connections(&[BUSY]);
    let client = open_client(&server.url, &[]);
    let begun = Instant::now();
    attach(&client, "12").post(message("oi")).unwrap();
    assert_eq!(outcome(&client).delivery, Delivery::Accepted as i32);
    assert!(begun.elapsed() >= Duration::from_secs(1));
    assert_eq!(contents(&server), ["oi", "oi"]);
}

#[test]
fn message_with_unknown_delivery_is_reported_and_not_retried() {
    let server = answer_first_connections(&[CLOSES_CONNECTION]);
    let client = open_client(&server.url, &[]);
    attach(&client, "12").post(message("oi")).unwrap();
    let outcome = outcome(&client);
    assert_eq!(
        (outcome.delivery, outcome.status),
        (Delivery::Unknown as i32, Status::Lost as i32)
    );
    assert!(client.next(Duration::from_millis(600)).unwrap().is_none());
    assert_eq!(contents(&server), ["oi"]);
}

#[test]
fn unknown_delivery_is_retried_for_typing_or_if_configured() {
    let server = answer_first_connections(&[CLOSES_CONNECTION]);
    let resending = open_client(&server.url, &[("on_unknown", "resend")]);
    attach(&resending, "12").post(message("oi")).unwrap();
    assert_eq!(outcome(&resending).delivery, Delivery::Accepted as i32);
    assert_eq!(contents(&server), ["oi", "oi"]);

    let server = answer_first_connections(&[CLOSES_CONNECTION]);
    let reporting = open_client(&server.url, &[]);
    attach(&reporting, "12").post(Request::Typing).unwrap();
    assert_eq!(outcome(&reporting).delivery, Delivery::Accepted as i32);
    assert_eq!(contents(&server), ["typing", "typing"]);
}

#[test]
fn delivery_stays_unknown_after_an_unknown_attempt() {
    const FAILS: &str = "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n";
    let options = [("on_unknown", "resend"), ("retry.blocking", "5000")];
    let server = answer_first_connections(&[CLOSES_CONNECTION, FAILS, CLOSES_CONNECTION, FAILS]);
    let client = open_client(&server.url, &options);
    let chat = attach(&client, "12");
    chat.post(message("posted")).unwrap();
    assert_eq!(outcome(&client).delivery, Delivery::Unknown as i32);
    let error = chat.send("waited for").unwrap_err();
    assert_eq!(error.delivery(), Some(Delivery::Unknown));
    assert!(error.message().contains("an earlier attempt"), "{error}");
    assert_eq!(server.requests(), 4);
}

#[test]
fn rejected_request_is_not_retried() {
    let server = Server::with_response(http("422 No", r#"{"message":"unknown department"}"#));
    let client = open_client(&server.url, &[]);
    attach(&client, "12").post(message("oi")).unwrap();
    let outcome = outcome(&client);
    assert_eq!(
        (outcome.delivery, outcome.http_status),
        (Delivery::Rejected as i32, 422)
    );
    assert!(outcome.message.contains("unknown department"));
    assert_eq!(server.requests(), 1);
}

#[test]
fn blocking_calls_are_retried_if_safe() {
    let server = answer_first_connections(&[BUSY]);
    let client = open_client(&server.url, &[("retry.blocking", "5000")]);
    attach(&client, "12").send("oi").unwrap();
    assert_eq!(contents(&server), ["oi", "oi"]);
}
