//! The events of the console that end the command.

use std::io;
use tokio::signal::windows::{self, CtrlBreak, CtrlC, CtrlClose, CtrlLogoff, CtrlShutdown};

/// An event that the console sends to all its processes.
#[derive(Clone, Copy)]
pub struct Signal;

pub struct Signals {
    interrupt: CtrlC,
    control_break: CtrlBreak,
    close: CtrlClose,
    logoff: CtrlLogoff,
    shutdown: CtrlShutdown,
}

impl Signals {
    /// Installs the handlers; the events no longer end the process. After the close of the console, the system ends the
    /// process within seconds. Must be called within a tokio runtime.
    pub fn listen() -> io::Result<Signals> {
        Ok(Signals {
            interrupt: windows::ctrl_c()?,
            control_break: windows::ctrl_break()?,
            close: windows::ctrl_close()?,
            logoff: windows::ctrl_logoff()?,
            shutdown: windows::ctrl_shutdown()?,
        })
    }

    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal,
            _ = self.control_break.recv() => Signal,
            _ = self.close.recv() => Signal,
            _ = self.logoff.recv() => Signal,
            _ = self.shutdown.recv() => Signal,
        }
    }
}
