"""``python -m omnize`` is the ``omnize`` command."""

import sys

from omnize._command import main

sys.exit(main())
