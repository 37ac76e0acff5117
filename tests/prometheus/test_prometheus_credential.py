"""Prometheus' credential: where it comes from, and that it is not shown."""

from pathlib import Path

import pytest

from glassbox.errors import GlassboxError
from glassbox.prometheus.credential import prometheus_credential

SECRET = "very-secret-word"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in ("TOKEN", "USER", "PASSWORD"):
        monkeypatch.delenv(f"PROMETHEUS_{name}", raising=False)
    return monkeypatch


def found(token_file: Path | None = None) -> str | None:
    credential = prometheus_credential(token_file)
    return credential.authorization if credential else None


def test_the_file_wins_over_the_token_and_the_token_over_the_password(
    environment: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert found() is None
    environment.setenv("PROMETHEUS_USER", "me")
    environment.setenv("PROMETHEUS_PASSWORD", "geheim: ü")
    assert found() == "Basic bWU6Z2VoZWltOiDDvA=="
    environment.setenv("PROMETHEUS_TOKEN", f"{SECRET}\n")
    assert found() == f"Bearer {SECRET}"
    (tmp_path / "token").write_text("other\n")
    assert found(tmp_path / "token") == "Bearer other"


def test_an_empty_variable_counts_as_unset(environment: pytest.MonkeyPatch) -> None:
    for name in ("TOKEN", "USER", "PASSWORD"):
        environment.setenv(f"PROMETHEUS_{name}", "")
    assert found() is None


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"USER": "me"}, "PROMETHEUS_PASSWORD is not set"),
        ({"PASSWORD": SECRET}, "PROMETHEUS_USER is not set"),
        ({"TOKEN": f"{SECRET} {SECRET}"}, "The Prometheus token holds a space"),
        ({"TOKEN": f"{SECRET}\r\nX-Other: 1"}, "a line break"),
        ({"TOKEN": f"ü{SECRET}"}, "another character that tokens never have"),
        ({"USER": "me:too", "PASSWORD": SECRET}, "PROMETHEUS_USER holds a colon"),
        ({"USER": "me", "PASSWORD": f"{SECRET}\n"}, "holds a line break"),
    ],
)
def test_what_no_header_can_carry_is_one_sentence(
    environment: pytest.MonkeyPatch, variables: dict[str, str], sentence: str
) -> None:
    for name, value in variables.items():
        environment.setenv(f"PROMETHEUS_{name}", value)
    with pytest.raises(GlassboxError, match=sentence) as caught:
        prometheus_credential()
    assert SECRET not in str(caught.value)


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(GlassboxError, match="nothing cannot be read"):
        prometheus_credential(tmp_path / "nothing")


def test_it_is_not_shown(environment: pytest.MonkeyPatch) -> None:
    environment.setenv("PROMETHEUS_TOKEN", SECRET)
    assert SECRET not in repr(prometheus_credential())
