"""What the demo says of its build: one line, or what is wrong with it."""

import pytest

from demo import demo
from demo.server_settings import glassbox_settings
from glassbox.errors import GlassboxError


def test_a_build_is_one_line(tmp_path, capsys):
    build = demo.compile_content(glassbox_settings(tmp_path, qps_low=None), tmp_path / "build")
    files = sum(file.is_file() for file in build.rglob("*"))
    assert files > 30
    assert capsys.readouterr().out == f"Compiled {files} files, and lint finds nothing wrong with them.\n"


def test_a_build_that_fails_says_why(tmp_path, capsys):
    settings = tmp_path / "settings.yaml"
    settings.write_text("thresholds: {qps_low: many}\n")
    with pytest.raises(GlassboxError, match="The demo ends because `build` failed"):
        demo.compile_content(settings, tmp_path / "build")
    assert "qps_low" in "".join(capsys.readouterr())
