//! The actions for an address at which the listener can't be opened or reached.

use std::io::ErrorKind;
use std::net::IpAddr;

/// Returns the end of the message if the address can't be bound.
pub fn advice(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::AddrInUse => {
            "; another program, or another client, listens there: choose another port, or 0 for a free one"
        }
        ErrorKind::AddrNotAvailable => {
            "; this machine does not have that address: use one of its own, or 0.0.0.0 for all of them"
        }
        ErrorKind::PermissionDenied => PERMISSION,
        _ => "",
    }
}

#[cfg(not(windows))]
const PERMISSION: &str =
    "; a port below 1024 needs a privilege: choose another one, or put a proxy in front of it";

#[cfg(windows)]
const PERMISSION: &str = "; another program uses this port, or Windows reserves it (netsh interface ipv4 show \
     excludedportrange protocol=tcp): choose another port, or 0 for a free one";

/// Returns the addition to the log line of an open listener, if a firewall of this system may block other machines.
#[cfg(windows)]
pub fn firewall(address: IpAddr) -> &'static str {
    if address.to_canonical().is_loopback() {
        return "";
    }
    "; Windows Firewall blocks other machines until a rule allows this program, and it does not ask in a service: see netsh \
     advfirewall firewall add rule"
}

/// Returns the addition to the log line of an open listener. Other systems have none.
#[cfg(not(windows))]
pub fn firewall(_: IpAddr) -> &'static str {
    ""
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_expected_error_has_advice() {
        for kind in [
            ErrorKind::AddrInUse,
            ErrorKind::AddrNotAvailable,
            ErrorKind::PermissionDenied,
        ] {
            assert!(advice(kind).starts_with("; "), "{kind:?}");
        }
        assert_eq!(advice(ErrorKind::OutOfMemory), "");
    }

    #[test]
    fn only_windows_has_a_hint_about_the_firewall_for_other_machines() {
        assert_eq!(firewall([127, 0, 0, 1].into()), "");
        let all = firewall([0, 0, 0, 0].into());
        assert_eq!(all.contains("Windows Firewall"), cfg!(windows), "{all}");
    }
}
