"""Rule files, rule tests and server settings, judged by promtool and amtool themselves.

Only flags that Prometheus 2.37 to 3.x share are used.
Every check returns its problems as sentences that name the file; an empty list is a pass.
"""

import os
import re
import shutil
import subprocess
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from glassbox.errors import GlassboxError

Version = tuple[int, int, int]

_CHECKOUT = Path(__file__).resolve().parents[2]
IN_CHECKOUT = (_CHECKOUT / "pyproject.toml").is_file()
# A checkout holds its own tools; an installed package may not write beside itself.
TOOLS_DIR = (
    _CHECKOUT / ".tools"
    if IN_CHECKOUT
    else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "glassbox", "tools")
)
OLDEST_PROMTOOL: Version = (2, 37, 0)  # the first long-term release whose `check rules` has --lint-fatal
TIMEOUT_SECONDS = 120.0

DEBIAN_PACKAGES = {
    "prometheus": "prometheus",
    "promtool": "prometheus",
    "prometheus-alertmanager": "prometheus-alertmanager",
    "amtool": "prometheus-alertmanager",
}
# Alternatives to run rules on, for scaling out.
SCALE_OUT_PACKAGES = {"victoria-metrics": "victoria-metrics", "vmalert": "victoria-metrics"}
UPSTREAM_NAMES = {
    "prometheus-alertmanager": "alertmanager",
    "victoria-metrics": "victoria-metrics-prod",
    "vmalert": "vmalert-prod",
}

_VERSION = re.compile(r"version (\d+)\.(\d+)\.(\d+)")
_HEADER = re.compile(r"(?:Checking|Unit Testing: ) '?(?P<file>[^']+?)'?(?:  (?P<rest>(?:FAILED|SUCCESS).*))?")
_NOISE = re.compile(r"\s*|\s*SUCCESS.*|amtool: error: failed to validate .*")


@dataclass(frozen=True)
class RuleTestResult:
    """What `promtool test rules` found: the number of test files run and one problem for each file that failed."""

    files: int
    problems: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.problems


def find(program: str) -> Path:
    """The program from PATH, else from .tools; raises GlassboxError that says how to get it."""
    names = [program, *filter(None, [UPSTREAM_NAMES.get(program)])]
    for folders in (None, str(TOOLS_DIR / "usr" / "bin")):
        for name in names:
            if found := shutil.which(name, path=folders):
                return Path(found)
    if package := SCALE_OUT_PACKAGES.get(program):
        fetch, others = "python -m glassbox.servers.components --scale-out", "https://docs.victoriametrics.com"
    else:
        fetch = "make tools" if IN_CHECKOUT else "python -m glassbox.servers.components"
        others, package = "https://prometheus.io/download", DEBIAN_PACKAGES.get(program, program)
    raise GlassboxError(
        f"{program} was not found on PATH or in {'.tools' if IN_CHECKOUT else TOOLS_DIR}; run `{fetch}`, or install it "
        f"(Debian: `apt-get install {package}`, elsewhere: {others})."
    )


@cache
def version(path: Path) -> Version:
    """(major, minor, patch) as the program itself reports it; raises GlassboxError when it does not report one."""
    output = _run(path, "--version").stdout
    if found := _VERSION.search(output):
        return int(found[1]), int(found[2]), int(found[3])
    raise GlassboxError(f"{path} --version did not print a version; reinstall {path.name}.")


def check_rules(files: Sequence[Path]) -> list[str]:
    """Problems that `promtool check rules` finds in rule files, duplicate rules included."""
    return _problems(_promtool("check", "rules", "--lint-fatal", files=files))


def check_config(file: Path) -> list[str]:
    """Problems that `promtool check config` finds in a Prometheus settings file and the rule files it names."""
    return _problems(_promtool("check", "config", "--lint-fatal", files=[file]))


def test_rules(files: Sequence[Path], *, timeout_seconds: float | None = None) -> RuleTestResult:
    """Run promtool rule tests, each file for `timeout_seconds` at most, else for `TIMEOUT_SECONDS`; their `rule_files` are relative to the test file."""
    _refuse_none(files, "test rules")
    # One file at a time: promtool 3 does not say which of several has failed.
    results = ((file, _promtool("test", "rules", files=[file], timeout_seconds=timeout_seconds)) for file in files)
    problems = [_named(file, text) for file, done in results for text in _problems(done)]
    return RuleTestResult(len(files), tuple(problems))


def check_alertmanager_config(file: Path) -> list[str]:
    """Problems that `amtool check-config` finds in an Alertmanager settings file."""
    return _problems(_run(find("amtool"), "check-config", str(file)))


def _promtool(
    *words: str, files: Sequence[Path], timeout_seconds: float | None = None
) -> "subprocess.CompletedProcess[str]":
    _refuse_none(files, " ".join(words[:2]))
    program = find("promtool")
    done = _run(program, *words, *map(str, files), timeout_seconds=timeout_seconds)
    # A promtool that is too old refuses the flags; one that passes need not be started twice.
    if (done.returncode or not done.stdout.strip()) and version(program) < OLDEST_PROMTOOL:
        has, needs = (".".join(map(str, number)) for number in (version(program), OLDEST_PROMTOOL))
        raise GlassboxError(f"{program} is version {has}, older than {needs}; install a newer Prometheus.")
    return done


def _refuse_none(files: Sequence[Path], command: str) -> None:
    if not files:
        raise GlassboxError(f"promtool {command} needs files; name at least one.")


def _run(program: Path, *arguments: str, timeout_seconds: float | None = None) -> "subprocess.CompletedProcess[str]":
    """Run to the end, both outputs in one stream: promtool puts the file name in one and its problem in the other."""
    at_most_seconds = TIMEOUT_SECONDS if timeout_seconds is None else timeout_seconds
    try:
        done = subprocess.run(
            [program, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "LC_ALL": "C"},
            encoding="utf-8",
            errors="replace",
            timeout=at_most_seconds,
            check=False,
        )
    except OSError as error:
        raise GlassboxError(f"{program} could not be started ({error.strerror}); reinstall {program.name}.") from None
    except subprocess.TimeoutExpired:
        raise GlassboxError(f"{program} did not end within {at_most_seconds:g} s; check fewer files at once.") from None
    if done.returncode != 0 and not done.stdout.strip():
        raise GlassboxError(f"{program} failed ({done.returncode}) without output; reinstall {program.name}.")
    return done


def _problems(done: "subprocess.CompletedProcess[str]") -> list[str]:
    """The failures in promtool's or amtool's output, each starting with its file."""
    if done.returncode == 0:
        return []
    problems = [_sentence(file, lines) for file, lines in _failures(done.stdout.splitlines())]
    return problems or [f"exit code {done.returncode}: {done.stdout.strip()}"]


def _failures(output: Iterable[str]) -> list[tuple[str, list[str]]]:
    """(file, lines) of each failure; a line that does not name its file belongs to the failure before it."""
    failures: list[tuple[str, list[str]]] = []
    file, fresh = "", True
    for line in output:
        text = line
        if header := _HEADER.fullmatch(line):
            file, fresh, text = header["file"], True, header["rest"] or ""
        text = re.sub(r"^\s*FAILED:\s*", "", text)
        if _NOISE.fullmatch(text):
            continue
        if text.lstrip().startswith(f"{file}: "):
            text, fresh = text.lstrip(), True
        if fresh:
            failures.append((file, []))
        failures[-1][1].append(text)
        fresh = False
    return failures


def _named(file: Path, problem: str) -> str:
    return problem if problem.startswith(f"{file}: ") else f"{file}: {problem}"


def _sentence(file: str, lines: list[str]) -> str:
    text = textwrap.dedent("\n".join(line.rstrip() for line in lines))
    return text if not file or text.startswith(f"{file}: ") else f"{file}: {text}"
