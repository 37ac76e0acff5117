"""Prometheus, promtool, Alertmanager and amtool for the demo and the tests; VictoriaMetrics and vmalert for some.

They are found on PATH, or unpacked into .tools from Debian's packages. Nothing is installed and no service is
started: `apt-get download` and `dpkg -x` need no root.
"""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import click

from glassbox.errors import GlassboxError
from glassbox.http.certificates import VARIABLES
from glassbox.http.route import for_other_programs
from glassbox.prometheus.promtool import DEBIAN_PACKAGES, SCALE_OUT_PACKAGES, TOOLS_DIR, find

DOWNLOAD_TIMEOUT_SECONDS = 300.0

# Debian's programs read their templates and pages from this fixed folder (Alertmanager does not start without them).
# An equally long relative path makes them look in the same place below their working directory, which has to be .tools.
SHARED_DIR = "/usr/share/prometheus/"
RELATIVE_SHARED_DIR = "usr/share/prometheus//"


def ensure_components(packages: Mapping[str, str] = DEBIAN_PACKAGES) -> None:
    """Make every program of these packages, by program, findable; starts no process when all are there already.

    Says on stderr what is fetched, since that takes a while.
    Raises GlassboxError when they are missing and cannot be fetched.
    """
    if not missing(packages):
        return
    try:
        with _lock():
            _unpack(missing(packages), packages)
    except OSError as error:
        raise GlassboxError(f"{TOOLS_DIR} cannot be filled ({error}); free space or correct its permissions.") from None


@contextmanager
def _lock() -> Iterator[None]:
    """One process unpacks, others wait for it."""
    TOOLS_DIR.mkdir(parents=True, exist_ok=True)
    with (TOOLS_DIR / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def missing(packages: Mapping[str, str] = DEBIAN_PACKAGES) -> list[str]:
    """The programs that are neither on PATH nor in .tools."""
    return [program for program in packages if not _is_found(program)]


def _is_found(program: str) -> bool:
    try:
        find(program)
    except GlassboxError:
        return False
    return True


def _unpack(programs: Sequence[str], packages: Mapping[str, str]) -> None:
    """Unpack beside the final place and move things there whole: an interrupted run leaves no partial program."""
    if not programs:
        return
    _refuse_without_apt(programs)
    click.echo(f"Fetching {', '.join(programs)} from Debian into {TOOLS_DIR}, since this machine has none.", err=True)
    with tempfile.TemporaryDirectory(dir=TOOLS_DIR, prefix="unpacking-") as staging:
        folder = Path(staging)
        _fetch({packages[program] for program in programs}, folder)
        # Debian 13 and later keep promtool in a package of its own name.
        _fetch({program for program in programs if not (folder / "usr" / "bin" / program).is_file()}, folder)
        for shared in folder.glob(f"{RELATIVE_SHARED_DIR}*"):
            _move(shared, TOOLS_DIR / RELATIVE_SHARED_DIR / shared.name)
        for program in programs:
            _relocate(folder / "usr" / "bin" / program)
            _move(folder / "usr" / "bin" / program, TOOLS_DIR / "usr" / "bin" / program)


def _fetch(packages: set[str], folder: Path) -> None:
    for archive in _download(packages, folder) if packages else []:
        _check(_run("dpkg", "-x", str(archive), str(folder), folder=folder), f"unpack {archive.name}")
        archive.unlink()


def _refuse_without_apt(programs: Sequence[str]) -> None:
    for tool in ("apt-get", "dpkg"):
        if shutil.which(tool) is None:
            raise GlassboxError(
                f"{', '.join(programs)} not found, and {tool} is not there to fetch them; "
                "install Prometheus and Alertmanager (https://prometheus.io/download), or VictoriaMetrics "
                "(https://docs.victoriametrics.com), and put them on PATH."
            )


def _download(packages: set[str], folder: Path) -> list[Path]:
    """Fetch the packages; where apt's lists are absent or stale and we are root, refresh them once and try again."""
    fetch = ("apt-get", "--quiet", "download", *sorted(packages))
    done = _run(*fetch, folder=folder)
    if done.returncode != 0 and os.geteuid() == 0:
        _run("apt-get", "--quiet", "update", folder=folder)
        done = _run(*fetch, folder=folder)
    _check(done, f"download {' and '.join(sorted(packages))} (as root, run `apt-get update` first)")
    return sorted(folder.glob("*.deb"))


def _environment(folder: Path) -> dict[str, str]:
    """The route of this machine for apt, which reads proxies in small letters, and authorities from its settings only."""
    named = next((os.environ[name] for name in VARIABLES if os.environ.get(name)), "")
    authority = {}
    if Path(named).is_file() and "APT_CONFIG" not in os.environ:
        settings = folder / "apt.conf"
        settings.write_text(f'Acquire::https::CaInfo "{Path(named).resolve()}";\n', encoding="utf-8")
        authority["APT_CONFIG"] = str(settings)
    return {**for_other_programs(), **authority, "LC_ALL": "C"}


def _run(*command: str, folder: Path) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=_environment(folder),
            encoding="utf-8",
            errors="replace",
            timeout=DOWNLOAD_TIMEOUT_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise GlassboxError(
            f"`{' '.join(command)}` did not end within {DOWNLOAD_TIMEOUT_SECONDS:g} s; check the network."
        ) from None


def _check(done: "subprocess.CompletedProcess[str]", what: str) -> None:
    if done.returncode != 0:
        said = (done.stdout.strip().splitlines() or ["no output"])[-1]
        raise GlassboxError(f"Could not {what}: {said}")


def _relocate(program: Path) -> None:
    if not program.is_file():
        raise GlassboxError(
            f"Debian's package does not contain {program.name}; install it from its project's releases, on PATH."
        )
    content = program.read_bytes()
    program.write_bytes(content.replace(SHARED_DIR.encode(), RELATIVE_SHARED_DIR.encode()))


def _move(source: Path, target: Path) -> None:
    """Into place by one rename, unless it is there already."""
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)


@click.command()
@click.option("--scale-out", is_flag=True, help="VictoriaMetrics and vmalert instead.")
def main(scale_out: bool) -> None:
    """Fetch Prometheus, promtool, Alertmanager and amtool into .tools where they are not on PATH."""
    packages = SCALE_OUT_PACKAGES if scale_out else DEBIAN_PACKAGES
    try:
        ensure_components(packages)
    except GlassboxError as error:
        raise click.ClickException(str(error)) from None
    for program in packages:
        click.echo(f"{program}: {find(program)}")


if __name__ == "__main__":
    main()
