"""The former name of `python deploy.py loadtest`, kept until version 0.3."""

import runpy
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

if __name__ == "__main__":
    sys.stderr.write("stack/loadtest.py is now `python deploy.py loadtest`; this name goes with version 0.3.\n")
    sys.argv[:1] = [str(ROOT / "deploy.py"), "loadtest"]
    sys.path[0] = str(ROOT)
    runpy.run_path(sys.argv[0], run_name="__main__")
