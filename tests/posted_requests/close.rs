//! Requests that close waits for, and the remaining ones that it reports.

use omnize::CloseReport;

use super::*;

#[test]
fn close_from_a_callback_waits_for_requests_but_not_for_the_callback() {
    let server = delayed_server(Duration::from_millis(400));
    for is_posted in [true, false] {
        let client = Arc::new(open_client(&server.url, &[]));
        let (sender, reports) = mpsc::channel();
        let inside = Arc::downgrade(&client);
        let handler = move |_: &Arc<Event>| {
            let client = inside.upgrade().unwrap();
            if is_posted {
                attach(&client, "12").post(message("goodbye")).unwrap();
            }
            let begun = Instant::now();
            let report = client.close(Duration::from_secs(20)).unwrap();
            sender.send((report, begun.elapsed())).unwrap();
        };
        client
            .subscribe(Default::default(), Box::new(handler))
            .unwrap();
        deliver_typing(&client, "12");
        client.poll(Duration::from_secs(5)).unwrap();
        let (report, took) = reports.recv().unwrap();
        assert_eq!(report.requests, 0);
        assert!(took < Duration::from_secs(5), "{took:?}");
        assert_eq!(took >= Duration::from_millis(300), is_posted, "{took:?}");
    }
    assert_eq!(contents(&server), ["goodbye"]);
}

#[test]
fn close_timeout_reports_remaining_events_and_requests() {
    let client = open_client("http://127.0.0.1:1/", &[]);
    let (entered, inside) = mpsc::channel();
    let (release, released) = mpsc::channel::<()>();
    let released = Mutex::new(released);
    let handler = move |_: &Arc<Event>| {
        entered.send(()).unwrap();
        let _ = released.lock().unwrap().recv();
    };
    client
        .subscribe(Default::default(), Box::new(handler))
        .unwrap();
    client.dispatch().unwrap();
    for id in ["1", "2", "3"] {
        deliver_typing(&client, id);
    }
    inside.recv().unwrap();
    attach(&client, "12").post(message("oi")).unwrap();
    let error = client.close(Duration::from_millis(300)).unwrap_err();
    assert_eq!(error.status(), Status::Timeout);
    let report = CloseReport {
        events: 2,
        requests: 1,
    };
    assert_eq!(error.close_report(), Some(report), "{error}");
    drop(release);
}
