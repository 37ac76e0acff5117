"""Where things of the checkout are."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
INSTALL = ROOT / "install"
EXPOSITIONS = ROOT / "demo" / "expositions"
GOLDEN = ROOT / "tests" / "golden"
RULE_TESTS = ROOT / "tests" / "rules"
