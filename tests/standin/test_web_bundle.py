"""The committed bundle of the stand-in's page belongs to its sources; needs no node."""

import hashlib
import json
import re
from pathlib import Path

WEB = Path(__file__).resolve().parents[2] / "glassbox" / "standin" / "web"
DIST = WEB / "dist"
FILES = ("index.html", "package-lock.json", "package.json", "tsconfig.json", "vite.config.ts")
FOLDERS = ("src", "tools")
LARGEST_BYTES = 5_000_000
COPYLEFT = re.compile(r"\b[AL]?GPL")


def sources_hash() -> str:
    """As glassbox/standin/web/tools/sources.ts computes it."""
    nested = [
        path.relative_to(WEB).as_posix() for folder in FOLDERS for path in (WEB / folder).rglob("*") if path.is_file()
    ]
    lines = [f"{name} {hashlib.sha256((WEB / name).read_bytes()).hexdigest()}\n" for name in sorted([*FILES, *nested])]
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def test_the_bundle_was_built_from_the_present_sources():
    recorded = (DIST / "SOURCES.sha256").read_text().strip()
    assert recorded == sources_hash(), "run `make web` and commit glassbox/standin/web/dist"


def test_the_page_names_only_files_that_are_there():
    page = (DIST / "index.html").read_text()
    named = re.findall(r'(?:src|href)="\./([^"]+)"', page)
    assert len(named) == 5
    assert all((DIST / name).is_file() for name in named)


def test_the_page_fits_a_policy_without_inline_scripts():
    page = (DIST / "index.html").read_text()
    assert re.findall(r"<script(?![^>]*\bsrc=)", page) == []
    assert re.findall(r'\bon\w+="', page) == []


def test_the_bundle_is_small():
    assert sum(path.stat().st_size for path in DIST.rglob("*") if path.is_file()) < LARGEST_BYTES


def test_every_file_of_the_bundle_is_known():
    kinds = {path.name if path.parent == DIST else path.suffix for path in DIST.rglob("*") if path.is_file()}
    assert kinds == {"index.html", ".js", ".css", ".woff2", "SOURCES.sha256", "THIRD_PARTY_NOTICES"}


def test_no_package_has_a_copyleft_licence_and_no_address_stands_in_the_lock():
    lock = json.loads((WEB / "package-lock.json").read_text())
    packages = {name: package for name, package in lock["packages"].items() if name}
    assert [name for name, package in packages.items() if COPYLEFT.search(str(package.get("license")))] == []
    assert [name for name, package in packages.items() if "resolved" in package] == []
    assert [
        name for name, package in packages.items() if "integrity" not in package and not package.get("inBundle")
    ] == []


def test_the_notices_name_what_the_page_is_drawn_with():
    notices = (DIST / "THIRD_PARTY_NOTICES").read_text()
    for package in (
        "@grafana/ui 13.2.2 (Apache-2.0)",
        "@grafana/data 13.2.2 (Apache-2.0)",
        "react 19.",
        "uplot ",
        "@fontsource/inter ",
    ):
        assert package in notices
    assert "undefined" not in re.findall(r"^(\S+) \d\S* \(", notices, flags=re.MULTILINE)
    assert COPYLEFT.findall(re.sub(r"Secondary License.*?(?=\n\n)", "", notices, flags=re.DOTALL)) == []
