//! The permissions of a private file: this user, the system and administrators have full access, and nobody else has any.
//!
//! The permissions of the folder are not inherited.

use std::ffi::c_void;
use std::io;
use std::ptr;

use windows_sys::Win32::Foundation::{CloseHandle, HANDLE, LocalFree};
use windows_sys::Win32::Security::Authorization::{
    ConvertSidToStringSidW, ConvertStringSecurityDescriptorToSecurityDescriptorW, SDDL_REVISION_1,
};
use windows_sys::Win32::Security::{
    GetTokenInformation, PSECURITY_DESCRIPTOR, TOKEN_QUERY, TOKEN_USER, TokenUser,
};
use windows_sys::Win32::System::Threading::{
    GetCurrentProcess, GetCurrentThread, OpenProcessToken, OpenThreadToken,
};

/// The begin of the text form: protected from inheritance, with full access for the system and for administrators.
const SYSTEM_AND_ADMINISTRATORS: &str = "D:P(A;;FA;;;SY)(A;;FA;;;BA)";

/// A security descriptor. Its drop frees the memory.
#[derive(Debug)]
pub struct PrivatePermissions(PSECURITY_DESCRIPTOR);

impl PrivatePermissions {
    /// Creates the permissions for the user of the process, and for the user whom this thread impersonates.
    ///
    /// # Errors
    /// The error of the system call that failed.
    pub fn new() -> io::Result<Self> {
        let mut text = SYSTEM_AND_ADMINISTRATORS.to_owned();
        text.push_str(&full_access(&Token::of_process()?.user()?));
        // The writer thread of a store has the user of the process, and a web server's thread may have another one.
        if let Some(token) = Token::of_impersonation() {
            text.push_str(&full_access(&token.user()?));
        }
        let text: Vec<u16> = text.encode_utf16().chain([0]).collect();
        let mut descriptor = ptr::null_mut();
        // SAFETY: the text ends with a zero, and `descriptor` receives memory that `drop` frees.
        let converted = unsafe {
            ConvertStringSecurityDescriptorToSecurityDescriptorW(
                text.as_ptr(),
                SDDL_REVISION_1,
                &raw mut descriptor,
                ptr::null_mut(),
            )
        };
        match converted {
            0 => Err(io::Error::last_os_error()),
            _ => Ok(PrivatePermissions(descriptor)),
        }
    }

    /// Returns the descriptor. It lives as long as this value.
    pub fn as_ptr(&self) -> *mut c_void {
        self.0
    }
}

impl Drop for PrivatePermissions {
    fn drop(&mut self) {
        // SAFETY: the system allocated it for this value.
        unsafe { LocalFree(self.0) };
    }
}

fn full_access(user: &str) -> String {
    format!("(A;;FA;;;{user})")
}

/// An access token: the identity of a process or of a thread.
struct Token(HANDLE);

impl Token {
    fn of_process() -> io::Result<Self> {
        let mut token = ptr::null_mut();
        // SAFETY: `token` receives a handle that `drop` closes.
        match unsafe { OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &raw mut token) } {
            0 => Err(io::Error::last_os_error()),
            _ => Ok(Token(token)),
        }
    }

    /// Returns the token of the user whom this thread impersonates, if it does.
    fn of_impersonation() -> Option<Self> {
        let mut token = ptr::null_mut();
        // SAFETY: as above.
        let opened = unsafe { OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, 1, &raw mut token) };
        (opened != 0).then_some(Token(token))
    }

    /// Returns the identifier of the user, in its text form.
    fn user(&self) -> io::Result<String> {
        // 64-bit numbers, so that the structure in it is aligned. The longest identifier has 68 bytes.
        let mut found = [0_u64; 32];
        let mut size = 0;
        // SAFETY: the result fits into `found`, whose size in bytes is passed.
        let read = unsafe {
            GetTokenInformation(
                self.0,
                TokenUser,
                found.as_mut_ptr().cast(),
                size_of_val(&found) as u32,
                &raw mut size,
            )
        };
        if read == 0 {
            return Err(io::Error::last_os_error());
        }
        let mut text = ptr::null_mut();
        // SAFETY: the call has succeeded, so `found` contains this structure, and its identifier lies in `found`.
        let converted = unsafe {
            let user = &*found.as_ptr().cast::<TOKEN_USER>();
            ConvertSidToStringSidW(user.User.Sid, &raw mut text)
        };
        if converted == 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: the text ends with a zero, and is freed after it was copied.
        unsafe {
            let length = (0..).take_while(|index| *text.add(*index) != 0).count();
            let copied = String::from_utf16_lossy(std::slice::from_raw_parts(text, length));
            LocalFree(text.cast());
            Ok(copied)
        }
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        // SAFETY: the handle is open, and nothing else owns it.
        unsafe { CloseHandle(self.0) };
    }
}
