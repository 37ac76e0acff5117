"""The command line of the small product, as a process of its own: `python -m tests.support.small_content`."""

import sys
from pathlib import Path

from glassbox.start import start
from tests.support.small_content import PRODUCT

raise SystemExit(start(PRODUCT, Path(sys.executable)))
