"""Customer chat over the Omnize service.

An application starts an interaction for its customer, sends what the customer writes, and gets what the agent does as
events.
"""

from __future__ import annotations

from ._client import Client
from ._errors import *
from ._errors import __all__ as _errors_all
from ._events import *
from ._events import __all__ as _events_all
from ._omnize import VERSION as __version__

__all__ = ["Client", "__version__", *_errors_all, *_events_all]
