//! The host's floating-point settings. Delphi, Free Pascal and VB6 let a division by zero or an overflow raise an
//! exception, and this library computes with numbers that others send: `9e308` in an answer would end the process.
//!
//! While the library runs, such events are quiet; the host's settings stand again when it returns, and while a callback
//! runs. Threads of the library are started from within, and so begin quietly.

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
pub use x86::{as_the_host, calmly};

/// Runs the library's code. Elsewhere such events are quiet unless a host asks a debugger otherwise.
#[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
pub fn calmly<T>(run: impl FnOnce() -> T) -> T {
    run()
}

/// Runs the host's code from within the library's.
#[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
pub fn as_the_host<T>(run: impl FnOnce() -> T) -> T {
    run()
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
mod x86 {
    use std::arch::asm;
    use std::cell::Cell;

    /// The bits that keep each of the six exceptions quiet, in the SSE unit's control word and in the x87's; and the bits
    /// that say which of them have happened.
    const SSE_QUIET: u32 = 0x1F80;
    const SSE_HAPPENED: u32 = 0x003F;
    const X87_QUIET: u16 = 0x003F;

    #[derive(Clone, Copy, PartialEq, Eq)]
    struct Settings {
        sse: u32,
        x87: u16,
    }

    thread_local! {
        /// The host's settings, where this thread runs in the library and they are not quiet.
        static HOSTS: Cell<Option<Settings>> = const { Cell::new(None) };
    }

    /// Runs the library's code.
    pub fn calmly<T>(run: impl FnOnce() -> T) -> T {
        let hosts = read();
        if hosts.sse & SSE_QUIET == SSE_QUIET && hosts.x87 & X87_QUIET == X87_QUIET {
            return run();
        }
        let before = HOSTS.replace(Some(hosts));
        write(Settings {
            sse: (hosts.sse | SSE_QUIET) & !SSE_HAPPENED,
            x87: hosts.x87 | X87_QUIET,
        });
        let _restore = Restore(hosts, before);
        run()
    }

    /// Runs the host's code from within the library's.
    pub fn as_the_host<T>(run: impl FnOnce() -> T) -> T {
        let Some(hosts) = HOSTS.get() else {
            return run();
        };
        let ours = read();
        write(hosts);
        let _restore = Restore(ours, Some(hosts));
        run()
    }

    /// Puts settings back, also when a panic passes.
    struct Restore(Settings, Option<Settings>);

    impl Drop for Restore {
        fn drop(&mut self) {
            write(self.0);
            HOSTS.set(self.1);
        }
    }

    fn read() -> Settings {
        let mut sse = 0u32;
        let mut x87 = 0u16;
        // SAFETY: each stores a control word into a variable of its size and changes nothing else.
        unsafe {
            asm!("stmxcsr [{}]", in(reg) &raw mut sse, options(nostack, preserves_flags));
            asm!("fnstcw [{}]", in(reg) &raw mut x87, options(nostack, preserves_flags));
        }
        Settings { sse, x87 }
    }

    fn write(settings: Settings) {
        // SAFETY: the words were read from the same registers, with bits changed that every processor has. Events that
        // happened before are cleared first, so that none is raised by the change itself.
        unsafe {
            asm!("fnclex", options(nostack, preserves_flags));
            asm!("fldcw [{}]", in(reg) &raw const settings.x87, options(nostack, preserves_flags));
            asm!("ldmxcsr [{}]", in(reg) &raw const settings.sse, options(nostack, preserves_flags));
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        /// A host that wants to hear of divisions by zero and overflows.
        fn loud() -> Settings {
            let quiet = read();
            Settings {
                sse: quiet.sse & !(0x0200 | 0x0400) & !SSE_HAPPENED,
                x87: quiet.x87 & !(0x0004 | 0x0008),
            }
        }

        #[test]
        fn the_library_computes_quietly_and_the_hosts_settings_come_back() {
            let before = read();
            let loud = loud();
            write(loud);
            let overflow = calmly(|| std::hint::black_box(f64::MAX) * std::hint::black_box(10.0));
            let inside = calmly(|| as_the_host(read));
            let after = read();
            write(before);
            assert!(overflow.is_infinite());
            assert!(inside == loud && after == loud);
        }

        #[test]
        fn a_panic_brings_them_back_too() {
            let before = read();
            let loud = loud();
            write(loud);
            let panicked = std::panic::catch_unwind(|| calmly(|| panic!("on purpose")));
            let after = read();
            write(before);
            assert!(panicked.is_err() && after == loud);
        }
    }
}
