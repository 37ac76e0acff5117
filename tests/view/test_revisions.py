"""Another revision's code runs without our secrets, and without network where the system lets us."""

import json
import socket
import subprocess

import pytest

from glassbox.errors import GlassboxError
from glassbox.view import revisions

SPY = """
import json, os, socket, sys
from pathlib import Path
folder = Path(sys.argv[-1], "dashboards")
folder.mkdir(parents=True)
try:
    socket.create_connection(("127.0.0.1", PORT), 2).close()
    network = True
except OSError:
    network = False
folder.joinpath("a.json").write_text(json.dumps({"uid": "a", "env": dict(os.environ), "network": network}))
"""


def committed(folder, text):
    (folder / "deploy.py").write_text(text)
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    for words in (("init", "-q"), ("add", "."), (*identity, "commit", "-qm", "one")):
        subprocess.run(["git", *words], cwd=folder, check=True, capture_output=True)
    return folder / "deploy.py"


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as made:
        yield made


def test_another_revision_sees_no_secret_and_no_network(tmp_path, monkeypatch, listener):
    for name in ("PROMETHEUS_TOKEN", "GRAFANA_TOKEN", "OPENAI_API_KEY", "AWS_SECRET_ACCESS_KEY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "do-not-show-me")
    script = committed(tmp_path, SPY.replace("PORT", str(listener.getsockname()[1])))
    seen = revisions.revision(script, "HEAD", None)["a"]
    assert "do-not-show-me" not in json.dumps(seen)
    assert seen["env"]["HOME"] != str(tmp_path.home())
    assert seen["network"] is (revisions.without_network() == ())


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("raise SystemExit('broken')", r"Revision HEAD does not build \(broken\)"),
        (SPY.replace("PORT", "1").replace('"uid"', '"id"'), "Revision HEAD builds files that are not dashboards"),
    ],
)
def test_a_revision_that_does_not_build_is_one_sentence(tmp_path, text, sentence):
    with pytest.raises(GlassboxError, match=sentence):
        revisions.revision(committed(tmp_path, text), "HEAD", None)


def test_a_revision_that_does_not_end_is_one_sentence(tmp_path, monkeypatch):
    script = committed(tmp_path, "import time; time.sleep(60)")
    real = subprocess.run

    def impatient(command, **given):
        slow = {"timeout": 0.2} if "build" in command else {}
        return real(command, **{**given, **slow})

    monkeypatch.setattr(subprocess, "run", impatient)
    with pytest.raises(GlassboxError, match="does not build within"):
        revisions.revision(script, "HEAD", None)


def test_the_rules_of_another_revision_are_those_that_it_builds(tmp_path):
    text = (
        "import sys; from pathlib import Path\n"
        "for folder in ('alerts', 'recording_rules'):\n"
        "    Path(sys.argv[-1], folder).mkdir(parents=True)\n"
        "    Path(sys.argv[-1], folder, f'{folder}.yaml').write_text('groups: [{name: g}]')\n"
    )
    found = revisions.revision_rules(committed(tmp_path, text), "HEAD", None)
    group = {"groups": [{"name": "g"}]}
    assert found == {"recording_rules/recording_rules.yaml": group, "alerts/alerts.yaml": group}


def test_rules_that_cannot_be_read_are_one_sentence(tmp_path):
    text = (
        "import sys; from pathlib import Path\n"
        "Path(sys.argv[-1], 'alerts').mkdir(parents=True)\n"
        "Path(sys.argv[-1], 'alerts', 'a.yaml').write_text('a: [')\n"
    )
    with pytest.raises(GlassboxError, match="Revision HEAD builds files that are not rules"):
        revisions.revision_rules(committed(tmp_path, text), "HEAD", None)
