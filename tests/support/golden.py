"""The files of tests/golden: what our content compiles to, and the text of it that reviewers read. `python -m tests.support.golden` renews them."""

from glassbox.compile.outputs import render
from glassbox.compile.review import render_review
from tests.support.ours import our_bundle
from tests.support.paths import GOLDEN

# Grafana's groups say what the Prometheus rules say, as tests/compile shows: one of them shows the form.
GRAFANA_FOLDER, GRAFANA_GROUP = "grafana/", "grafana/inference-service.json"


def golden_files() -> dict[str, str]:
    """Every file by its path below tests/golden."""
    bundle = our_bundle()
    compiled = {
        path: text
        for path, text in render(bundle).items()
        if not path.startswith(GRAFANA_FOLDER) or path == GRAFANA_GROUP
    }
    return compiled | render_review(bundle)


def committed_files() -> dict[str, str]:
    """The same, as it is there."""
    files = (file for file in GOLDEN.rglob("[!.]*") if file.is_file())
    return {file.relative_to(GOLDEN).as_posix(): file.read_text(encoding="utf-8") for file in files}


def renew() -> None:
    """Write what is new or differs, and remove what is not compiled."""
    wanted = golden_files()
    for path in committed_files().keys() - wanted.keys():
        (GOLDEN / path).unlink()
    for path, text in wanted.items():
        (GOLDEN / path).parent.mkdir(parents=True, exist_ok=True)
        (GOLDEN / path).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    renew()
