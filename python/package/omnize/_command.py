"""Starts the ``omnize`` command, which is part of the extension module."""

from __future__ import annotations

import signal
import sys

from . import _omnize


def main() -> int:
    """Runs the command with the arguments of this process. Returns the exit status."""
    # Python's handler would only raise an exception after the command ended.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    # Python ignores this signal, and programs that the command runs would inherit that.
    if hasattr(signal, "SIGXFSZ"):
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    return _omnize.run_command(["omnize", *sys.argv[1:]])


if __name__ == "__main__":
    sys.exit(main())
