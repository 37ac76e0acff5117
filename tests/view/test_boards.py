"""Every shipped dashboard in a real browser, over the demo's Prometheus."""

import re
import time
import urllib.parse
import urllib.request
from contextlib import ExitStack
from dataclasses import dataclass, replace

import pytest

from demo import demo
from demo.server_settings import CAPACITY_REQUESTS_PER_SECOND
from glassbox.prometheus.board_queries import api_data
from glassbox.query.promql import CHOSEN_RANGE
from glassbox.servers.components import ensure_components
from glassbox.settings.model import Jobs, Settings
from tests.support.empty_in_demo import KV_BOARD, OF_EVERY_SERVER, WHY_EMPTY
from tests.support.ours import our_bundle
from tests.support.shown_numbers import same
from tests.support.waiting import eventually

BUNDLE = our_bundle(Settings(jobs=Jobs(capacity_requests_per_second=CAPACITY_REQUESTS_PER_SECOND)))
BOARDS = BUNDLE.dashboards
OVERVIEW = "glassbox-inference-overview"
COMPARED, COST, OBJECTIVES = "glassbox-engine-comparison", "glassbox-cost-and-energy", "glassbox-slo"
SERVING = "glassbox-llm-serving"
# Their numbers are sums over whole minutes, or recorded four times as seldom, and a young demo has none: they come last.
LATE = (SERVING, COMPARED, COST, OBJECTIVES)
UIDS = sorted(BOARDS, key=lambda uid: uid in LATE)
# What the page chooses by itself, where it is not All.
CHOSEN = {"engine_a": "pytorch", "engine_b": "vllm"}
# Panels that may be empty, and why.
TOO_FEW = "a side with fewer than 100 requests is not judged, and the demo is some minutes old"
MAY_BE_EMPTY = {
    (COMPARED, "Load, B/A"): TOO_FEW,
    (COMPARED, "Mean latency, B/A"): TOO_FEW,
    (COMPARED, "Latency p95, B/A"): TOO_FEW,
    ("glassbox-monitoring", "Services not listed"): "the demo's settings list every service",
    ("glassbox-monitoring", "Targets seen twice"): "one Prometheus scrapes each target once",
    (COMPARED, "First token, B/A"): "the OCR service streams nothing, so A has no first token",
}
MAY_BE_EMPTY |= {
    (uid, panel["title"]): WHY_EMPTY
    for uid, board in BOARDS.items()
    for panel in board["panels"]
    if board["title"] == KV_BOARD and panel["title"] not in OF_EVERY_SERVER
}
DATA_TIMEOUT_SECONDS = 120
AWAITED_LATER = (
    "sum_over_time(count(model:inference_requests:rate1m)[1m:1m])",
    "count(served:slo_budget_left:ratio)",
    "count(model:inference_inter_token_latency_seconds_bucket:rate5m)",
)
LATER_TIMEOUT_SECONDS = 90
# A range of steps of 15 s shows what is a step old.
SETTLED_SECONDS = 16
RANGE_MS = 300_000
COLUMNS, ROW, GAP = 24, 30, 8
PANELS = """(all) => all.map((panel) => {
  const { x, y, width, height } = panel.getBoundingClientRect();
  const { panelId: id, panelTitle: title, state } = panel.dataset;
  return { id, title, state, text: panel.innerText, x, y, width, height };
})"""
# Without these the boards have nothing to show yet.
AWAITED = (
    "count(model:inference_requests:rate1m) >= 4",
    "count(model:inference_request_duration_seconds_count:rate5m) >= 4",
    "count(model:diagnosis_verdict:code) >= 4",
    "count(gpu:activity_ratio:max) >= 3",
    "count(rate(vllm:generation_tokens_total[1m]) > 0) >= 3",
    "count(job:inference_headroom_ratio:min)",
    "count(model:inference_requests_timed:rate5m)",
    # Its growth is read minute by minute.
    "count(DCGM_FI_DEV_UNCORRECTABLE_REMAPPED_ROWS offset 1m)",
    # Prometheus has no past of its own, and its rules have been evaluated twice.
    "count(rate(prometheus_rule_evaluations_total[1m]) > 0)",
)


@dataclass(frozen=True)
class Running:
    """The demo, and the time range that all pages show."""

    url: str
    prometheus_url: str
    from_ms: int
    to_ms: int

    def address(self, uid: str, **choices: str) -> str:
        query = urllib.parse.urlencode({"from": self.from_ms, "to": self.to_ms} | choices)
        return f"{self.url}/d/{uid}?{query}"

    def api_data(self, path: str, **parameters: object):
        return api_data(self.prometheus_url, path, **parameters)["result"]

    def knew(self, queries, moment):
        """Whether each of these had an answer then."""
        return all(self.api_data("query", query=query, time=moment) for query in queries)


@pytest.fixture(scope="module")
def running(chromium, tmp_path_factory):
    """The demo as `make demo` starts it, once its boards have something to show."""
    ensure_components()
    with ExitStack() as resources:
        started = demo.start(resources, tmp_path_factory.mktemp("demo"))
        asking = Running(started.grafana_url, started.prometheus_url, 0, 0)
        eventually(lambda: asking.knew(AWAITED, time.time() - SETTLED_SECONDS), DATA_TIMEOUT_SECONDS)
        to_ms = int(time.time()) * 1000
        yield Running(started.grafana_url, started.prometheus_url, to_ms - RANGE_MS, to_ms)


@dataclass(frozen=True)
class Drawn:
    """What a page showed: its panels by id, the frame around them, and what it did."""

    panels: dict[str, dict[str, object]]
    frame: dict[str, float]
    errors: list[str]
    hosts: set[str]

    def text(self, uid: str, title: str) -> str:
        return self.panels[str(panel_id(uid, title))]["text"]


@pytest.fixture(scope="module")
def later(running):
    """The same once the boards that come last have something to show."""
    eventually(lambda: running.knew(AWAITED_LATER, time.time() - SETTLED_SECONDS), LATER_TIMEOUT_SECONDS)
    to_ms = int(time.time()) * 1000
    return replace(running, from_ms=to_ms - RANGE_MS, to_ms=to_ms)


@pytest.fixture
def shown(request, uid):
    """The demo at the time at which this board is shown."""
    return request.getfixturevalue("later" if uid in LATE else "running")


@pytest.fixture(scope="module")
def boards(watched):
    """Each board by uid, opened once, read, and closed: pages that stay open ask on."""
    read = {}

    def board(shown, uid):
        if uid not in read:
            found = watched()
            page = found.open(shown.address(uid))
            drawn = {panel["id"]: panel for panel in page.eval_on_selector_all("section[data-panel-id]", PANELS)}
            read[uid] = Drawn(drawn, page.locator("#panels").bounding_box(), found.errors, found.hosts)
            page.close()
        return read[uid]

    return board


@pytest.fixture
def overview(running, watched):
    """A page of its own, to be changed."""
    found = watched()
    found.open(running.address(OVERVIEW))
    yield found
    assert found.errors == []
    found.page.close()


def panels(uid):
    return [panel for panel in BOARDS[uid]["panels"] if panel["type"] != "row"]


def panel_id(uid, title):
    (number,) = [panel["id"] for panel in panels(uid) if panel["title"] == title]
    return number


def panel_of(page, uid, title):
    return page.locator(f'section[data-panel-id="{panel_id(uid, title)}"]')


def with_variables(expr):
    """The query as the page sends it: a variable at All where nothing is chosen, a rate over the minimum."""
    expr = re.sub(r'"\$\{\w+:text\}"', '"All"', expr)
    expr = re.sub(r'"\$(\w+)"', lambda found: f'"{CHOSEN.get(found[1], ".*")}"', expr)
    expr = expr.replace(CHOSEN_RANGE, f"{RANGE_MS // 1000}s").replace("$__rate_interval", "1m")
    assert "$" not in re.sub(r"\$\d", "", expr)
    return expr


def values(running, uid, title, seconds_ago=0):
    """What Prometheus says at the end of the range, or before it, by the labels that tell series apart."""
    (panel,) = [panel for panel in panels(uid) if panel["title"] == title]
    return [
        float(series["value"][1])
        for target in panel["targets"]
        for series in running.api_data(
            "query", query=with_variables(target["expr"]), time=running.to_ms / 1000 - seconds_ago
        )
    ]


NUMBERS = [
    (OVERVIEW, "QPS now"),
    (OVERVIEW, "Failed requests"),
    (OVERVIEW, "Latency p95"),
    (OVERVIEW, "Targets up"),
    (OVERVIEW, "GPU utilisation"),
    (OVERVIEW, "GPU utilisation, busiest"),
    (OVERVIEW, "GPU memory"),
    (SERVING, "Waiting now"),
    (SERVING, "KV cache, fullest"),
    ("glassbox-gpu", "GPUs"),
    ("glassbox-gpu", "Power, all"),
    ("glassbox-replicas", "Replicas"),
    ("glassbox-monitoring", "Targets down"),
]


@pytest.mark.parametrize(("uid", "title"), NUMBERS)
def test_the_numbers_are_those_of_prometheus(running, boards, uid, title):
    """Stats, gauges and bars: each value that Prometheus tells stands on the page, rounded."""
    lines = boards(running, uid).text(uid, title).splitlines()[1:]
    shown = [line for line in lines if re.match(r"-?\d[\d.]*\s?\S{0,6}$", line)]
    wanted = values(running, uid, title)
    assert wanted
    assert len(shown) >= len(wanted), lines
    for value in wanted:
        assert any(same(line, value) for line in shown), (value, shown)


def test_a_table_has_a_row_for_each_target(running, boards):
    text = boards(running, OVERVIEW).text(OVERVIEW, "Health")
    targets = running.api_data("query", query='up{job=~"hunyuanocr|vllm"}', time=running.to_ms / 1000)
    assert len(targets) == 4
    for target in targets:
        assert target["metric"]["instance"] in text
    assert text.count("UP") == 4


def test_a_verdict_is_the_word_of_its_code(running, boards):
    text = boards(running, OVERVIEW).text(OVERVIEW, "Verdict")
    assert "tencent/HunyuanOCR" in text
    assert "Fix the front end" in text


def hover(page, title):
    """The tooltip near the end of a graph, where a young demo has data, as lines."""
    box = panel_of(page, OVERVIEW, title).locator(".u-over").bounding_box()
    x, y = box["x"] + box["width"] * 0.97, box["y"] + box["height"] / 2
    page.mouse.move(x - 5, y)
    page.mouse.move(x, y)
    tooltip = page.locator('[data-testid="data-testid viz-tooltip-wrapper"]')
    tooltip.first.wait_for()
    return tooltip.first.inner_text().splitlines()


def test_hovering_shows_the_value_of_that_moment(running, overview):
    lines = hover(overview.page, "QPS")
    moment = time.mktime(time.strptime(lines[0], "%Y-%m-%d %H:%M:%S")) - time.timezone
    assert running.from_ms <= moment * 1000 <= running.to_ms
    (query, *_) = [
        target["expr"] for panel in panels(OVERVIEW) if panel["title"] == "QPS" for target in panel["targets"]
    ]
    found = running.api_data("query", query=with_variables(query), time=moment)
    assert found, f"nothing at {lines}"
    for series in found:
        legend = "{job} {model_name}".format_map(series["metric"])
        shown = lines[lines.index(legend) + 1]
        assert same(shown, float(series["value"][1])), (legend, shown, series)


def test_a_choice_asks_again_for_what_was_chosen(overview):
    page = overview.page
    page.locator('[data-variable="job"] input').click()
    with page.expect_request(
        lambda request: "hunyuanocr" in urllib.parse.unquote(request.url + (request.post_data or ""))
    ):
        page.get_by_text("hunyuanocr", exact=True).last.click()
        page.keyboard.press("Escape")
    page.wait_for_url(lambda url: "var-job=hunyuanocr" in url)
    overview.ready()
    legend = panel_of(page, OVERVIEW, "QPS").inner_text()
    assert "hunyuanocr tencent/HunyuanOCR" in legend
    assert "qwen" not in legend


def test_dragging_over_a_graph_zooms_into_that_time(running, overview):
    page = overview.page
    box = panel_of(page, OVERVIEW, "QPS").locator(".u-over").bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.25, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.75, y, steps=5)
    page.mouse.up()
    page.wait_for_url(lambda url: f"from={running.from_ms}" not in url)
    overview.ready()
    chosen = urllib.parse.parse_qs(urllib.parse.urlsplit(page.url).query)
    width_ms = RANGE_MS / box["width"]
    assert int(chosen["from"][0]) == pytest.approx(running.from_ms + RANGE_MS * 0.25, abs=2 * width_ms + 1)
    assert int(chosen["to"][0]) == pytest.approx(running.from_ms + RANGE_MS * 0.75, abs=2 * width_ms + 1)


@pytest.mark.parametrize(("chosen", "drawn"), [({}, {"p50", "p95"}), ({"var-lines": "p99"}, {"p99"})])
def test_the_lines_of_latency_are_those_that_are_chosen(running, watched, chosen, drawn):
    page = watched().open(running.address(SERVING, **chosen))
    legend = panel_of(page, SERVING, "End-to-end latency").inner_text()
    assert set(re.findall(r"^(average|p\d+) ", legend, re.MULTILINE)) == drawn
    page.close()


def test_alerts_are_listed_with_their_states(running, watched):
    found = watched()
    page = found.open(f"{running.url}/alerts")
    shown = page.eval_on_selector_all("[data-alert]", "(all) => all.map(({ dataset }) => dataset.alert)")
    names = {rule["alert"] for file in BUNDLE.alerts.values() for group in file["groups"] for rule in group["rules"]}
    assert set(shown) == names
    assert page.locator('[data-alert="Watchdog"]').get_attribute("data-state") == "firing"
    assert found.errors == []
    page.close()


def test_the_start_page_leads_to_every_board(running, watched):
    found = watched()
    page = found.open(f"{running.url}/")
    for board in BOARDS.values():
        page.get_by_role("link", name=board["title"], exact=True).wait_for()
    assert found.errors == []
    page.close()


@pytest.mark.parametrize("uid", UIDS)
def test_every_panel_is_drawn(shown, boards, uid):
    found = boards(shown, uid).panels.values()
    assert [panel["title"] for panel in found] == [panel["title"] for panel in panels(uid)]
    assert [panel["title"] for panel in found if panel["state"] not in ("done", "nodata")] == []
    empty = [panel["title"] for panel in found if panel["state"] == "nodata"]
    assert [title for title in empty if (uid, title) not in MAY_BE_EMPTY] == []
    assert [title for title in empty if values(shown, uid, title)] == []


@pytest.mark.parametrize("uid", UIDS)
def test_every_panel_has_its_place_in_the_grid(shown, boards, uid):
    drawn = boards(shown, uid)
    column = (drawn.frame["width"] - GAP * (COLUMNS - 1)) / COLUMNS
    for panel in panels(uid):
        place, shown = panel["gridPos"], drawn.panels[str(panel["id"])]
        wanted = {
            "x": drawn.frame["x"] + place["x"] * (column + GAP),
            "y": drawn.frame["y"] + place["y"] * (ROW + GAP),
            "width": place["w"] * column + (place["w"] - 1) * GAP,
            "height": place["h"] * ROW + (place["h"] - 1) * GAP,
        }
        assert {key: shown[key] for key in wanted} == pytest.approx(wanted, abs=1.5), panel["title"]


@pytest.mark.parametrize("uid", UIDS)
def test_nothing_is_asked_elsewhere_and_nothing_goes_wrong(shown, boards, uid):
    assert boards(shown, uid).hosts <= {"127.0.0.1"}
    assert boards(shown, uid).errors == []
