//! A job: a group of processes that ends with this process.

use crate::host::processes::{owned, succeeded};
use std::io;
use std::os::windows::io::{AsRawHandle, OwnedHandle, RawHandle};
use windows_sys::Win32::System::JobObjects::{
    AssignProcessToJobObject, CreateJobObjectW, JOB_OBJECT_LIMIT,
    JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE, JOBOBJECT_EXTENDED_LIMIT_INFORMATION,
    JobObjectExtendedLimitInformation, SetInformationJobObject, TerminateJobObject,
};

/// The exit status of the processes that `terminate` ends.
const ENDED: u32 = 1;

/// A job. The system ends its processes when the handle is closed, also if this process is killed.
pub struct JobObject(OwnedHandle);

impl JobObject {
    pub fn new() -> io::Result<JobObject> {
        // SAFETY: both arguments may be null: no security attributes, no name.
        let handle = unsafe { CreateJobObjectW(std::ptr::null(), std::ptr::null()) };
        let job = JobObject(owned(handle)?);
        job.limit(JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE)?;
        Ok(job)
    }

    /// Adds a process. Processes that it starts afterwards are in the job too.
    ///
    /// # Errors
    /// On Windows 7, access is denied if the process is in another job already.
    pub fn assign(&self, process: RawHandle) -> io::Result<()> {
        // SAFETY: the job is open, and an invalid process handle is an error.
        succeeded(unsafe { AssignProcessToJobObject(self.0.as_raw_handle(), process) })
    }

    /// Ends all processes of the job. Ignores errors, because there is no other way to end them.
    pub fn terminate(&self) {
        // SAFETY: the job is open.
        unsafe { TerminateJobObject(self.0.as_raw_handle(), ENDED) };
    }

    /// Closes the job, but lets its processes continue.
    pub fn release(self) {
        // Fails for no reason that is documented; the processes would then end.
        let _ = self.limit(0);
    }

    fn limit(&self, flags: JOB_OBJECT_LIMIT) -> io::Result<()> {
        let mut limits = JOBOBJECT_EXTENDED_LIMIT_INFORMATION::default();
        limits.BasicLimitInformation.LimitFlags = flags;
        // SAFETY: the pointer and the size are those of `limits`, which has the type of this information class.
        succeeded(unsafe {
            SetInformationJobObject(
                self.0.as_raw_handle(),
                JobObjectExtendedLimitInformation,
                (&raw const limits).cast(),
                size_of_val(&limits) as u32,
            )
        })
    }
}
