//! Searches the proxy settings of Windows for the proxies of a service.

use std::io;
use std::time::Duration;

use ureq::http::Uri;

use crate::config::{ProxyServer, ProxySetting, bypass_list, proxy_list};
use crate::host::proxy_settings::{ProxyLists, ProxyScript, ProxySettings};

/// The service, as the settings see it.
#[derive(Clone, Debug)]
pub struct Target {
    /// Its URL.
    pub url: Uri,
    /// Whether that refers to this machine.
    pub is_here: bool,
}

/// The functions of the operating system.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// Reads the settings.
    pub read: fn() -> io::Result<ProxySettings>,
    /// Runs a script for a URL.
    pub run_script: fn(&ProxyScript, &str, Duration) -> io::Result<ProxyLists>,
}

/// The proxies that the settings allow for the service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SelectedProxies {
    /// The proxies, in the order of their use.
    pub proxies: Vec<ProxyServer>,
    /// Whether a connection without a proxy is allowed.
    pub is_direct: bool,
    /// A failed script, or an unusable proxy, for messages.
    pub remark: Option<String>,
}

impl SelectedProxies {
    /// Returns a connection without a proxy.
    pub fn direct() -> Self {
        SelectedProxies {
            proxies: Vec::new(),
            is_direct: true,
            remark: None,
        }
    }
}

/// Returns the scripts of the settings, in the order of Windows.
pub fn scripts(settings: &ProxySettings) -> Vec<ProxyScript> {
    let detected = settings.auto_detect.then_some(ProxyScript::Detected);
    let named = settings.script_url.clone().map(ProxyScript::Url);
    detected.into_iter().chain(named).collect()
}

impl Target {
    /// Runs the scripts in order, until one succeeds. If none does, the lists decide.
    pub fn find_by_scripts(
        &self,
        scripts: &[ProxyScript],
        settings: &ProxySettings,
        source: Source,
        timeout: Duration,
    ) -> SelectedProxies {
        let mut remark = None;
        // A script needs neither path nor query, which may be secret.
        let scheme = self.url.scheme_str().unwrap_or_default();
        let authority = self.url.authority().map_or("", |host| host.as_str());
        let url = format!("{scheme}://{authority}/");
        for script in scripts {
            match (source.run_script)(script, &url, timeout) {
                Ok(lists) => return self.find_by_list(&lists, &setting_of_script(script)),
                // A network without such a script is usual.
                Err(_) if *script == ProxyScript::Detected => {}
                Err(error) => {
                    let number = error.raw_os_error().unwrap_or_default();
                    let text = format!(
                        "{} can't be downloaded or run (Windows error {number}), so no proxy was used",
                        setting_of_script(script)
                    );
                    log::warn!("{text}; set the option proxy if there is one");
                    remark = Some(text);
                }
            }
        }
        self.find_by_lists(settings, remark)
    }

    /// Uses the user's list, or else the machine's.
    pub fn find_by_lists(
        &self,
        settings: &ProxySettings,
        remark: Option<String>,
    ) -> SelectedProxies {
        const USER: &str = "the proxy settings of the Windows user (Internet Options)";
        const MACHINE: &str = "the proxy settings of this machine (netsh winhttp show proxy)";
        if !settings.user.proxies.is_empty() {
            return self.find_by_list(&settings.user, USER);
        }
        let found = self.find_by_list(&settings.machine, MACHINE);
        SelectedProxies {
            remark: found.remark.or(remark),
            ..found
        }
    }

    fn find_by_list(&self, lists: &ProxyLists, setting: &str) -> SelectedProxies {
        if bypass_list::matches(&lists.bypass, &self.url) {
            return SelectedProxies::direct();
        }
        let scheme = self.url.scheme_str().unwrap_or_default();
        let listed = proxy_list::parse(&lists.proxies, scheme);
        if listed.usable.is_empty() && !listed.has_unusable {
            return SelectedProxies::direct();
        }
        let proxies = listed.usable.into_iter().map(|proxy| ProxyServer {
            setting: ProxySetting::System(setting.to_owned()),
            ..proxy
        });
        SelectedProxies {
            proxies: proxies.collect(),
            is_direct: listed.is_direct_allowed,
            remark: listed.has_unusable.then(|| {
                format!(
                    "{setting} contain no HTTP proxy for {scheme}, and SOCKS and HTTPS proxies are not supported; set the \
                     option proxy to an HTTP proxy, or to none"
                )
            }),
        }
    }
}

/// Returns the setting that contains a script, for messages: only the host of its URL, because the rest may be secret.
fn setting_of_script(script: &ProxyScript) -> String {
    match script {
        ProxyScript::Detected => {
            "the proxy script that Windows found in the network (WPAD)".to_owned()
        }
        ProxyScript::Url(url) => {
            let url: Option<Uri> = url.parse().ok();
            let host = url.as_ref().and_then(Uri::host).unwrap_or("its URL");
            format!("the proxy script of Windows' settings (PAC, at {host})")
        }
    }
}
