"""The reference pages: what they say of our content and of small cases, and what a run keeps."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from deploy import content
from glassbox.errors import GlassboxError
from glassbox.metrics.engines import ENGINES
from glassbox.metrics.types import FormerName, Gauge, Unit
from glassbox.query.promql import always
from glassbox.reference.alerts_page import alerts_body
from glassbox.reference.markdown import anchor, one_sentence_a_line, table
from glassbox.reference.metrics_page import metrics_body
from glassbox.reference.pages import BEGIN, END, page, write_pages
from glassbox.reference.settings_page import setting_keys, settings_body, settings_schema
from glassbox.reference.settings_read import settings_read
from glassbox.settings.model import Settings
from tests.support.ours import main, our_alert_groups, our_bundle

SCHEMA = {
    "$defs": {"team": {"title": "a team's name: letters", "type": "string"}},
    "properties": {
        "slo_period_days": {"description": "Days.", "type": "integer", "minimum": 7, "maximum": 92},
        "owners": {"description": "Teams.", "type": "object", "properties": {"gpu": {"$ref": "#/$defs/team"}}},
        "routes": {
            "type": "object",
            "additionalProperties": {"properties": {"for": {"type": "string"}}, "type": "object"},
        },
        "entries": {
            "type": "array",
            "items": {"properties": {"days": {"$ref": "#/properties/owners/properties/gpu"}}, "type": "object"},
        },
    },
}


def test_every_form_of_a_key_has_path_type_default_and_meaning():
    assert [(key.path, key.type, key.default, key.meaning) for key in setting_keys(SCHEMA)] == [
        ("slo_period_days", "whole number at least 7, at most 92", "30", "Days."),
        ("owners", "keys below", "", "Teams."),
        ("owners.gpu", "a team's name", "platform", ""),
        ("routes", "mapping: keys below", "", ""),
        ("routes.NAME.for", "text", "", ""),
        ("entries", "list: keys below", "", ""),
        ("entries[].KEY", "as in `owners`", "", "Any key of `owners`."),
    ]


def test_every_key_of_the_schema_says_what_it_means():
    assert [key.path for key in setting_keys(settings_schema()) if not key.meaning] == []


def test_a_long_default_stands_below_its_table():
    assert "slos:\n  - {name: availability, indicator: availability, objective_ratio: 0.995}\n" in settings_body()


@pytest.mark.parametrize(
    ("alert", "keys"),
    [
        ("InferenceKVCacheNearlyFull", ["thresholds.kv_cache_high_ratio"]),
        ("GPUThrottling", ["gpu.busy_ratio", "gpu.throttled_clock_ratio", "gpu.power_limited_ratio"]),
        (
            "InferenceLatencyHigh",
            [
                "evaluation_interval_seconds",
                "thresholds.latency_high_seconds",
                "thresholds.latency_high_share_ratio",
                "thresholds.minimum_requests",
                "thresholds.abandoned_share_ratio",
            ],
        ),
        ("GPUNewXid", []),
    ],
)
def test_an_alert_names_the_numbers_that_change_it(alert, keys):
    assert settings_read(content(), Settings())[alert] == keys


def test_labels_that_all_metrics_of_an_exporter_have_are_said_once():
    use = Gauge(name="use", unit=Unit.RATIO, labels=("gpu", "mig"), help="Use.", since="2")
    heat = Gauge(name="heat", unit=Unit.CELSIUS, labels=("gpu",), help="Heat.", formerly=(FormerName("temp", "1"),))
    text = metrics_body({"card": (use, heat)}, (), ())
    assert "\nAll of them have the labels `gpu`.\n" in text
    assert (
        "| `heat` | gauge | celsius |  | `temp` until 1 | Heat. |\n| `use` | gauge | ratio | `mig` | since 2 | Use. |\n"
    ) in text


def test_a_series_that_is_not_compiled_is_not_on_the_page():
    groups = content().recording_rules(Settings())
    text = metrics_body({}, groups, {"model:inference_requests:rate1m"})
    assert text.count("### Group ") == text.count("| `model:") == 1


def test_an_alert_without_panel_or_runbook_says_what_it_has():
    rule = {
        "alert": "Lone",
        "for": "5m",
        "labels": {"severity": "page", "owner": "search"},
        "annotations": {"summary": "Lone"},
    }
    bundle = replace(our_bundle(), alerts={"a.yaml": {"groups": [{"name": "a", "rules": [rule]}]}}, runbooks=())
    text = alerts_body(bundle, Path(), {"Lone": []})
    assert text.endswith(
        "## Lone\n\nIt has no runbook that says when it fires.\n\n- Severity `page`, after `5m`, for the owner `search`."
    )


def test_what_an_alert_cannot_see_stands_in_its_section_and_in_a_table_of_all():
    group = our_alert_groups()[0]
    blind, seeing = group.alerts[:2]
    alerts = tuple(
        replace(alert, expr=always(), cannot_see=text) for alert, text in ((blind, "A | B. Look at C."), (seeing, ""))
    )
    bundle = our_bundle()
    content_ = replace(bundle.content, alerts=(replace(group, alerts=alerts),))
    text = alerts_body(replace(bundle, content=content_), Path(), dict.fromkeys(_names(bundle), ()))
    _, _, rest = text.partition("## What each alert cannot see\n\n")
    link = f"[{blind.name}](#{blind.name.lower()})"
    assert rest.startswith(f"| alert | cannot see |\n| --- | --- |\n| {link} | A \\| B. Look at C. |\n\n## ")
    assert text.count("- Cannot see: A | B. Look at C.") == 1
    assert seeing.name not in rest.partition("\n\n")[0]


def test_the_engines_that_an_alert_is_silent_for_follow_what_it_cannot_see():
    text = alerts_body(our_bundle(), Path(), dict.fromkeys(_names(our_bundle()), ()))
    assert "Not reported by, and so silent for: TGI, llama.cpp, Triton, Dynamo, our exporter." in _section(
        text, "InferenceKVCacheNearlyFull"
    )
    assert "silent for" not in _section(text, "InferenceNoCapacity")


def _section(text, alert):
    return text.partition(f"\n## {alert}\n")[2].partition("\n## ")[0]


def _names(bundle):
    return [rule["alert"] for file in bundle.alerts.values() for rule in file["groups"][0]["rules"]]


def test_every_alert_of_ours_says_what_it_cannot_see():
    alerts = [alert for group in our_alert_groups() for alert in group.alerts]
    assert [alert.name for alert in alerts if not re.fullmatch(r"[A-Z].{20,}\.", alert.cannot_see)] == []


def test_when_an_alert_of_ours_fires_is_said_to_the_end():
    text = alerts_body(our_bundle(), Path(), dict.fromkeys(_names(our_bundle()), ()))
    ends = {name: text.partition(f"\n## {name}\n\n")[2].partition("\n\n")[0][-1:] for name in _names(our_bundle())}
    assert [name for name, end in ends.items() if end != "."] == []


def test_a_sentence_has_a_line_and_an_item_keeps_its_indent():
    assert one_sentence_a_line("At 0.9. Then wait. \n- One. Two", "  ") == "  At 0.9.\n  Then wait.\n  - One.\n    Two"


def test_a_cell_keeps_its_place():
    assert table(("a", "b"), [("x|y", "one\ntwo")]) == "| a | b |\n| --- | --- |\n| x\\|y | one two |"


def test_an_anchor_is_that_of_github():
    assert anchor("How it's done: 200 replicas") == "how-its-done-200-replicas"


def test_what_people_wrote_around_the_written_part_is_kept():
    earlier = f"# Alerts\n\nRead me.\n\n{BEGIN}\n\nold\n\n{END}\n\nAnd me.\n"
    assert page("alerts.md", "new", earlier) == f"# Alerts\n\nRead me.\n\n{BEGIN}\n\nnew\n\n{END}\n\nAnd me.\n"


def test_a_page_without_a_mark_is_refused_and_nothing_is_written(tmp_path):
    (tmp_path / "b.md").write_text(f"# B\n{BEGIN}\n", encoding="utf-8")
    with pytest.raises(GlassboxError, match=r"b\.md lacks the line"):
        write_pages({"a.md": "new", "b.md": "new"}, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["b.md"]


def test_the_command_writes_its_pages_where_it_is_told(tmp_path, capsys):
    assert main(["docs", "--out", str(tmp_path / "new")]) == 0
    written = sorted(file for file in (tmp_path / "new").rglob("*.md"))
    engines = [f"engines/{engine.name}.md" for engine in ENGINES]
    pages = ["alerts.md", "dashboards.md", "lint-rules.md", "metrics.md", "settings.md", *engines]
    assert written == sorted(tmp_path / "new" / page for page in pages)
    assert sorted(capsys.readouterr().out.splitlines()) == list(map(str, written))


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path, capsys):
    (tmp_path / "file").touch()
    assert main(["docs", "--out", str(tmp_path / "file" / "docs")]) == 1
    assert capsys.readouterr().err.endswith("choose another with --out.\n")
