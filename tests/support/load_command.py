"""`deploy.py loadtest` in this process, against a small server."""

import json

from jsonschema import Draft202012Validator

from tests.support.openai_server import MODEL
from tests.support.ours import main
from tests.support.paths import ROOT

SCHEMA_FILE = ROOT / "glassbox" / "load" / "loadtest.schema.json"
SCHEMA = Draft202012Validator(json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))


def load(server, *arguments):
    return main(["loadtest", "--url", server.url, "--model", MODEL, *arguments])


def measured(server, capsys, *arguments):
    """The JSON of a run and its exit code."""
    code = load(server, "--json", "-", *arguments)
    told = json.loads(capsys.readouterr().out)
    SCHEMA.validate(told)
    return told, code


def refused(capsys, *arguments):
    """The one sentence on stderr of a command that must fail with exit code 1."""
    assert main(["loadtest", *arguments]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("Error: ") and captured.err.count("\n") == 1, captured.err
    return captured.err
