//! The command of the user and its children, as a process group.

use crate::cli::command_error::FAILED;
use crate::cli::platform::unix::signals::Signal;
use rustix::process::{Pid, kill_process_group};
use std::fs::File;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::time::Duration;
use tokio::process::{Child, ChildStdin, Command};

/// The time between SIGTERM and SIGKILL.
const EXIT_GRACE_PERIOD: Duration = Duration::from_secs(2);

/// The processes that a signal reaches.
pub struct ProcessGroup(Option<Pid>);

impl ProcessGroup {
    /// Starts the command in its own process group, so that Ctrl-C reaches the command and its children once, through
    /// this process.
    pub fn start(command: &mut Command) -> io::Result<(Child, ProcessGroup)> {
        let child = command.process_group(0).spawn()?;
        let id = child.id().and_then(|id| i32::try_from(id).ok());
        let group = ProcessGroup(id.and_then(Pid::from_raw));
        Ok((child, group))
    }

    /// Returns the standard input of the command.
    pub fn input(stdin: ChildStdin) -> io::Result<File> {
        Ok(File::from(stdin.into_owned_fd()?))
    }

    pub fn forward(&self, signal: Signal) {
        let signal = match signal {
            Signal::Interrupt => rustix::process::Signal::INT,
            Signal::Terminate => rustix::process::Signal::TERM,
            Signal::Hangup => rustix::process::Signal::HUP,
        };
        // Fails if the process group has ended; the wait for the command reports that.
        let _ = self.0.map(|group| kill_process_group(group, signal));
    }

    /// Sends SIGTERM to the command. If it does not exit within the grace period, the drop of `child` kills it.
    pub async fn terminate(&self, child: &mut Child, _input: File) {
        self.forward(Signal::Terminate);
        let _ = tokio::time::timeout(EXIT_GRACE_PERIOD, child.wait()).await;
    }

    /// Returns the exit status, or 128 plus the number of the signal that ended the command. Other processes of the group
    /// continue.
    pub fn release(self, status: ExitStatus) -> i32 {
        status
            .code()
            .or_else(|| status.signal().map(|signal| 128 + signal))
            .unwrap_or(FAILED)
    }
}
