"""The whole of Glassbox on one machine, with replayed servers.

The exporter is a distribution of its own, which is not installed here: its folder is added to the path.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "exporter"))
