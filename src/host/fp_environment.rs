//! Masks floating-point exceptions while the library runs.
//!
//! Delphi, Free Pascal and VB6 enable exceptions for a division by zero or an overflow. A number such as `9e308` in a response
//! would end the process. The host's settings are restored when a call returns, and while a callback runs. The library's threads
//! inherit the masked settings; on Windows they have those of the system, which masks all exceptions.

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
pub use x86::{with_fp_traps_masked, with_host_fp_environment};

/// Runs the function. On this processor, exceptions are masked by default.
#[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
pub fn with_fp_traps_masked<T>(run: impl FnOnce() -> T) -> T {
    run()
}

/// Runs code of the host, for example a callback, with its own settings.
#[cfg(not(any(target_arch = "x86", target_arch = "x86_64")))]
pub fn with_host_fp_environment<T>(run: impl FnOnce() -> T) -> T {
    run()
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
mod x86 {
    use std::arch::asm;
    use std::cell::Cell;

    /// The mask bits of the six exceptions in the control words of SSE and x87, and the flags of SSE for exceptions that
    /// occurred.
    const SSE_MASKS: u32 = 0x1F80;
    const SSE_FLAGS: u32 = 0x003F;
    const X87_MASKS: u16 = 0x003F;

    #[derive(Clone, Copy, PartialEq, Eq)]
    struct Settings {
        sse: u32,
        x87: u16,
    }

    thread_local! {
        /// The host's settings, if this thread runs in the library and the host does not mask all exceptions.
        static HOST: Cell<Option<Settings>> = const { Cell::new(None) };
    }

    /// Runs code of the library with all exceptions masked.
    pub fn with_fp_traps_masked<T>(run: impl FnOnce() -> T) -> T {
        let host = read();
        if host.sse & SSE_MASKS == SSE_MASKS && host.x87 & X87_MASKS == X87_MASKS {
            return run();
        }
        let before = HOST.replace(Some(host));
        write(Settings {
            sse: (host.sse | SSE_MASKS) & !SSE_FLAGS,
            x87: host.x87 | X87_MASKS,
        });
        let _restore = Restore(host, before);
        run()
    }

    /// Runs code of the host, for example a callback, with its own settings.
    pub fn with_host_fp_environment<T>(run: impl FnOnce() -> T) -> T {
        let Some(host) = HOST.get() else {
            return run();
        };
        let library = read();
        write(host);
        let _restore = Restore(library, Some(host));
        run()
    }

    /// Restores settings, also during a panic.
    struct Restore(Settings, Option<Settings>);

    impl Drop for Restore {
        fn drop(&mut self) {
            write(self.0);
            HOST.set(self.1);
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
        // SAFETY: the words were read from the same registers, and only mask bits were changed. Flags are cleared first, so
        // that the change itself raises no exception.
        unsafe {
            asm!("fnclex", options(nostack, preserves_flags));
            asm!("fldcw [{}]", in(reg) &raw const settings.x87, options(nostack, preserves_flags));
            asm!("ldmxcsr [{}]", in(reg) &raw const settings.sse, options(nostack, preserves_flags));
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        /// Returns settings with enabled exceptions for division by zero and overflow.
        fn unmasked() -> Settings {
            let masked = read();
            Settings {
                sse: masked.sse & !(0x0200 | 0x0400) & !SSE_FLAGS,
                x87: masked.x87 & !(0x0004 | 0x0008),
            }
        }

        #[test]
        fn traps_are_masked_in_calls_and_restored_in_callbacks() {
            let before = read();
            let unmasked = unmasked();
            write(unmasked);
            let overflow = with_fp_traps_masked(|| {
                std::hint::black_box(f64::MAX) * std::hint::black_box(10.0)
            });
            let inside = with_fp_traps_masked(|| with_host_fp_environment(read));
            let after = read();
            write(before);
            assert!(overflow.is_infinite());
            assert!(inside == unmasked && after == unmasked);
        }

        #[test]
        fn a_panic_restores_the_settings() {
            let before = read();
            let unmasked = unmasked();
            write(unmasked);
            let panicked =
                std::panic::catch_unwind(|| with_fp_traps_masked(|| panic!("on purpose")));
            let after = read();
            write(before);
            assert!(panicked.is_err() && after == unmasked);
        }
    }
}
