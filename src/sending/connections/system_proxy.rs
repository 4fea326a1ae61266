//! Finds the proxy in the settings of Windows, for the option `proxy = system`. See docs/src/decisions/0060.
//!
//! The settings are read for each new connection, because they change with the network: a laptop, a VPN. A script needs the
//! network and takes time, so its result is cached.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use ureq::http::Uri;

use crate::config::{ProxyServer, bypass_list};
use crate::detached_calls::{CallError, DetachedCalls};
use crate::host::proxy_settings;
use crate::host::proxy_settings::{ProxyLists, ProxySettings};
use crate::sending::connections::proxy_search::{SelectedProxies, Source, Target, scripts};
use crate::sending::deadlines;

/// How long the result of a script is used.
const SCRIPT_TTL: Duration = Duration::from_secs(300);

/// After a failed connection, the script runs again if its result is older.
const MIN_SCRIPT_AGE: Duration = Duration::from_secs(10);

/// How long other proxies have precedence over one that could not be connected to.
const FAILED_PROXY_TTL: Duration = Duration::from_secs(60);

/// The longest wait for a script.
const MAX_SCRIPT_TIME: Duration = Duration::from_secs(5);

/// The proxy for new connections, by the settings of the system.
#[derive(Debug)]
pub struct SystemProxy {
    target: Target,
    source: Source,
    calls: Arc<DetachedCalls>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// The settings to which `found` belongs.
    settings: Option<ProxySettings>,
    found: Option<(SelectedProxies, Instant)>,
    /// Whether a script runs, and since when.
    running: Option<Instant>,
    failed: Vec<(String, Instant)>,
}

/// The proxy for a new connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SelectedProxy {
    /// The proxy, if there is one.
    pub proxy: Option<ProxyServer>,
    /// The reason for a connection without a proxy, for messages, if it may be a mistake.
    pub remark: Option<String>,
}

/// The proxies of the settings are not usable. Its text is a part of a message.
#[derive(Debug)]
pub struct InvalidProxy(String);

impl std::fmt::Display for InvalidProxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for InvalidProxy {}

impl SystemProxy {
    /// Creates a search for the proxy of `url`. Scripts are part of `calls`.
    pub fn new(url: &Uri, is_here: bool, calls: Arc<DetachedCalls>) -> Self {
        SystemProxy {
            target: Target {
                url: url.clone(),
                is_here,
            },
            source: Source {
                read: proxy_settings::read,
                run_script: proxy_settings::run_script,
            },
            calls,
            state: Arc::default(),
        }
    }

    /// Replaces the functions of the operating system.
    #[cfg(test)]
    pub fn with_source(self, source: Source) -> Self {
        SystemProxy { source, ..self }
    }

    /// Reads the settings, and returns the proxy for a new connection. May wait some seconds for a script, within the deadline
    /// of this thread's request.
    ///
    /// # Errors
    /// An [`InvalidProxy`], an interrupt, or the close of the client.
    pub fn select(&self) -> Result<SelectedProxy, ureq::Error> {
        let found = self.find()?;
        let now = Instant::now();
        let mut state = self.lock();
        state
            .failed
            .retain(|(_, since)| now.duration_since(*since) < FAILED_PROXY_TTL);
        let has_failed =
            |proxy: &&ProxyServer| state.failed.iter().any(|(name, _)| name == proxy.name());
        let mut proxies = found.proxies.iter();
        let usable = proxies.find(|proxy| !has_failed(proxy));
        if usable.is_none() && !found.is_direct && found.proxies.is_empty() {
            let remark = found.remark.unwrap_or_default();
            return Err(ureq::Error::Other(Box::new(InvalidProxy(remark))));
        }
        let proxy = match usable {
            None if found.is_direct => None,
            None => found.proxies.first(),
            usable => usable,
        };
        Ok(SelectedProxy {
            proxy: proxy.cloned(),
            remark: found.remark.filter(|_| proxy.is_none()),
        })
    }

    /// Records that connecting failed, through this proxy if there was one. Another proxy is tried next, and a script runs
    /// again.
    pub fn report_failure(&self, proxy: Option<&ProxyServer>) {
        let mut state = self.lock();
        if let Some(proxy) = proxy {
            state.failed.retain(|(name, _)| name != proxy.name());
            state.failed.push((proxy.name().to_owned(), Instant::now()));
        }
        if let Some((_, since)) = &state.found
            && since.elapsed() >= MIN_SCRIPT_AGE
        {
            state.found = None;
        }
    }

    fn find(&self) -> Result<SelectedProxies, ureq::Error> {
        let settings = (self.source.read)()?;
        let lists = [&settings.user, &settings.machine];
        let allows = |lists: &ProxyLists| bypass_list::allows_this_machine(&lists.bypass);
        if self.target.is_here && !lists.into_iter().any(allows) {
            return Ok(SelectedProxies::direct());
        }
        let scripts = scripts(&settings);
        if scripts.is_empty() {
            return Ok(self.target.find_by_lists(&settings, None));
        }
        let since = {
            let mut state = self.lock();
            if state.settings.as_ref() != Some(&settings) {
                *state = State {
                    settings: Some(settings.clone()),
                    ..State::default()
                };
            }
            match &state.found {
                Some((found, since)) if since.elapsed() < SCRIPT_TTL => return Ok(found.clone()),
                _ => {}
            }
            state.running
        };
        let wait = MAX_SCRIPT_TIME.min(deadlines::remaining().unwrap_or_default() / 2);
        let too_slow = |settings: &ProxySettings| {
            let remark =
                "the proxy script of Windows' settings did not run in time, so no proxy was used";
            self.target.find_by_lists(settings, Some(remark.to_owned()))
        };
        // One connection waits for a slow script; the others do not start it again.
        if since.is_some_and(|since| since.elapsed() < SCRIPT_TTL) {
            return Ok(too_slow(&settings));
        }
        self.lock().running = Some(Instant::now());
        let (target, source, state) = (self.target.clone(), self.source, self.state.clone());
        let of_script = settings.clone();
        let result = self.calls.run("omnize-proxy", wait, move || {
            let found = target.find_by_scripts(&scripts, &of_script, source, wait);
            let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.settings.as_ref() == Some(&of_script) {
                state.running = None;
                state.found = Some((found.clone(), Instant::now()));
            }
            found
        });
        match result {
            Ok(found) => Ok(found),
            Err(CallError::Timeout) => Ok(too_slow(&settings)),
            Err(CallError::Io(error)) => Err(error.into()),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::io;

    use super::*;
    use crate::host::proxy_settings::ProxyScript;
    use crate::sending::deadlines::{TimeBudget, Timeouts};

    thread_local! {
        static SETTINGS: RefCell<ProxySettings> = RefCell::default();
    }

    /// Counts the runs of scripts, by the name of the script's host.
    static RUNS: Mutex<Vec<String>> = Mutex::new(Vec::new());

    fn read() -> io::Result<ProxySettings> {
        Ok(SETTINGS.with_borrow(Clone::clone))
    }

    /// A script whose host is the proxy that it returns; some hosts fail.
    fn run_script(script: &ProxyScript, url: &str, _: Duration) -> io::Result<ProxyLists> {
        assert_eq!(url, "https://chat.example.com:8443/");
        let ProxyScript::Url(script) = script else {
            return Err(io::Error::from_raw_os_error(12180));
        };
        let host = script.split('/').nth(2).unwrap().to_owned();
        RUNS.lock().unwrap().push(host.clone());
        match host.as_str() {
            "absent" => Err(io::Error::from_raw_os_error(12167)),
            "slow" => {
                std::thread::sleep(Duration::from_secs(1));
                Ok(ProxyLists::default())
            }
            host => Ok(ProxyLists {
                proxies: host.replace('-', ";"),
                bypass: String::new(),
            }),
        }
    }

    fn system_proxy() -> SystemProxy {
        SystemProxy {
            source: Source { read, run_script },
            ..SystemProxy::new(
                &"https://chat.example.com:8443/segredo?token=segredo"
                    .parse()
                    .unwrap(),
                false,
                Arc::default(),
            )
        }
    }

    fn set(change: impl FnOnce(&mut ProxySettings)) {
        SETTINGS.with_borrow_mut(|settings| {
            *settings = ProxySettings::default();
            change(settings);
        });
    }

    fn selected_within(system: &SystemProxy, time: Duration) -> Result<SelectedProxy, ureq::Error> {
        let timeouts = Timeouts {
            total: TimeBudget {
                remaining: time,
                total: time,
            },
            connect: time,
            tls: None,
            send: None,
            response: None,
        };
        deadlines::run(timeouts, || system.select()).0
    }

    fn selected(system: &SystemProxy) -> SelectedProxy {
        selected_within(system, Duration::from_secs(600)).unwrap()
    }

    fn name(system: &SystemProxy) -> String {
        let selected = selected(system);
        selected
            .proxy
            .map_or_else(String::new, |proxy| proxy.name().to_owned())
    }

    fn runs_of(host: &str) -> usize {
        let runs = RUNS.lock().unwrap();
        runs.iter().filter(|run| *run == host).count()
    }

    #[test]
    fn lists_of_the_user_precede_those_of_the_machine() {
        let system = system_proxy();
        set(|_| ());
        assert_eq!(selected(&system), SelectedProxy::default());
        set(|settings| settings.machine.proxies = "machine:1".into());
        let machine = selected(&system).proxy.unwrap();
        assert_eq!(machine.name(), "machine:1");
        assert!(machine.setting().contains("netsh winhttp"), "{machine:?}");
        set(|settings| {
            settings.machine.proxies = "machine:1".into();
            settings.user.proxies = "http=other:1;https=user:2".into();
        });
        let user = selected(&system).proxy.unwrap();
        assert_eq!(user.name(), "user:2");
        assert!(user.setting().contains("Internet Options"), "{user:?}");
        set(|settings| {
            settings.machine.proxies = "machine:1".into();
            settings.user = ProxyLists {
                proxies: "user:2".into(),
                bypass: "*.example.com".into(),
            };
        });
        assert_eq!(selected(&system), SelectedProxy::default());
    }

    #[test]
    fn changed_settings_apply_to_the_next_connection() {
        let system = system_proxy();
        for proxy in ["before:1", "after:2"] {
            set(|settings| settings.user.proxies = proxy.into());
            assert_eq!(name(&system), proxy);
        }
        set(|settings| settings.script_url = Some("http://changed:80/x.pac".into()));
        assert_eq!(name(&system), "changed:80");
        set(|settings| settings.script_url = Some("http://again:80/x.pac".into()));
        assert_eq!(name(&system), "again:80");
    }

    #[test]
    fn the_result_of_a_script_is_cached_and_has_precedence() {
        let system = system_proxy();
        set(|settings| {
            settings.auto_detect = true;
            settings.script_url = Some("http://cached:80/x.pac?segredo".into());
            settings.user.proxies = "user:2".into();
        });
        for _ in 0..3 {
            let selected = selected(&system).proxy.unwrap();
            assert_eq!(selected.name(), "cached:80");
            let setting = selected.setting();
            assert!(setting.contains("(PAC, at cached)"), "{setting}");
        }
        assert_eq!(runs_of("cached:80"), 1);
        system.lock().found.as_mut().unwrap().1 -= SCRIPT_TTL;
        assert_eq!(name(&system), "cached:80");
        assert_eq!(runs_of("cached:80"), 2);
        // A failure runs it again, but not at once.
        system.report_failure(None);
        name(&system);
        assert_eq!(runs_of("cached:80"), 2);
        system.lock().found.as_mut().unwrap().1 -= MIN_SCRIPT_AGE;
        system.report_failure(None);
        name(&system);
        assert_eq!(runs_of("cached:80"), 3);
    }

    #[test]
    fn a_failed_script_is_remarked_and_the_lists_decide() {
        let system = system_proxy();
        set(|settings| settings.script_url = Some("http://absent/segredo?segredo".into()));
        let direct = selected(&system);
        assert_eq!(direct.proxy, None);
        let remark = direct.remark.unwrap();
        assert!(remark.contains("error 12167"), "{remark}");
        assert!(!remark.contains("segredo"), "{remark}");
        set(|settings| {
            settings.script_url = Some("http://absent/y".into());
            settings.user.proxies = "user:2".into();
        });
        assert_eq!(name(&system), "user:2");
        // Most networks have no script to detect.
        set(|settings| settings.auto_detect = true);
        assert_eq!(selected(&system), SelectedProxy::default());
    }

    #[test]
    fn a_slow_script_is_not_waited_for_twice_and_its_result_is_used_later() {
        let system = system_proxy();
        set(|settings| settings.script_url = Some("http://slow/x".into()));
        for _ in 0..2 {
            let direct = selected_within(&system, Duration::from_millis(40)).unwrap();
            assert!(direct.remark.unwrap().contains("in time"));
        }
        while system.lock().found.is_none() {
            std::thread::yield_now();
        }
        assert_eq!(selected(&system), SelectedProxy::default());
        assert_eq!(runs_of("slow"), 1);
    }

    #[test]
    fn another_proxy_is_tried_after_a_failure() {
        let system = system_proxy();
        set(|settings| settings.user.proxies = "a:1;b:2".into());
        let first = selected(&system).proxy.unwrap();
        assert_eq!(first.name(), "a:1");
        system.report_failure(Some(&first));
        let second = selected(&system).proxy.unwrap();
        assert_eq!(second.name(), "b:2");
        system.report_failure(Some(&second));
        assert_eq!(name(&system), "a:1");
        system.lock().failed[0].1 -= FAILED_PROXY_TTL;
        assert_eq!(name(&system), "a:1");
        set(|settings| settings.user.proxies = "a:1;DIRECT".into());
        system.report_failure(Some(&first));
        assert_eq!(name(&system), "");
    }

    #[test]
    fn this_machine_has_no_proxy_unless_the_settings_allow_it() {
        let mut system = system_proxy();
        system.target.is_here = true;
        set(|settings| settings.user.proxies = "user:2".into());
        assert_eq!(selected(&system), SelectedProxy::default());
        set(|settings| {
            settings.user = ProxyLists {
                proxies: "user:2".into(),
                bypass: "<-loopback>".into(),
            };
        });
        assert_eq!(name(&system), "user:2");
    }

    #[test]
    fn a_proxy_that_is_not_supported_is_reported() {
        let system = system_proxy();
        set(|settings| settings.user.proxies = "socks=u:segredo@h:1080".into());
        let error = selected_within(&system, Duration::from_secs(9)).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("Internet Options"), "{text}");
        assert!(!text.contains("segredo"), "{text}");
        set(|settings| settings.user.proxies = "http=other:1".into());
        assert_eq!(selected(&system), SelectedProxy::default());
    }
}
