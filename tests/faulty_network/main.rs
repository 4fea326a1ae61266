//! With any network fault, and however often the application is killed, every posted message has one outcome, and it
//! equals the service's transcript. A proxy between the library and a sandbox resets, delays, garbles and rejects. The
//! application is this test program, killed with SIGKILL.

#![cfg(all(feature = "store", feature = "sandbox", unix))]

mod application_process;
mod application_records;
mod fault;
mod faulty_proxy;
mod random;
mod verification;

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use omnize::Client;
use omnize::config::Config;
use omnize::sandbox::{Departments, Dialect, Options, Sandbox};
use omnize::wire::{Address, Customer};

use application_process::RunSettings;
use application_records::Written;
use faulty_proxy::Proxy;
use random::Random;
use verification::{RunRecords, Summary};

/// The longest time that a process runs if it writes little.
const LONGEST_LIFE: Duration = Duration::from_secs(4);
/// The number of bytes that the application writes for a message.
const RECORD_BYTES_PER_MESSAGE: usize = 40;

#[test]
fn unknown_delivery_is_reported_and_never_sent_twice() {
    let verdict = run("report", 0x5EED);
    assert_eq!(verdict.twice, 0);
}

#[test]
fn unknown_delivery_is_resent_if_configured() {
    let verdict = run("resend", 0xC0DE);
    assert!(verdict.twice > 0, "{verdict:?}");
}

/// A short version of the long run of `make test-all`, which sets larger numbers in the environment.
fn run(on_unknown: &str, seed: u64) -> Summary {
    let messages = number("OMNIZE_TEST_POSTED", 2_000);
    let interactions = number("OMNIZE_TEST_INTERACTIONS_POSTED", 40);
    let kills = number("OMNIZE_TEST_KILLS_POSTING", 8);
    let folder = Folder::new(on_unknown);
    let sandbox = service(interactions);
    let proxy = Proxy::start(&sandbox.base_url(Dialect::Rest), seed);
    let plan = RunSettings {
        folder: &folder,
        base_url: proxy.url(),
        on_unknown,
        messages,
        interactions,
    };
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| interrupt_network(&proxy, &over, seed));
        // Also if the code below panics; otherwise the scope would wait for this thread.
        let _over = SetOnDrop(&over);
        run_lives(&plan, &proxy, kills, Random::new(seed));
    });
    let case = RunRecords {
        transcript: &sandbox.transcript(),
        forwarded: proxy.log(),
        written: Written::read(&folder.ledger()),
        resend: on_unknown == "resend",
    };
    let verdict = case.verify();
    println!("{on_unknown}: {verdict:?}");
    let Summary {
        accepted,
        rejected,
        not_sent,
        unknown,
        ..
    } = verdict;
    assert!(
        accepted > messages / 10 && rejected > 0 && not_sent > 0 && (unknown > 0 || case.resend),
        "the network was not as it should be: {verdict:?}"
    );
    verdict
}

/// Starts a sandbox with these interactions.
fn service(interactions: usize) -> Sandbox {
    let mut departments = Departments::default();
    departments.add("silent").unwrap();
    let sandbox = Sandbox::start(Options {
        token: Some("t".to_owned()),
        departments,
        ..Options::default()
    })
    .unwrap();
    let mut config = Config::new();
    config.set("token", "t").unwrap();
    config
        .set("base_url", &sandbox.base_url(Dialect::Rest))
        .unwrap();
    let client = Client::open(&config).unwrap();
    for interaction in 0..interactions {
        let address = Address {
            department: "1".into(),
            client_id: interaction.to_string(),
        };
        client.start(address, Customer::default()).unwrap();
    }
    sandbox
}

/// Starts the application and kills it at random moments, evenly spread over its messages on average. The last process
/// runs to its end.
fn run_lives(plan: &RunSettings, proxy: &Proxy, kills: usize, mut random: Random) {
    for _ in 0..kills {
        proxy.next_life();
        let before = plan.folder.written_bytes();
        let growth = random.below(2 * plan.messages * RECORD_BYTES_PER_MESSAGE / (kills + 1));
        let mut application = plan.start(false);
        let begun = Instant::now();
        while plan.folder.written_bytes() < before + growth && begun.elapsed() < LONGEST_LIFE {
            assert_eq!(
                application.exit_success(),
                None,
                "the application ended by itself"
            );
            thread::sleep(Duration::from_millis(1));
        }
        application.kill();
    }
    proxy.next_life();
    let mut application = plan.start(true);
    let deadline = Instant::now() + Duration::from_secs(900);
    let succeeded = loop {
        if let Some(succeeded) = application.exit_success() {
            break succeeded;
        }
        assert!(Instant::now() < deadline, "the last life does not end");
        thread::sleep(Duration::from_millis(10));
    };
    assert!(succeeded, "the last life failed");
}

/// Stops the proxy now and then; the first time for longer than `retry.posted`.
fn interrupt_network(proxy: &Proxy, over: &AtomicBool, seed: u64) {
    let mut random = Random::new(seed + 1);
    let mut milliseconds = |from, below| Duration::from_millis((from + random.below(below)) as u64);
    let (mut fair, mut foul) = (Duration::from_millis(700), Duration::from_millis(2200));
    loop {
        let until = Instant::now() + fair;
        while Instant::now() < until {
            if over.load(Ordering::SeqCst) {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        proxy.go_down(foul);
        (fair, foul) = (milliseconds(2_000, 8_000), milliseconds(100, 2_200));
    }
}

/// Sets the flag on drop.
struct SetOnDrop<'a>(&'a AtomicBool);

impl Drop for SetOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).map_or(default, |value| value.parse().unwrap())
}

/// A folder for the files of one run.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path =
            std::env::temp_dir().join(format!("omnize-{}-faulty-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn ledger(&self) -> PathBuf {
        self.0.join("ledger")
    }

    /// Returns the number of bytes that the application wrote.
    fn written_bytes(&self) -> usize {
        fs::metadata(self.ledger()).map_or(0, |file| file.len() as usize)
    }
}

impl Drop for Folder {
    /// The files of a failed run are kept for inspection.
    fn drop(&mut self) {
        if !thread::panicking() {
            let _ = fs::remove_dir_all(&self.0);
        }
    }
}
