//! Runs the body of every exported function: it fails in a forked child, stops panics, turns errors into statuses, and defers
//! cancellation of the thread.
//!
//! Exports are `extern "C-unwind"`, because a cancelled thread ends in the last step of the guard. It is unwound from there
//! through frames that have nothing to drop.

use std::any::Any;
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::capi::abi::error_handle;
use crate::capi::abi::error_handle::omnize_error;
use crate::capi::abi::status_code::omnize_status;
use crate::error::{Error, Result};
use crate::host;
use crate::status::Status;

thread_local! {
    /// The source position of the last panic of this thread.
    static PANIC_LOCATION: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Runs a function that can fail, and returns its status. `error` receives the error, unless it is NULL.
pub fn status(error: *mut *mut omnize_error, call: impl FnOnce() -> Result<()>) -> omnize_status {
    host::cancellation::with_cancellation_disabled(|| status_of(error, call))
}

/// Runs a function that sends or posts a request. An invalid argument has the delivery *not sent*.
pub fn request(error: *mut *mut omnize_error, call: impl FnOnce() -> Result<()>) -> omnize_status {
    status(error, || call().map_err(Error::as_request_argument))
}

fn status_of(error: *mut *mut omnize_error, call: impl FnOnce() -> Result<()>) -> omnize_status {
    match run(call) {
        Ok(()) => Status::Ok as omnize_status,
        Err(failure) => {
            let status = failure.status() as omnize_status;
            // Writing the error must not unwind into C either.
            let written =
                panic::catch_unwind(AssertUnwindSafe(|| error_handle::write(failure, error)));
            drop(written);
            status
        }
    }
}

/// Runs a function that returns a value, also in a forked child. It must not use locks that may be locked there.
pub fn always<T: Copy>(otherwise: T, call: impl FnOnce() -> Result<T>) -> T {
    host::cancellation::with_cancellation_disabled(|| guarded(call).unwrap_or(otherwise))
}

/// Runs a function that returns a value. Returns `otherwise` if it fails.
pub fn value<T: Copy>(otherwise: T, call: impl FnOnce() -> Result<T>) -> T {
    host::cancellation::with_cancellation_disabled(|| run(call).unwrap_or(otherwise))
}

fn run<T>(call: impl FnOnce() -> Result<T>) -> Result<T> {
    host::fork::check()?;
    guarded(call)
}

fn guarded<T>(call: impl FnOnce() -> Result<T>) -> Result<T> {
    begin_first_call();
    let calm = || host::fp_environment::with_fp_traps_masked(call);
    panic::catch_unwind(AssertUnwindSafe(calm)).unwrap_or_else(|panic| Err(panic_error(&*panic)))
}

/// In the first call, prevents that the library is unloaded, and replaces the standard library's panic hook, which writes to the
/// host's standard error. This shared object has its own copy of the standard library, so the hook affects only this library.
fn begin_first_call() {
    static HAS_BEGUN: AtomicBool = AtomicBool::new(false);
    // No thread waits for another one here, because a forked child would wait forever.
    if HAS_BEGUN.load(Ordering::Relaxed) || HAS_BEGUN.swap(true, Ordering::Relaxed) {
        return;
    }
    host::loaded_library::pin();
    panic::set_hook(Box::new(|info| {
        let location = info.location().map(ToString::to_string).unwrap_or_default();
        log::error!("panic at {location}");
        PANIC_LOCATION.set(location);
    }));
}

fn panic_error(panic: &(dyn Any + Send)) -> Error {
    let message = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    let location = PANIC_LOCATION.take();
    Error::new(
        Status::Panic,
        format!(
            "the library panicked at {location}: {message}; the call had no further effect; please report this"
        ),
    )
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use syn::{Expr, Item, ItemFn, Stmt};

    use super::*;

    #[test]
    fn a_panic_returns_a_status_with_message_and_location() {
        let mut error = std::ptr::null_mut();
        let code = status(&raw mut error, || panic!("number {}", 7));
        assert_eq!(code, Status::Panic as omnize_status);
        let message = error_handle::lookup(error)
            .unwrap()
            .error
            .message()
            .to_owned();
        assert!(message.contains("number 7"), "{message}");
        assert!(message.contains("src/capi/abi/guard.rs:"), "{message}");
        assert_eq!(value(5, || panic!("again")), 5);
    }

    #[test]
    fn the_error_is_optional() {
        let code = status(std::ptr::null_mut(), || panic!("unseen"));
        assert_eq!(code, Status::Panic as omnize_status);
    }

    #[test]
    fn every_export_is_one_call_of_the_guard() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/capi");
        let mut exports = 0;
        for path in sources(&folder) {
            let source = syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap();
            for item in source.items {
                let Item::Fn(function) = item else { continue };
                if let Some(abi) = &function.sig.abi {
                    exports += 1;
                    let name = &function.sig.ident;
                    let abi = abi.name.as_ref().map(syn::LitStr::value);
                    assert_eq!(abi.as_deref(), Some("C-unwind"), "{name}");
                    assert!(
                        has_calling_convention(&function),
                        "{name} has no #[calling_convention]"
                    );
                    assert!(
                        is_guarded(&function),
                        "{name} in {} is not one call of the guard",
                        path.display()
                    );
                }
            }
        }
        assert!(exports > 130, "only {exports} exports were found");
    }

    fn sources(folder: &Path) -> Vec<PathBuf> {
        let paths = fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().path());
        let (folders, files): (Vec<_>, Vec<_>) = paths.partition(|path| path.is_dir());
        let rust = files
            .into_iter()
            .filter(|path| path.extension().is_some_and(|end| end == "rs"));
        rust.chain(folders.iter().flat_map(|folder| sources(folder)))
            .collect()
    }

    fn has_calling_convention(function: &ItemFn) -> bool {
        let mut attributes = function.attrs.iter();
        attributes.any(|attribute| attribute.path().is_ident("calling_convention"))
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
            "guard::status" | "guard::request" | "guard::value" | "guard::always"
        )
    }

    #[test]
    fn an_export_without_the_guard_is_detected() {
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
