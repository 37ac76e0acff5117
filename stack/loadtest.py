"""Load for any OpenAI-compatible server, measured at the client: `python stack/loadtest.py --help`."""

import sys
from pathlib import Path

if __name__ == "__main__":
    # A script's own folder comes first there, in which modules of ours have names that others use too.
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

    from deploy import run

    raise SystemExit(run("stack.load.cli"))
