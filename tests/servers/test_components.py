import os
import stat
import subprocess
from pathlib import Path

import pytest

from glassbox.errors import GlassboxError
from glassbox.prometheus import promtool
from glassbox.prometheus.promtool import DEBIAN_PACKAGES, SCALE_OUT_PACKAGES
from glassbox.servers import components
from glassbox.servers.components import ensure_components

# Leaves one archive for each package that was asked for, and a line for each call.
APT_GET = """
echo "$@" >> "$CALLS"
[ "$2" = download ] || exit 0
shift 2
for package; do touch "$package.deb"; done
"""
# "Unpacks" all four programs, each with the folder that Debian fixed in it.
DPKG = """
mkdir -p "$3/usr/bin" "$3/usr/share/prometheus/alertmanager"
for program in prometheus promtool prometheus-alertmanager amtool; do
  printf '#!/bin/sh\\n# /usr/share/prometheus/alertmanager/default.tmpl' > "$3/usr/bin/$program"
  chmod +x "$3/usr/bin/$program"
done
touch "$3/usr/share/prometheus/alertmanager/default.tmpl"
"""


@pytest.fixture
def bin_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in front of PATH, which otherwise has the shell's own programs; .tools is an empty folder."""
    folder = tmp_path / "bin"
    folder.mkdir()
    tools = tmp_path / ".tools"
    monkeypatch.setattr(promtool, "TOOLS_DIR", tools)
    monkeypatch.setattr(components, "TOOLS_DIR", tools)
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    for name in ("touch", "mkdir", "chmod"):
        (folder / name).symlink_to(Path("/bin") / name)
    return folder


def write_program(file: Path, script: str) -> None:
    file.write_text(f"#!/bin/sh\n{script}", encoding="utf-8")
    file.chmod(stat.S_IRWXU)


def calls(bin_dir: Path) -> list[str]:
    return (bin_dir.parent / "calls").read_text().splitlines()


def test_all_programs_come_from_two_packages(bin_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_program(bin_dir / "apt-get", APT_GET)
    write_program(bin_dir / "dpkg", DPKG)
    ensure_components()
    assert components.missing() == []
    said = f"Fetching prometheus, promtool, prometheus-alertmanager, amtool from Debian into {components.TOOLS_DIR}, since this machine has none.\n"
    assert capsys.readouterr() == ("", said)
    ensure_components()
    assert capsys.readouterr() == ("", "")
    assert calls(bin_dir) == ["--quiet download prometheus prometheus-alertmanager"]


def test_a_promtool_in_a_package_of_its_own_is_fetched_too(bin_dir: Path) -> None:
    """As in Debian 13 and later."""
    without_promtool = DPKG.replace(" promtool", "")
    with_promtool = DPKG.replace("prometheus promtool", "promtool")
    write_program(bin_dir / "apt-get", APT_GET)
    write_program(bin_dir / "dpkg", f'case "$2" in *promtool.deb) {with_promtool};; *) {without_promtool};; esac')
    ensure_components()
    assert components.missing() == []
    assert calls(bin_dir) == ["--quiet download prometheus prometheus-alertmanager", "--quiet download promtool"]


def test_shared_folder_is_found_below_tools(bin_dir: Path) -> None:
    """Debian's fixed path becomes a relative one of the same length, so the program's bytes keep their places."""
    write_program(bin_dir / "apt-get", APT_GET)
    write_program(bin_dir / "dpkg", DPKG)
    ensure_components()
    content = (promtool.TOOLS_DIR / "usr" / "bin" / "prometheus-alertmanager").read_text()
    relative = content.splitlines()[1].removeprefix("# ")
    assert relative == "usr/share/prometheus//alertmanager/default.tmpl"
    assert len(relative) == len("/usr/share/prometheus/alertmanager/default.tmpl")
    assert (promtool.TOOLS_DIR / relative).is_file()


def test_nothing_is_started_when_all_is_there(bin_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for program in DEBIAN_PACKAGES:
        write_program(bin_dir / program, "exit 1")

    def refuse(*_arguments: object, **_options: object) -> None:
        raise AssertionError("started a process")

    monkeypatch.setattr(subprocess, "run", refuse)
    ensure_components()
    assert not promtool.TOOLS_DIR.exists()


def test_what_scaling_out_needs_is_fetched_when_it_is_asked_for(bin_dir: Path) -> None:
    write_program(bin_dir / "apt-get", APT_GET)
    write_program(bin_dir / "dpkg", DPKG.replace("prometheus promtool", "victoria-metrics vmalert"))
    ensure_components(SCALE_OUT_PACKAGES)
    assert components.missing(SCALE_OUT_PACKAGES) == []
    assert calls(bin_dir) == ["--quiet download victoria-metrics"]
    assert sorted(file.name for file in (promtool.TOOLS_DIR / "usr" / "bin").iterdir()) == list(SCALE_OUT_PACKAGES)


def test_upstreams_name_of_victoria_metrics_will_do(bin_dir: Path) -> None:
    for name in ("victoria-metrics-prod", "vmalert-prod"):
        write_program(bin_dir / name, "exit 1")
    assert components.missing(SCALE_OUT_PACKAGES) == []


def test_only_what_is_missing_is_fetched(bin_dir: Path) -> None:
    write_program(bin_dir / "prometheus", "exit 1")
    write_program(bin_dir / "promtool", "exit 1")
    write_program(bin_dir / "apt-get", APT_GET)
    write_program(bin_dir / "dpkg", DPKG)
    ensure_components()
    assert calls(bin_dir) == ["--quiet download prometheus-alertmanager"]
    assert sorted(file.name for file in (promtool.TOOLS_DIR / "usr" / "bin").iterdir()) == [
        "amtool",
        "prometheus-alertmanager",
    ]


def test_without_apt_the_sentence_says_what_to_install(bin_dir: Path) -> None:
    with pytest.raises(GlassboxError, match=r"prometheus, promtool, .* apt-get is not there .*install Prometheus"):
        ensure_components()


@pytest.mark.parametrize(("user_id", "attempts"), [(0, ["download", "update", "download"]), (1000, ["download"])])
def test_lists_are_refreshed_once_and_by_root_only(
    bin_dir: Path, monkeypatch: pytest.MonkeyPatch, user_id: int, attempts: list[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user_id)
    write_program(bin_dir / "apt-get", 'echo "$@" >> "$CALLS"; echo "E: Unable to locate package"; exit 100')
    write_program(bin_dir / "dpkg", DPKG)
    with pytest.raises(GlassboxError, match=r"Could not download .*apt-get update.*E: Unable to locate package"):
        ensure_components()
    assert [call.split()[1] for call in calls(bin_dir)] == attempts


@pytest.mark.parametrize(
    ("dpkg", "sentence"),
    [
        ("exit 2", r"Could not unpack prometheus-alertmanager\.deb: no output"),
        ("exit 0", "Debian's package does not contain prometheus; install it from"),
    ],
)
def test_failed_unpacking_leaves_no_program(bin_dir: Path, dpkg: str, sentence: str) -> None:
    write_program(bin_dir / "apt-get", APT_GET)
    write_program(bin_dir / "dpkg", dpkg)
    with pytest.raises(GlassboxError, match=sentence):
        ensure_components()
    assert [file.name for file in promtool.TOOLS_DIR.iterdir()] == ["lock"]


def test_unwritable_place_is_one_sentence(bin_dir: Path) -> None:
    promtool.TOOLS_DIR.write_text("a file where the folder belongs")
    with pytest.raises(GlassboxError, match=r"\.tools cannot be filled .*; free space or correct its permissions"):
        ensure_components()
