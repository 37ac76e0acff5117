"""What is wrong with the commands that a document names."""

import re
import shlex
from importlib import import_module
from importlib.util import find_spec

import click

from glassbox.cli.command_table import COMMANDS
from glassbox.cli.main import cli
from tests.support.paths import ROOT

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")

# Environments of other programs have modules of their own.
_OUR_PYTHON = re.compile(r"(?:\.venv[\w-]*/bin/)?python3?")


def command_problems(line: str) -> list[str]:
    """What is wrong with the commands of ours in a line: of deploy.py, of make, and modules to run."""
    line = line.partition(" #")[0]
    words = shlex.split(line) if line.count("'") % 2 == line.count('"') % 2 == 0 else line.split()
    problems = _make_problems(words[1:]) if words[:1] == ["make"] else []
    for index, word in enumerate(words):
        if word == "deploy.py":
            problems += _deploy_problems(words[index + 1 :])
        elif word == "-m" and _OUR_PYTHON.fullmatch(words[index - 1]):
            problems += _module_problems(words[index + 1])
    return problems


def _deploy_problems(words: list[str]) -> list[str]:
    command, name, takes_value = cli, "deploy.py", False
    for word in words:
        if takes_value:
            takes_value = False
        elif word.startswith("-"):
            option = _option(command, word.partition("=")[0])
            if option is None:
                return [f"no option {word} of {name}"]
            takes_value = not getattr(option, "is_flag", True) and "=" not in word
        elif isinstance(command, click.Group) and re.fullmatch(r"[a-z]+", word):
            found = _subcommand(command, word)
            if found is None:
                return [f"no command {word} of {name}"]
            command, name = found, word
    return []


def _subcommand(command: click.Group, word: str) -> click.Command | None:
    if command is not cli:
        return command.commands.get(word)
    return import_module(COMMANDS[word].module).command if word in COMMANDS else None


def _option(command: click.Command, name: str) -> click.Parameter | None:
    params = command.get_params(click.Context(command, help_option_names=["-h", "--help"]))
    return next((param for param in params if name in param.opts), None)


def _make_problems(words: list[str]) -> list[str]:
    problems = []
    for word in words:
        name, is_variable, _ = word.partition("=")
        if is_variable and f"$({name})" not in MAKEFILE:
            problems.append(f"no variable {name}")
        elif not is_variable and not re.search(rf"^{re.escape(name)}:", MAKEFILE, re.MULTILINE):
            problems.append(f"no target {name}")
    return problems


def _module_problems(module: str) -> list[str]:
    installed = "." not in module and find_spec(module)
    path = ROOT / module.replace(".", "/")
    return [] if installed or path.is_dir() or path.with_suffix(".py").exists() else [f"no module {module}"]
