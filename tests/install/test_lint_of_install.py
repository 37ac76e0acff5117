"""What users install has no finding of lint: its ports, routes and texts."""

from glassbox.lint.linting import judged
from glassbox.lint.reading.files_read import read
from tests.support.paths import INSTALL, ROOT


def test_what_users_install_has_no_finding():
    found = read([INSTALL])
    assert (judged(found.corpus), found.unreadable, found.corpus.ports) == ([], (), ())
    # Routes, a configuration of Prometheus and files for Docker Compose are read there.
    assert found.count >= 3
    assert found.corpus.routes


def test_a_port_of_ours_that_were_open_would_be_found(tmp_path):
    text = (ROOT / "install" / "compose" / "compose.yaml").read_text(encoding="utf-8")
    file = tmp_path / "compose.yaml"
    file.write_text(text.replace("127.0.0.1:9090:9090", "9090:9090"), encoding="utf-8")
    (finding,) = judged(read([file]).corpus)
    assert (finding.rule, finding.message) == ("open-metrics-address", "prometheus opens 9090:9090 to every network.")
