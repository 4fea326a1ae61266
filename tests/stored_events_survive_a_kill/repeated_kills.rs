//! Kills the application repeatedly while triggers arrive, and compares its records with the responses.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::thread;

use super::Folder;
use super::application_process::ApplicationProcess;

/// The number of connections that post concurrently. Each has its own interactions, so that their order is known.
const CONNECTIONS: usize = 16;

/// A short version of the long run of `make test-all`, which sets larger numbers in the environment.
#[test]
fn repeatedly_killed_application_misses_no_trigger() {
    let triggers = number("OMNIZE_TEST_TRIGGERS", 10_000);
    let interactions = number("OMNIZE_TEST_INTERACTIONS", 100);
    let kills = number("OMNIZE_TEST_KILLS", 10);
    let folder = Folder::new();
    let mut random = Random(0x5EED);
    let mut posted = PostedCounts::new(interactions);
    for life in 0..kills {
        // On average the triggers are spread evenly over the processes.
        let kill_at = random.below(2 * triggers / (kills + 1) / CONNECTIONS);
        let mut application = start(&folder, life);
        posted.post(&application, &mut random, usize::MAX, Some(kill_at));
        application.kill();
    }
    let mut application = start(&folder, kills);
    let share = triggers
        .saturating_sub(posted.count())
        .div_ceil(CONNECTIONS);
    posted.post(&application, &mut random, share, None);
    application.finish();
    assert!(posted.count() >= triggers);
    verify(&folder.0, &posted.answered);
}

fn start(folder: &Folder, life: usize) -> ApplicationProcess {
    ApplicationProcess::start(&folder.store(), &folder.0.join(format!("ledger-{life:04}")))
}

/// The posted messages so far: each interaction numbers its messages from 1.
struct PostedCounts {
    last: Vec<usize>,
    answered: Vec<Vec<usize>>,
}

impl PostedCounts {
    fn new(interactions: usize) -> Self {
        PostedCounts {
            last: vec![0; interactions],
            answered: vec![Vec::new(); interactions],
        }
    }

    fn count(&self) -> usize {
        self.last.iter().sum()
    }

    /// Posts up to `share` triggers on each connection, and kills the application when the first connection has posted
    /// `kill_at` of them. A connection without a 200 ends.
    fn post(
        &mut self,
        application: &ApplicationProcess,
        random: &mut Random,
        share: usize,
        kill_at: Option<usize>,
    ) {
        let last = &self.last;
        let outcomes: Vec<Vec<(usize, usize, bool)>> = thread::scope(|scope| {
            let workers: Vec<_> = (0..CONNECTIONS)
                .map(|connection| {
                    let mut random = Random(random.next() | 1);
                    let own: Vec<usize> = (connection..last.len()).step_by(CONNECTIONS).collect();
                    let mut counts: Vec<usize> =
                        own.iter().map(|interaction| last[*interaction]).collect();
                    scope.spawn(move || {
                        let mut outcomes = Vec::new();
                        let mut webhook = application.connect();
                        for at in 0..share {
                            if connection == 0 && kill_at == Some(at) {
                                application.send_kill();
                            }
                            let pick = random.below(own.len());
                            counts[pick] += 1;
                            let body = format!(
                                r#"{{"message":"{}","clientId":"{}"}}"#,
                                counts[pick], own[pick]
                            );
                            let taken = webhook.as_mut().and_then(|webhook| webhook.post(&body))
                                == Some(200);
                            outcomes.push((own[pick], counts[pick], taken));
                            if !taken {
                                break;
                            }
                        }
                        outcomes
                    })
                })
                .collect();
            workers
                .into_iter()
                .map(|worker| worker.join().unwrap())
                .collect()
        });
        for (interaction, number, taken) in outcomes.into_iter().flatten() {
            self.last[interaction] = number;
            if taken {
                self.answered[interaction].push(number);
            }
        }
    }
}

/// Compares the records of the application, process by process, with the triggers that got 200.
fn verify(folder: &Path, answered: &[Vec<usize>]) {
    let mut ledgers: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with("ledger-")
        })
        .collect();
    ledgers.sort();
    let mut handled: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut repeats = 0;
    for ledger in ledgers {
        let mut last_of_this_life: HashMap<usize, usize> = HashMap::new();
        let text = fs::read_to_string(ledger).unwrap();
        // The kill may have cut the last line.
        let whole = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
        for line in whole.lines() {
            let mut words = line.split(' ');
            let mut word = || words.next().unwrap().parse::<usize>().unwrap();
            let (interaction, number, redelivered) = (word(), word(), word() == 1);
            let last = last_of_this_life.insert(interaction, number).unwrap_or(0);
            assert!(
                number > last,
                "interaction {interaction}: {number} after {last} within one life"
            );
            let before = handled.entry(interaction).or_default();
            if before.contains(&number) {
                repeats += 1;
                assert!(
                    redelivered,
                    "interaction {interaction}: {number} came again without its flag"
                );
            } else {
                let highest = before.last().copied().unwrap_or(0);
                assert!(
                    number > highest,
                    "interaction {interaction}: {number} first came after {highest}"
                );
                before.push(number);
            }
        }
    }
    let mut total = 0;
    for (interaction, numbers) in answered.iter().enumerate() {
        let handled = handled.get(&interaction).map_or(&[][..], Vec::as_slice);
        for number in numbers {
            assert!(
                handled.binary_search(number).is_ok(),
                "interaction {interaction}: {number} was answered 200 and never handled"
            );
        }
        total += numbers.len();
    }
    assert!(total > 0);
    println!("{total} triggers were answered 200 and handled, {repeats} came again, each flagged");
}

fn number(variable: &str, default: usize) -> usize {
    std::env::var(variable).map_or(default, |value| value.parse().unwrap())
}

/// Pseudo-random numbers, equal in every run (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() >> 33) as usize % bound
    }
}
