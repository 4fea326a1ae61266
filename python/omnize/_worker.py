"""A task that calls handlers."""

from __future__ import annotations

import asyncio
from typing import Any

__all__ = ["Worker"]


class Worker(asyncio.Task[None]):
    """A task of dispatch. It knows whether it was cancelled itself, or awaits what was."""

    #: Whether somebody has cancelled it since this was last set back.
    is_to_end = False

    def cancel(self, *arguments: Any, **options: Any) -> bool:
        """Cancels the task."""
        self.is_to_end = True
        return super().cancel(*arguments, **options)
