"""The ``omnize`` command, as the wheel brings it along: the extension module holds it, and this starts it."""

from __future__ import annotations

import signal
import sys

from . import _omnize


def main() -> int:
    """Run the command with the arguments of this process; returns the status that the process should end with."""
    # Python's own handler would turn Ctrl-C into an exception that nobody waits for, once the command has ended.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Python ignores it, and what the command runs would inherit that.
    if hasattr(signal, "SIGXFSZ"):
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    return _omnize.run_command(["omnize", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
