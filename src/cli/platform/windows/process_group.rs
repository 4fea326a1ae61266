//! The command of the user and its children, as a job.

use crate::cli::command_error::FAILED;
use crate::cli::platform::windows::signals::Signal;
use crate::host::processes::job_object::JobObject;
use crate::host::processes::suspended_process::{CREATE_SUSPENDED, resume};
use std::fs::File;
use std::io;
use std::process::ExitStatus;
use std::time::Duration;
use tokio::process::{Child, ChildStdin, Command};

/// The time between the end of the command's standard input and the end of its processes.
const EXIT_GRACE_PERIOD: Duration = Duration::from_secs(2);

/// The processes that end with this process.
pub struct ProcessGroup(Option<JobObject>);

impl ProcessGroup {
    /// Starts the command in a job, which ends the command and its children if this process ends first. Windows 7 has no
    /// job within a job: if this process is in one already, the command starts without.
    pub fn start(command: &mut Command) -> io::Result<(Child, ProcessGroup)> {
        // Suspended, because a child that the command starts before it is in the job would not be in it.
        let mut child = command.creation_flags(CREATE_SUSPENDED).spawn()?;
        let job = JobObject::new().and_then(|job| {
            let process = child.raw_handle().ok_or(io::ErrorKind::NotFound)?;
            job.assign(process)?;
            Ok(job)
        });
        if let Err(error) = child.id().map_or(Ok(()), resume) {
            let _ = child.start_kill();
            return Err(error);
        }
        Ok((child, ProcessGroup(job.ok())))
    }

    /// Returns the standard input of the command.
    pub fn input(stdin: ChildStdin) -> io::Result<File> {
        Ok(File::from(stdin.into_owned_handle()?))
    }

    /// Does nothing: the console has sent the event to the command too.
    pub fn forward(&self, _: Signal) {}

    /// Closes the standard input of the command. If it does not exit within the grace period, ends its processes: no event
    /// reaches only the processes of one command.
    pub async fn terminate(&self, child: &mut Child, input: File) {
        drop(input);
        let ended = tokio::time::timeout(EXIT_GRACE_PERIOD, child.wait()).await;
        if ended.is_err() {
            if let Some(job) = &self.0 {
                job.terminate();
            }
            // Without a job, this ends at least the command.
            let _ = child.kill().await;
        }
    }

    /// Returns the exit status: all 32 bits, and a number such as 0xC000013A for a command that Ctrl-C ended. Other processes
    /// of the job continue.
    pub fn release(self, status: ExitStatus) -> i32 {
        if let Some(job) = self.0 {
            job.release();
        }
        status.code().unwrap_or(FAILED)
    }
}
