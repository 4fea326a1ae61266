//! The one way into the library from C: nothing runs in a forked child, no panic gets out, every failure becomes a status, and
//! the thread is not cancelled before it is out again.
//!
//! Exports are `extern "C-unwind"`: a thread that was cancelled meanwhile ends in the guard's last step, and is unwound
//! from there through frames that have nothing to drop.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use crate::capi::error::omnize_error;
use crate::capi::status::omnize_status;
use crate::error::{Error, Result};
use crate::host;
use crate::status::Status;

thread_local! {
    /// Where the last panic of this thread was.
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs a function that tells how it ended. On failure `error`, where it is not NULL, receives the error.
pub fn status(error: *mut *mut omnize_error, call: impl FnOnce() -> Result<()>) -> omnize_status {
    host::cancellation::with_cancellation_disabled(|| status_of(error, call))
}

fn status_of(error: *mut *mut omnize_error, call: impl FnOnce() -> Result<()>) -> omnize_status {
    match run(call) {
        Ok(()) => Status::Ok as omnize_status,
        Err(failure) => {
            let status = failure.status() as omnize_status;
            // Not even handing the error over may unwind into C.
            let handed_over =
                panic::catch_unwind(AssertUnwindSafe(|| omnize_error::hand_over(failure, error)));
            drop(handed_over);
            status
        }
    }
}

/// Runs a function that gives a value and needs no lock that a forked child could wait for in vain; so it runs there too.
pub fn always<T: Copy>(otherwise: T, call: impl FnOnce() -> Result<T>) -> T {
    host::cancellation::with_cancellation_disabled(|| guarded(call).unwrap_or(otherwise))
}

/// Runs a function that gives a value, and `otherwise` where it can't.
pub fn value<T: Copy>(otherwise: T, call: impl FnOnce() -> Result<T>) -> T {
    host::cancellation::with_cancellation_disabled(|| run(call).unwrap_or(otherwise))
}

fn run<T>(call: impl FnOnce() -> Result<T>) -> Result<T> {
    host::fork::check()?;
    guarded(call)
}

fn guarded<T>(call: impl FnOnce() -> Result<T>) -> Result<T> {
    note_places_of_panics();
    let calm = || host::fp_environment::with_fp_traps_masked(call);
    panic::catch_unwind(AssertUnwindSafe(calm)).unwrap_or_else(|panic| Err(of_panic(&*panic)))
}

/// The standard library would write a panic to the host's standard error. Its copy in this shared object serves this
/// library alone, so that the hook concerns nobody else.
fn note_places_of_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        panic::set_hook(Box::new(|info| {
            let place = info.location().map(ToString::to_string).unwrap_or_default();
            log::error!("panic at {place}");
            PLACE.set(place);
        }));
    });
}

fn of_panic(panic: &(dyn Any + Send)) -> Error {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    let place = PLACE.take();
    Error::new(
        Status::Panic,
        format!(
            "the library panicked at {place}: {message}; the call had no further effect; please report this"
        ),
    )
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use syn::{Expr, Item, ItemFn, Stmt};

    use super::*;
    use crate::capi::error::omnize_error;

    #[test]
    fn a_panic_becomes_a_status_with_its_message_and_place() {
        let mut error = std::ptr::null_mut();
        let code = status(&raw mut error, || panic!("number {}", 7));
        assert_eq!(code, Status::Panic as omnize_status);
        let message = omnize_error::text_of(error);
        assert!(message.contains("number 7"), "{message}");
        assert!(message.contains("src/capi/guard.rs:"), "{message}");
        assert_eq!(value(5, || panic!("again")), 5);
    }

    #[test]
    fn the_error_is_optional() {
        let code = status(std::ptr::null_mut(), || panic!("unseen"));
        assert_eq!(code, Status::Panic as omnize_status);
    }

    /// Finds an export whose body is anything but one call of the guard.
    #[test]
    fn every_export_goes_through_the_guard() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/capi");
        let mut exports = 0;
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let source = syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap();
            for item in source.items {
                let Item::Fn(function) = item else { continue };
                if let Some(abi) = &function.sig.abi {
                    exports += 1;
                    let name = &function.sig.ident;
                    let abi = abi.name.as_ref().map(syn::LitStr::value);
                    assert_eq!(abi.as_deref(), Some("C-unwind"), "{name}");
                    assert!(
                        is_guarded(&function),
                        "{name} in {} is not one call of the guard",
                        path.display()
                    );
                }
            }
        }
        assert!(exports > 40, "only {exports} exports were found");
    }

    fn is_guarded(function: &ItemFn) -> bool {
        let [Stmt::Expr(Expr::Call(call), _)] = function.block.stmts.as_slice() else {
            return false;
        };
        let Expr::Path(path) = &*call.func else {
            return false;
        };
        let names: Vec<_> = path
            .path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        matches!(
            names.join("::").as_str(),
            "guard::status" | "guard::value" | "guard::always"
        )
    }

    #[test]
    fn an_export_without_the_guard_is_found_out() {
        let bare: ItemFn = syn::parse_quote! { pub extern "C" fn omnize_bare() -> i32 { 1 } };
        assert!(!is_guarded(&bare));
        let first: ItemFn = syn::parse_quote! {
            pub extern "C" fn omnize_first() -> i32 { risky(); guard::value(1, || Ok(2)) }
        };
        assert!(!is_guarded(&first));
        let good: ItemFn = syn::parse_quote! { pub extern "C" fn omnize_good() -> i32 { guard::value(1, || Ok(2)) } };
        assert!(is_guarded(&good));
    }
}
