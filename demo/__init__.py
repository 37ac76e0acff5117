"""The whole of Glassbox on one machine, with replayed servers."""

import sys
from pathlib import Path

# glassbox-exporter is a distribution of its own; where it is not installed, a checkout has it beside this folder.
sys.path.append(str(Path(__file__).resolve().parent.parent / "exporter"))
