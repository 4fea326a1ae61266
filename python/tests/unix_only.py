"""Marks tests of functions that Windows does not have: fork, limits and timers of a process, signals of others."""

import os

import pytest

requires_unix = pytest.mark.skipif(os.name != "posix", reason="Windows has no such signals, limits, forks or shells")
