//! The proxy settings of Windows, by WinHTTP. Its DLL is loaded at the first use, so that other programs do not need it.

use std::ffi::c_void;
use std::io;
use std::ptr;
use std::time::Duration;

use windows_sys::Win32::Foundation::{GetLastError, GlobalFree};
use windows_sys::Win32::Networking::WinHttp::{
    ERROR_WINHTTP_LOGIN_FAILURE, WINHTTP_ACCESS_TYPE_NAMED_PROXY, WINHTTP_ACCESS_TYPE_NO_PROXY,
    WINHTTP_AUTO_DETECT_TYPE_DHCP, WINHTTP_AUTO_DETECT_TYPE_DNS_A, WINHTTP_AUTOPROXY_AUTO_DETECT,
    WINHTTP_AUTOPROXY_CONFIG_URL, WINHTTP_AUTOPROXY_OPTIONS, WINHTTP_CURRENT_USER_IE_PROXY_CONFIG,
    WINHTTP_PROXY_INFO,
};

use crate::host::proxy_settings::{ProxyLists, ProxyScript, ProxySettings};
use crate::host::system_library::SystemLibrary;

/// Whether this system has proxy settings.
pub const IS_SUPPORTED: bool = true;

type Handle = *mut c_void;
type GetUserSettings = unsafe extern "system" fn(*mut WINHTTP_CURRENT_USER_IE_PROXY_CONFIG) -> i32;
type GetMachineSettings = unsafe extern "system" fn(*mut WINHTTP_PROXY_INFO) -> i32;
type Open = unsafe extern "system" fn(*const u16, u32, *const u16, *const u16, u32) -> Handle;
type SetTimeouts = unsafe extern "system" fn(Handle, i32, i32, i32, i32) -> i32;
type GetProxyForUrl = unsafe extern "system" fn(
    Handle,
    *const u16,
    *mut WINHTTP_AUTOPROXY_OPTIONS,
    *mut WINHTTP_PROXY_INFO,
) -> i32;
type CloseHandle = unsafe extern "system" fn(Handle) -> i32;

/// Reads the settings of the current user and of the machine. Needs no network.
pub fn read() -> io::Result<ProxySettings> {
    let library = SystemLibrary::load("winhttp.dll")?;
    // SAFETY: the name and the type are those of the Windows SDK.
    let get_user: GetUserSettings =
        unsafe { library.function(c"WinHttpGetIEProxyConfigForCurrentUser")? };
    // SAFETY: as above.
    let get_machine: GetMachineSettings =
        unsafe { library.function(c"WinHttpGetDefaultProxyConfiguration")? };
    let mut settings = ProxySettings::default();
    let mut user = WINHTTP_CURRENT_USER_IE_PROXY_CONFIG::default();
    // A service account has no such settings, and then the call fails.
    // SAFETY: the call fills the structure, whose texts are then owned.
    if unsafe { get_user(&raw mut user) } != 0 {
        settings.auto_detect = user.fAutoDetect != 0;
        // SAFETY: each text is NULL or an owned text of this call.
        unsafe {
            settings.script_url = Some(take_text(user.lpszAutoConfigUrl));
            settings.user = ProxyLists {
                proxies: take_text(user.lpszProxy),
                bypass: take_text(user.lpszProxyBypass),
            };
        }
        settings.script_url.take_if(|url| url.is_empty());
    }
    let mut machine = WINHTTP_PROXY_INFO::default();
    // SAFETY: the call fills the structure, whose texts are then owned.
    if unsafe { get_machine(&raw mut machine) } != 0 {
        settings.machine = take_lists(machine);
    }
    Ok(settings)
}

/// Runs a script for `url`. Blocks while WinHTTP finds, downloads and runs it. `timeout` limits each step of a download, and not
/// the search.
///
/// # Errors
/// The error of WinHTTP: there is no such script, or it can't be downloaded or run.
pub fn run_script(script: &ProxyScript, url: &str, timeout: Duration) -> io::Result<ProxyLists> {
    let library = SystemLibrary::load("winhttp.dll")?;
    // SAFETY: the name and the type are those of the Windows SDK.
    let get_proxy: GetProxyForUrl = unsafe { library.function(c"WinHttpGetProxyForUrl")? };
    let session = Session::open(&library, timeout)?;
    let url = to_utf16(url);
    let script_url = match script {
        ProxyScript::Detected => Vec::new(),
        ProxyScript::Url(url) => to_utf16(url),
    };
    let mut options = WINHTTP_AUTOPROXY_OPTIONS::default();
    match script {
        ProxyScript::Detected => {
            options.dwFlags = WINHTTP_AUTOPROXY_AUTO_DETECT;
            options.dwAutoDetectFlags =
                WINHTTP_AUTO_DETECT_TYPE_DHCP | WINHTTP_AUTO_DETECT_TYPE_DNS_A;
        }
        ProxyScript::Url(_) => {
            options.dwFlags = WINHTTP_AUTOPROXY_CONFIG_URL;
            options.lpszAutoConfigUrl = script_url.as_ptr();
        }
    }
    let mut run = |may_log_on: bool| {
        options.fAutoLogonIfChallenged = may_log_on.into();
        let mut found = WINHTTP_PROXY_INFO::default();
        // SAFETY: the session is open, and all texts end with 0 and outlive the call, which fills `found`.
        let has_run = unsafe {
            get_proxy(
                session.handle,
                url.as_ptr(),
                &raw mut options,
                &raw mut found,
            )
        };
        if has_run == 0 {
            // SAFETY: it has no arguments.
            return Err(unsafe { GetLastError() });
        }
        Ok(found)
    };
    // With the user's credentials, WinHTTP does not use its cache.
    let found = match run(false) {
        Err(ERROR_WINHTTP_LOGIN_FAILURE) => run(true),
        result => result,
    };
    match found {
        Ok(found) => Ok(take_lists(found)),
        Err(number) => Err(io::Error::from_raw_os_error(number as i32)),
    }
}

/// A session of WinHTTP.
struct Session<'a> {
    handle: Handle,
    winhttp: &'a SystemLibrary,
}

impl<'a> Session<'a> {
    fn open(winhttp: &'a SystemLibrary, timeout: Duration) -> io::Result<Self> {
        // SAFETY: the names and the types are those of the Windows SDK.
        let (open, set_timeouts) = unsafe {
            (
                winhttp.function::<Open>(c"WinHttpOpen")?,
                winhttp.function::<SetTimeouts>(c"WinHttpSetTimeouts")?,
            )
        };
        let access = WINHTTP_ACCESS_TYPE_NO_PROXY;
        // SAFETY: all texts may be NULL with this access type.
        let handle = unsafe { open(ptr::null(), access, ptr::null(), ptr::null(), 0) };
        if handle.is_null() {
            return Err(io::Error::last_os_error());
        }
        let session = Session { handle, winhttp };
        // 0 means no timeout.
        let limit = i32::try_from(timeout.as_millis())
            .unwrap_or(i32::MAX)
            .max(1);
        // Without it, the default timeouts apply.
        // SAFETY: the session is open.
        unsafe { set_timeouts(handle, limit, limit, limit, limit) };
        Ok(session)
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        // SAFETY: the name and the type are those of the Windows SDK, and the handle is open and owned.
        unsafe {
            if let Ok(close) = self.winhttp.function::<CloseHandle>(c"WinHttpCloseHandle") {
                close(self.handle);
            }
        }
    }
}

fn take_lists(info: WINHTTP_PROXY_INFO) -> ProxyLists {
    // SAFETY: each text is NULL or an owned text of the call that filled `info`.
    let lists = unsafe {
        ProxyLists {
            proxies: take_text(info.lpszProxy),
            bypass: take_text(info.lpszProxyBypass),
        }
    };
    if info.dwAccessType == WINHTTP_ACCESS_TYPE_NAMED_PROXY {
        lists
    } else {
        ProxyLists::default()
    }
}

/// Returns a text of WinHTTP, and frees it.
///
/// # Safety
/// `text` is NULL, or an owned text that ends with 0.
unsafe fn take_text(text: *mut u16) -> String {
    if text.is_null() {
        return String::new();
    }
    let mut length = 0;
    // SAFETY: the text ends with 0, and nothing uses it after it is freed.
    unsafe {
        while *text.add(length) != 0 {
            length += 1;
        }
        let copy = String::from_utf16_lossy(std::slice::from_raw_parts(text, length));
        GlobalFree(text.cast());
        copy
    }
}

fn to_utf16(text: &str) -> Vec<u16> {
    text.encode_utf16().chain([0]).collect()
}
