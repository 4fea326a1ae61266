//! A network with a delay between a server and a client in this process: a TUN device in its own network namespace.
//! Both sides use the kernel's TCP.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};
use std::{env, io};

/// The address at which a server must listen.
pub const LISTEN: &str = "10.9.0.1:0";
/// The address at which the client finds the server.
pub const SERVER: &str = "10.9.0.2";

const OWN_ADDRESS: [u8; 4] = [10, 9, 0, 1];
const SERVER_ADDRESS: [u8; 4] = [10, 9, 0, 2];
const CLIENT_ADDRESS: [u8; 4] = [10, 9, 0, 3];

const NAMESPACE: &str = "OMNIZE_TEST_NETWORK";

/// Runs this test of this program in its own network namespace, in which packets take `one_way`. Returns true there. In
/// the outer process it returns false after that run succeeded, or an error if a namespace is not possible.
pub fn run_in_namespace(test: &str, one_way: Duration) -> Result<bool, String> {
    if env::var_os(NAMESPACE).is_some() {
        forward_packets(one_way).map_err(|error| error.to_string())?;
        return Ok(true);
    }
    let may = Command::new("unshare")
        .args(["-n", "ip", "tuntap", "add", "omz0", "mode", "tun"])
        .output();
    if !may.is_ok_and(|output| output.status.success()) {
        return Err("a network of its own needs root, unshare, ip and /dev/net/tun".into());
    }
    let mut child = Command::new("unshare");
    child.args(["-n", "--"]).arg(env::current_exe().unwrap());
    child
        .args(["--exact", test, "--nocapture"])
        .env(NAMESPACE, "1");
    let output = child.output().unwrap();
    print!("{}", String::from_utf8_lossy(&output.stdout));
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(false)
}

fn forward_packets(one_way: Duration) -> io::Result<()> {
    let device = open_device()?;
    for arguments in [
        "link set lo up",
        "addr add 10.9.0.1/24 dev omz0",
        "link set omz0 up",
    ] {
        let output = Command::new("ip").args(arguments.split(' ')).output()?;
        assert!(output.status.success(), "ip {arguments}");
    }
    let (mut from, mut to) = (device.try_clone()?, device);
    let (leaves, arrives) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        let mut packet = [0; 2048];
        while let Ok(length) = from.read(&mut packet) {
            let _ = leaves.send((Instant::now() + one_way, packet[..length].to_vec()));
        }
    });
    thread::spawn(move || {
        for (at, mut packet) in arrives {
            thread::sleep(at.saturating_duration_since(Instant::now()));
            if redirect(&mut packet) {
                let _ = to.write(&packet);
            }
        }
    });
    Ok(())
}

fn open_device() -> io::Result<File> {
    #[repr(C)]
    struct Request {
        name: [u8; 16],
        flags: u16,
        rest: [u8; 22],
    }
    const TUN_WITHOUT_HEADER: u16 = 0x1001;
    const TUNSETIFF: libc::c_ulong = 0x4004_54ca;
    let device = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/net/tun")?;
    let mut request = Request {
        name: *b"omz0\0\0\0\0\0\0\0\0\0\0\0\0",
        flags: TUN_WITHOUT_HEADER,
        rest: [0; 22],
    };
    // SAFETY: the request has the layout and length of an `ifreq`, and lives through the call.
    let status = unsafe { libc::ioctl(device.as_raw_fd(), TUNSETIFF as _, &raw mut request) };
    if status == 0 {
        Ok(device)
    } else {
        Err(io::Error::last_os_error())
    }
}

/// Rewrites the addresses of a packet, so that it returns as a packet of the other side. Returns false if it is not TCP
/// between the two.
fn redirect(packet: &mut [u8]) -> bool {
    if packet.len() < 40 || packet[0] >> 4 != 4 || packet[9] != 6 || packet[12..16] != OWN_ADDRESS {
        return false;
    }
    let source = match <[u8; 4]>::try_from(&packet[16..20]) {
        Ok(SERVER_ADDRESS) => CLIENT_ADDRESS,
        Ok(CLIENT_ADDRESS) => SERVER_ADDRESS,
        _ => return false,
    };
    packet[12..16].copy_from_slice(&source);
    packet[16..20].copy_from_slice(&OWN_ADDRESS);
    let head = usize::from(packet[0] & 15) * 4;
    packet[10..12].fill(0);
    let sum = checksum(&packet[..head], 0);
    packet[10..12].copy_from_slice(&sum);
    packet[head + 16..head + 18].fill(0);
    // The pseudo-header: addresses, protocol and length.
    let length = (packet.len() - head) as u32;
    let addresses: u32 = packet[12..20]
        .chunks(2)
        .map(|pair| u32::from(pair[0]) << 8 | u32::from(pair[1]))
        .sum();
    let sum = checksum(&packet[head..], addresses + 6 + length);
    packet[head + 16..head + 18].copy_from_slice(&sum);
    true
}

fn checksum(bytes: &[u8], start: u32) -> [u8; 2] {
    let mut sum = start;
    for pair in bytes.chunks(2) {
        sum += u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0));
    }
    while sum > 0xffff {
        sum = (sum >> 16) + (sum & 0xffff);
    }
    (!(sum as u16)).to_be_bytes()
}
