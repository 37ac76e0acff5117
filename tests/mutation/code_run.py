"""How many faults made by hand in code that is not rules would the tests near it notice? `make mutants` prints the answer."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue

import click

from glassbox.errors import GlassboxError
from tests.mutation.code_faults import CodeFault, code_faults
from tests.support.paths import ROOT

LEAST_NOTICED_RATIO = 0.9
# A fault hangs where its tests take so much longer than without it.
HANG_SECONDS, HANG_FACTOR = 30.0, 5.0
HANG = "a hang"
LINES_SHOWN = 6
_SHARED = (".venv", ".tools")
_FAILED = re.compile(r"^(?:FAILED|ERROR) (\S+)", re.MULTILINE)

Near = tuple[str, ...]


class Checkout:
    """A copy of the repository's files, in which faults are made; the checkout itself stays as it is."""

    process: "subprocess.Popen[bytes] | None" = None

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        listed = subprocess.run(
            ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"),
            cwd=ROOT, check=True, capture_output=True, text=True,
        )  # fmt: skip
        for name in filter(None, listed.stdout.split("\0")):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        for name in filter(lambda name: (ROOT / name).exists(), _SHARED):
            (folder / name).symlink_to((ROOT / name).resolve())

    def noticed_by(self, fault: CodeFault, limit_seconds: float) -> str:
        """The first test that fails, HANG, or nothing."""
        file = self.folder / fault.file
        whole = file.read_text(encoding="utf-8")
        file.write_text(fault.text(self.folder), encoding="utf-8")
        try:
            return self.tested(fault.near, limit_seconds)[0]
        finally:
            file.write_text(whole, encoding="utf-8")

    def tested(self, near: Near, limit_seconds: float) -> tuple[str, str]:
        """What fails, "" for nothing, and what pytest printed."""
        command = (sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *near)
        # Files that are changed twice within a second would be taken for their older bytecode.
        environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
            self.process = subprocess.Popen(
                command, cwd=self.folder, env=environment, stdout=said, stderr=said, start_new_session=True
            )
            try:
                code: int | None = self.process.wait(limit_seconds)
            except subprocess.TimeoutExpired:
                code = None
            finally:
                end(self.process)
            said.seek(0)
            text = said.read()
        found = _FAILED.search(text)
        return HANG if code is None else "" if code == 0 else found[1] if found else f"exit code {code}", text


def end(process: "subprocess.Popen[bytes]") -> None:
    """End it with all that it has started in its group, first as Ctrl-C does, so that it can end the rest itself."""
    if process.poll() is None:
        with suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(process.pid, signal.SIGINT)
            process.wait(10)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextmanager
def checkouts(count: int) -> Iterator[list[Checkout]]:
    """So many copies. Their tests end with them, also by Ctrl-C or SIGTERM, of which processes of other sessions do not know."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="code-mutants-") as folder:
        places = [Path(folder, str(number)) for number in range(count)]
        for place in places:
            place.mkdir()
        made = [Checkout(place) for place in places]
        try:
            yield made
        finally:
            signal.signal(signal.SIGTERM, before)
            for checkout in made:
                if checkout.process and checkout.process.poll() is None:
                    end(checkout.process)


def judge(faults: Sequence[CodeFault], jobs: int) -> dict[CodeFault, str]:
    """What noticed each fault; raises GlassboxError where tests fail without any."""
    free: SimpleQueue[Checkout] = SimpleQueue()
    pool = ThreadPoolExecutor(jobs)
    with checkouts(jobs) as made:
        for each in made:
            free.put(each)

        def healthy(near: Near) -> float:
            checkout, began = free.get(), time.monotonic()
            failed, text = checkout.tested(near, 3600)
            free.put(checkout)
            if failed:
                shown = "\n".join(text.splitlines()[-LINES_SHOWN:])
                raise GlassboxError(f"{failed} fails without any fault; make it pass first:\n{shown}")
            return HANG_SECONDS + HANG_FACTOR * (time.monotonic() - began)

        def noticed(fault: CodeFault) -> str:
            checkout = free.get()
            by = checkout.noticed_by(fault, limits[fault.near])
            free.put(checkout)
            click.echo(f"{fault}: {f'noticed by {by}' if by else 'unnoticed'}")
            return by

        try:
            nears = dict.fromkeys(fault.near for fault in faults)
            limits = dict(zip(nears, pool.map(healthy, nears), strict=True))
            futures = {pool.submit(noticed, fault): fault for fault in faults}
            return {futures[done]: done.result() for done in as_completed(futures)}
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def report(noticed: Mapping[CodeFault, str]) -> bool:
    """Print the result; whether it is good enough."""
    parts = {part: [fault for fault in noticed if fault.part == part] for part in sorted({f.part for f in noticed})}
    click.echo(f"\n{'':<12} faults noticed")
    for part, faults in {**parts, "together": list(noticed)}.items():
        click.echo(f"{part:<12} {len(faults):>6} {_count(noticed, faults):>7}")
    left = [fault for fault, by in noticed.items() if not by]
    for fault in left:
        click.echo(f"Unnoticed: {fault}: {fault.unnoticed or 'NO REASON in the table'}")
    for fault in (fault for fault, by in noticed.items() if by and fault.unnoticed):
        click.echo(f"Noticed after all, so remove its `unnoticed`: {fault}")
    unexplained = sum(not fault.unnoticed for fault in left)
    ratio = _count(noticed, noticed) / len(noticed)
    click.echo(f"Noticed {ratio:.1%} (at least {LEAST_NOTICED_RATIO:.0%}); unnoticed without a reason: {unexplained}.")
    return ratio >= LEAST_NOTICED_RATIO and not unexplained


def _count(noticed: Mapping[CodeFault, str], faults: Iterable[CodeFault]) -> int:
    return sum(bool(noticed[fault]) for fault in faults)


def chosen(only: str) -> list[CodeFault]:
    """The faults whose part, description or file holds this text."""
    return [fault for fault in code_faults() if only in f"{fault} {fault.file}"]


@click.command()
@click.option("--only", metavar="TEXT", default="", help="Only faults whose part, description or file contains this.")
@click.option("--jobs", type=click.IntRange(1), default=os.cpu_count() or 1, show_default=True, help="At a time.")
def main(only: str, jobs: int) -> None:
    """Make faults in code that is not rules, and see whether the tests near it notice. Exits with 1 where too few are."""
    start = time.monotonic()
    try:
        faults = chosen(only)
        if not faults:
            raise GlassboxError(f"No fault of code has {only!r} in its part, description or file: correct --only.")
        good = report(judge(faults, jobs))
    except GlassboxError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{time.monotonic() - start:.0f} s")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
