//! The routes of a client. There is one, unless the settings of the system select the proxy.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use ureq::Error as HttpError;

use crate::config::ProxySelection;
use crate::sending::connections::system_proxy::{SelectedProxy, SystemProxy};
use crate::sending::deadlines;
use crate::sending::deadlines::Stage;
use crate::sending::http::route::{Route, RouteSettings};

/// The routes of a client.
#[derive(Debug)]
pub enum Routes {
    /// One route for every connection.
    Fixed(Arc<Route>),
    /// A route for each proxy that the settings of the system selected.
    System(Box<SystemRoutes>),
}

/// The routes by the settings of the system.
#[derive(Debug)]
pub struct SystemRoutes {
    parts: RouteSettings,
    system_proxy: SystemProxy,
    state: Mutex<RouteList>,
}

#[derive(Debug)]
struct RouteList {
    current: Arc<Route>,
    /// Routes that requests in progress may still use.
    earlier: Vec<Weak<Route>>,
    shut_down: bool,
}

impl Routes {
    /// Creates the routes. Reads no settings of the system yet.
    pub fn new(parts: RouteSettings, proxy: ProxySelection) -> Self {
        match proxy {
            ProxySelection::Fixed(proxy) => {
                let selected = SelectedProxy {
                    proxy,
                    remark: None,
                };
                Routes::Fixed(Arc::new(Route::new(&parts, selected)))
            }
            ProxySelection::System { is_here } => {
                let system_proxy = SystemProxy::new(&parts.url, is_here, parts.calls.clone());
                Routes::System(Box::new(SystemRoutes::new(parts, system_proxy)))
            }
        }
    }

    /// Returns the route of the idle connections.
    pub fn current(&self) -> Arc<Route> {
        match self {
            Routes::Fixed(route) => route.clone(),
            Routes::System(routes) => routes.lock().current.clone(),
        }
    }

    /// Returns the route for a new connection. Reads the settings of the system, which may take some seconds.
    ///
    /// # Errors
    /// As [`SystemProxy::select`].
    pub fn select(&self) -> Result<Arc<Route>, HttpError> {
        match self {
            Routes::Fixed(route) => Ok(route.clone()),
            Routes::System(routes) => routes.select(),
        }
    }

    /// Records that no connection could be opened.
    pub fn report_failure(&self, route: &Route) {
        route.clear_cache();
        if let Routes::System(routes) = self {
            routes.system_proxy.report_failure(route.proxy());
        }
    }

    /// Closes every connection, so that waiting requests fail now. Opens no new connection.
    pub fn shut_down(&self) {
        match self {
            Routes::Fixed(route) => route.shut_down(),
            Routes::System(routes) => routes.shut_down(),
        }
    }
}

impl SystemRoutes {
    fn new(parts: RouteSettings, system_proxy: SystemProxy) -> Self {
        let state = Mutex::new(RouteList {
            current: Arc::new(Route::new(&parts, SelectedProxy::default())),
            earlier: Vec::new(),
            shut_down: false,
        });
        SystemRoutes {
            parts,
            system_proxy,
            state,
        }
    }

    fn select(&self) -> Result<Arc<Route>, HttpError> {
        deadlines::set_stage(Stage::Resolving);
        let selected = self.system_proxy.select()?;
        let mut list = self.lock();
        if *list.current.selected() == selected {
            return Ok(list.current.clone());
        }
        let route = Arc::new(Route::new(&self.parts, selected));
        if list.shut_down {
            route.shut_down();
        }
        let earlier = std::mem::replace(&mut list.current, route.clone());
        // Requests in progress may end, but their connections are not used again.
        earlier.idle_pool.close();
        list.earlier.retain(|route| route.strong_count() > 0);
        list.earlier.push(Arc::downgrade(&earlier));
        Ok(route)
    }

    fn shut_down(&self) {
        let routes: Vec<_> = {
            let mut list = self.lock();
            list.shut_down = true;
            let earlier = list.earlier.iter().filter_map(Weak::upgrade);
            earlier.chain([list.current.clone()]).collect()
        };
        for route in routes {
            route.shut_down();
        }
    }

    fn lock(&self) -> MutexGuard<'_, RouteList> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;
    use crate::config::{Config, Settings};
    use crate::host::proxy_settings::{ProxyLists, ProxySettings};
    use crate::sending::connections::proxy_search::Source;
    use crate::sending::deadlines::{TimeBudget, Timeouts};

    static STEP: AtomicUsize = AtomicUsize::new(0);

    /// The proxies of the settings, one after the other.
    const PROXIES: [&str; 4] = ["", "a:1", "a:1", "b:2"];

    fn read() -> io::Result<ProxySettings> {
        let proxies = PROXIES[STEP.load(Ordering::Relaxed)].to_owned();
        Ok(ProxySettings {
            user: ProxyLists {
                proxies,
                bypass: String::new(),
            },
            ..ProxySettings::default()
        })
    }

    fn routes() -> SystemRoutes {
        let mut config = Config::new();
        config.set("token", "t").unwrap();
        config.set("base_url", "http://chat.example.com").unwrap();
        let settings = Settings::read(&config).unwrap();
        let parts = RouteSettings::new(&settings, Arc::default()).unwrap();
        let source = Source {
            read,
            run_script: |_, _, _| unreachable!("there is no script"),
        };
        let system_proxy =
            SystemProxy::new(&parts.url, false, parts.calls.clone()).with_source(source);
        SystemRoutes::new(parts, system_proxy)
    }

    fn select(routes: &SystemRoutes) -> Arc<Route> {
        let time = Duration::from_secs(600);
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
        deadlines::run(timeouts, || routes.select()).0.unwrap()
    }

    #[test]
    fn a_route_lasts_as_long_as_its_proxy_and_ends_at_the_close() {
        let routes = routes();
        let mut selected = Vec::new();
        for (step, proxy) in PROXIES.iter().enumerate() {
            STEP.store(step, Ordering::Relaxed);
            let route = select(&routes);
            let name = route.proxy().map_or("", |proxy| proxy.name());
            assert_eq!(name, *proxy);
            assert_eq!(route.destination().is_forwarded, !proxy.is_empty());
            selected.push(route);
        }
        let is_same =
            |first: usize, second: usize| Arc::ptr_eq(&selected[first], &selected[second]);
        assert!(is_same(1, 2) && !is_same(0, 1) && !is_same(2, 3));
        assert_eq!(routes.lock().earlier.len(), 2);
        selected.truncate(1);
        routes.shut_down();
        STEP.store(1, Ordering::Relaxed);
        // Also a route that is selected later opens no connection.
        let late = select(&routes);
        let time = TimeBudget {
            remaining: Duration::from_secs(600),
            total: Duration::from_secs(600),
        };
        let timeouts = Timeouts {
            total: time,
            connect: time.total,
            tls: None,
            send: None,
            response: None,
        };
        deadlines::run(timeouts, || late.open_connection())
            .0
            .unwrap_err();
    }
}
