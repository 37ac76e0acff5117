"""The pages as files. People write what is before and after the generated part of a page; a run replaces only that part."""

from collections.abc import Mapping
from pathlib import Path

from glassbox.compile.bundle import Bundle
from glassbox.compile.content import Content
from glassbox.compile.outputs import write_file
from glassbox.errors import GlassboxError
from glassbox.lint.rules import RULES
from glassbox.metrics import CATALOGUE
from glassbox.metrics.engines import ENGINES
from glassbox.reference.alerts_page import alerts_body
from glassbox.reference.dashboards_page import dashboards_body
from glassbox.reference.engines_page import engine_body
from glassbox.reference.lint_rules_page import lint_rules_body
from glassbox.reference.metrics_page import metrics_body
from glassbox.reference.settings_page import settings_body
from glassbox.reference.settings_read import settings_read
from glassbox.settings.model import Settings

BEGIN = "<!-- Written by `python deploy.py docs`: change the code, not these lines. -->"
END = "<!-- End of what is written by `python deploy.py docs`. -->"


def bodies(bundle: Bundle, content: Content, settings: Settings, folder: Path) -> dict[str, str]:
    """The written part of each page by its file's name below `folder`; links to runbooks are relative to it."""
    compiled = {
        rule["record"]
        for file in bundle.recording_rules.values()
        for group in file["groups"]
        for rule in group["rules"]
    }
    return {
        "alerts.md": alerts_body(bundle, folder.resolve(), settings_read(content, settings)),
        "dashboards.md": dashboards_body(bundle, settings.grafana.folder_uid),
        "lint-rules.md": lint_rules_body(RULES),
        "metrics.md": metrics_body(CATALOGUE, content.recording_rules(settings), compiled),
        "settings.md": settings_body(),
        **{f"engines/{engine.name}.md": engine_body(engine) for engine in ENGINES},
    }


def page(name: str, body: str, earlier: str = "") -> str:
    """A page with this generated part; everything else comes from the earlier page, or is a heading if there is none.

    Raises GlassboxError where the earlier page lacks one of the two marks.
    """
    earlier = earlier or f"# {Path(name).stem.capitalize()}\n\n{BEGIN}\n{END}\n"
    before, begin, rest = earlier.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise GlassboxError(f"{name} lacks the line {BEGIN if not begin else END!r}: add it, or remove the file.")
    return f"{before}{BEGIN}\n\n{body}\n\n{END}{after}"


def write_pages(bodies: Mapping[str, str], folder: Path) -> list[Path]:
    """Write all pages, or none where one cannot be made; returns the files."""
    texts = {folder / name: page(name, body, _earlier(folder / name)) for name, body in bodies.items()}
    try:
        for file in texts:
            file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GlassboxError(f"Folder {folder} cannot be made ({error.strerror}): choose another with --out.") from None
    for file, text in texts.items():
        write_file(file, text, "--out")
    return list(texts)


def _earlier(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8") if file.exists() else ""
    except (OSError, ValueError) as error:
        raise GlassboxError(f"{file} cannot be read ({error}): correct or remove it.") from None
