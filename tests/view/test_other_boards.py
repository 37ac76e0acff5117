"""Boards that somebody else wrote: shown again when their file changes, and harmless whatever is in them."""

import json
import threading
from urllib.parse import parse_qsl, urlsplit

import pytest

from glassbox.standin.folder_content import FolderContent
from glassbox.view.board_files import BoardFiles
from glassbox.view.local_grafana import PrometheusAddress, serving
from glassbox.view.preview import Shown, follow, show
from tests.support.fake_prometheus import fake_prometheus
from tests.support.paths import ROOT

BAD = ("Bad", "javascript:window.harmed=1")
MARKUP = '<img src=x onerror="window.harmed=1"><script>window.harmed=1</script>'
TYPES = (
    "timeseries",
    "stat",
    "gauge",
    "bargauge",
    "table",
    "barchart",
    "state-timeline",
    "text",
    "heatmap",
    "nonsense",
)


@pytest.fixture(scope="module")
def prometheus():
    labels = {
        "__name__": "m",
        "job": MARKUP,
        "__proto__": "polluted",
        "constructor": "c",
        "instance": "h:1",
        "le": "5",
        "long": "x" * 10_000,
    }
    with fake_prometheus(labels) as server:
        yield server


@pytest.fixture(scope="module")
def server(prometheus):
    with serving(PrometheusAddress(prometheus.url)) as server:
        yield server


def board(*panels, **fields):
    placed = [
        {"id": number, "gridPos": {"x": 0, "y": 8 * number, "w": 24, "h": 8}, "type": "stat"} | panel
        for number, panel in enumerate(panels, start=1)
    ]
    return {"uid": "b", "title": "Board", "schemaVersion": 42, "panels": placed} | fields


def asking(title, kind="stat", **fields):
    return {"title": title, "type": kind, "targets": [{"refId": "A", "expr": "m", "range": True}]} | fields


def states(page):
    return page.eval_on_selector_all("section[data-panel-id]", "(all) => all.map(({ dataset }) => dataset.state)")


def harmless(found):
    assert found.hosts <= {"127.0.0.1"}
    assert found.page.evaluate("() => [window.harmed, {}.polluted, Object.prototype.polluted]") == [None, None, None]
    assert found.page.locator("main script, section script, section img[src='x']").count() == 0
    found.page.close()


def test_a_saved_file_is_on_the_open_page_and_an_error_too(server, watched, tmp_path):
    file = tmp_path / "board.json"
    file.write_text(json.dumps(board(asking("Before"))))
    shown = Shown(ROOT / "deploy.py", files=(tmp_path,))
    since = shown.stamps()
    show(server, shown)
    said = []
    watching, stopped = threading.Event(), threading.Event()

    def reload():
        for line in follow(server, shown, since, stopped=stopped):
            said.append(line)
            watching.set()

    thread = threading.Thread(target=reload)
    thread.start()
    try:
        assert watching.wait(20)
        found = watched()
        page = found.open(f"{server.url}/d/b")
        page.locator('section[data-panel-title="Before"]').wait_for()
        file.write_text(json.dumps(board(asking("After"))))
        page.locator('section[data-panel-title="After"][data-state="done"]').wait_for()
        file.write_text('{\n"title": 1\n,,}')
        page.get_by_text("it is not JSON").wait_for()
        assert "board.json" in page.locator("body").inner_text()
        assert page.locator('section[data-panel-title="After"]').count() == 1
        file.write_text(json.dumps(board(asking("Again"))))
        page.locator('section[data-panel-title="Again"][data-state="done"]').wait_for()
        assert page.get_by_text("it is not JSON").count() == 0
        assert found.errors == []
        page.close()
    finally:
        stopped.set()
        thread.join()
    assert any("Not shown" in line for line in said)


def test_what_a_board_needs_first_is_asked_while_its_script_loads_and_only_once(prometheus, watched):
    # At an address of its own, of which the browser keeps nothing yet.
    with serving(PrometheusAddress(prometheus.url)) as server:
        server.show(FolderContent("f", "F", [board(asking("Value"), uid="it's")]))
        found = watched()
        asked = []
        found.page.on("request", lambda request: asked.append(request.url.removeprefix(server.url)))
        page = found.open(f"{server.url}/d/it's")
        assert states(page) == ["done"]
        for path in ("/api/dashboards/uid/it's", "/api/datasources"):
            assert asked.count(path) == 1
        assert len([path for path in asked if "/query" in path]) == 1
        fonts = [path for path in asked if path.endswith(".woff2")]
        assert len(set(fonts)) == len(fonts) == 3
        starts = page.evaluate(
            "() => performance.getEntriesByType('resource').map(({ name, startTime, responseEnd }) => [name, startTime, responseEnd])"
        )
        times = {name.removeprefix(server.url): (start, end) for name, start, end in starts}
        (script,) = [path for path in times if path.endswith(".js")]
        assert max(times[path][0] for path in ("/api/dashboards/uid/it's", *fonts)) < times[script][1]
        harmless(found)


def test_a_refresh_keeps_the_sorted_legend(server, watched):
    legend = {"displayMode": "table", "calcs": ["last"]}
    server.show(FolderContent("f", "F", [board(asking("Graph", "timeseries", options={"legend": legend}))]))
    found = watched()
    page = found.open(f"{server.url}/d/b")
    page.locator("th", has_text="Last").click()
    sorted_by = page.locator("th:has(svg)")
    assert sorted_by.count() == 1
    with page.expect_response(lambda response: "query_range" in response.url):
        page.get_by_label("Refresh dashboard").first.click()
    found.ready()
    assert sorted_by.count() == 1
    harmless(found)


def linked(*links):
    return {"defaults": {"links": [{"title": title, "url": url} for title, url in links]}, "overrides": []}


def click_middle(page, title, selector=".u-over"):
    box = page.locator(f'section[data-panel-title="{title}"] {selector}').first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 5, y)
    page.mouse.move(x, y)
    return x, y


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("timeseries", {}),
        ("state-timeline", {}),
        ("heatmap", {"targets": [{"refId": "A", "expr": "m", "range": True, "format": "heatmap"}]}),
    ],
)
def test_a_click_pins_the_tooltip_with_the_data_links_of_its_value(server, watched, kind, fields):
    links = linked(("To $__from", "/d/b?var-x=${__field.labels.instance}&at=${__value.time}&${__url_time_range}"), BAD)
    graph = asking("Graph", kind, fieldConfig=links, **fields)
    server.show(FolderContent("f", "F", [board(graph)]))
    found = watched()
    page = found.open(f"{server.url}/d/b?from=1760000000000&to=1760003600000")
    x, y = click_middle(page, "Graph")
    page.locator('[data-testid="data-testid viz-tooltip-wrapper"]').wait_for()
    assert page.get_by_role("link", name="To ").count() == 0
    page.mouse.click(x, y)
    link = page.get_by_role("link", name="To 1760000000000")
    link.wait_for()
    asked = dict(parse_qsl(urlsplit(link.get_attribute("href")).query))
    assert 1760000000000 <= int(asked.pop("at")) <= 1760003600000
    assert asked == {"var-x": "h:1", "from": "1760000000000", "to": "1760003600000"}
    assert page.get_by_role("link", name="Bad").get_attribute("href") == "about:blank"
    page.mouse.move(x + 200, y + 20)
    assert link.is_visible()
    page.keyboard.press("Escape")
    link.wait_for(state="detached")
    click_middle(page, "Graph")
    page.mouse.click(x, y)
    link.click()
    page.wait_for_url(lambda url: "var-x=h" in url)
    harmless(found)


def test_without_data_links_a_click_on_states_pins_nothing(server, watched):
    server.show(FolderContent("f", "F", [board(asking("Graph", "state-timeline"))]))
    found = watched()
    page = found.open(f"{server.url}/d/b")
    x, y = click_middle(page, "Graph")
    tooltip = page.locator('[data-testid="data-testid viz-tooltip-wrapper"]')
    tooltip.wait_for()
    page.mouse.click(x, y)
    page.mouse.move(0, 0)
    tooltip.wait_for(state="detached")
    harmless(found)


@pytest.mark.parametrize("count", [1, 2])
def test_a_bar_leads_to_its_data_links(server, watched, count):
    links = [("First", "/d/b?var-x=${__data.fields.instance}&v=${__value.raw}"), ("Second", "/d/b?var-x=second")]
    table = [{"refId": "A", "expr": "m", "format": "table", "instant": True}]
    bars = asking("Bars", "barchart", fieldConfig=linked(*links[:count]), options={"xField": "instance"}, targets=table)
    server.show(FolderContent("f", "F", [board(bars)]))
    found = watched()
    page = found.open(f"{server.url}/d/b")
    page.mouse.click(*click_middle(page, "Bars", "rect"))
    if count == 2:
        page.get_by_text("First", exact=True).click()
    page.wait_for_url(lambda url: "var-x=h" in url and "v=42" in url)
    harmless(found)


def test_markup_in_titles_labels_and_texts_is_text(server, watched):
    text = asking(MARKUP, "text", options={"mode": "html", "content": MARKUP}, description=MARKUP)
    panels = [asking(MARKUP, kind, description=MARKUP) for kind in TYPES if kind != "text"]
    links = [{"title": MARKUP, "url": "javascript:window.harmed=1", "type": "link"}]
    server.show(FolderContent("f", MARKUP, [board(text, *panels, title=MARKUP, tags=[MARKUP], links=links)]))
    found = watched()
    page = found.open(f"{server.url}/d/b")
    assert len(states(page)) == len(TYPES)
    assert "loading" not in states(page)
    assert page.locator('a[href^="javascript:"]').count() == 0
    harmless(found)


def test_one_broken_panel_leaves_the_others_alone(server, watched):
    broken = [
        {"title": "no type", "type": None, "targets": "none"},
        {
            "title": "odd options",
            "type": "timeseries",
            "options": 5,
            "fieldConfig": [],
            "targets": [{"refId": "A", "expr": "m"}],
        },
        {"title": "odd overrides", "type": "stat", "fieldConfig": {"defaults": None, "overrides": [{"matcher": 1}]}},
        {"title": "odd transformations", "type": "table", "transformations": [{"id": "nonsense", "options": 1}]},
    ]
    server.show(FolderContent("f", "F", [board(asking("Fine"), *broken, asking("Fine too"))]))
    found = watched()
    page = found.open(f"{server.url}/d/b")
    for title in ("Fine", "Fine too"):
        assert page.locator(f'section[data-panel-title="{title}"][data-state="done"]').count() == 1
    harmless(found)


def test_a_board_of_old_rows_and_panels_is_drawn(server, watched):
    targets = [{"refId": "A", "expr": "m"}]
    old = [
        {"title": "Graph", "type": "graph", "span": 6, "targets": targets, "yaxes": [{"format": "percentunit"}, {}]},
        {"title": "Single", "type": "singlestat", "span": 6, "targets": targets, "format": "bytes"},
    ]
    rows = [{"title": "Row", "showTitle": True, "panels": old}]
    server.show(FolderContent("f", "F", [{"uid": "b", "title": "Old", "schemaVersion": 12, "rows": rows}]))
    found = watched()
    page = found.open(f"{server.url}/d/b")
    assert states(page) == ["done", "done"]
    shown = page.locator('section[data-panel-title="Single"]').inner_text()
    assert shown.split() == ["Single", "42", "B"]
    boxes = [page.locator(f'section[data-panel-title="{title}"]').bounding_box() for title in ("Graph", "Single")]
    assert boxes[0]["y"] == boxes[1]["y"]
    assert boxes[0]["x"] < boxes[1]["x"]
    harmless(found)


def test_a_heatmap_that_would_be_calculated_says_that_it_is_not_drawn(server, watched):
    server.show(FolderContent("f", "F", [board(asking("Heat", "heatmap", options={"calculate": True}))]))
    found = watched()
    page = found.open(f"{server.url}/d/b")
    assert states(page) == ["unsupported"]
    assert "heatmap (options.calculate)" in page.locator("section[data-panel-id]").inner_text()
    harmless(found)


def test_names_of_prototypes_are_names(server, watched):
    variables = [
        {"name": name, "type": "custom", "query": "a,b", "current": {"value": "a"}}
        for name in ("__proto__", "constructor")
    ]
    raw = json.dumps(board(asking("$constructor ${__proto__}"), templating={"list": variables}))
    hostile = json.loads(raw.replace('"title": "Board"', '"title": "Board", "__proto__": {"polluted": "yes"}'))
    server.show(FolderContent("f", "F", [hostile]))
    found = watched()
    page = found.open(f"{server.url}/d/b?var-__proto__=b&__proto__[polluted]=yes&var-constructor=b")
    assert states(page) == ["done"]
    harmless(found)


def test_a_text_of_ten_megabytes_is_drawn(server, watched):
    server.show(FolderContent("f", "F", [board(asking("Large", description="x" * 10_000_000), asking("Small"))]))
    found = watched()
    page = found.open(f"{server.url}/d/b")
    assert states(page) == ["done", "done"]
    harmless(found)


def test_a_prometheus_that_is_gone_is_a_sentence_on_each_panel(watched, prometheus):
    with fake_prometheus({}) as ended:
        url = ended.url
    with serving(PrometheusAddress(url)) as server:
        server.show(FolderContent("f", "F", [board(asking("Empty"))]))
        found = watched()
        page = found.open(f"{server.url}/d/b")
        assert states(page) == ["error"]
        found.page.close()


def test_an_exported_board_finds_our_data_source(server, watched, tmp_path):
    source = {"type": "prometheus", "uid": "${DS_PROM}"}
    panel = asking("Value", datasource=source)
    panel["targets"][0]["datasource"] = source
    exported = board(panel, __inputs=[{"name": "DS_PROM", "type": "datasource", "pluginId": "prometheus"}])
    (tmp_path / "exported.json").write_text(json.dumps(exported))
    server.show(FolderContent("f", "F", BoardFiles([tmp_path]).read()[0]))
    found = watched()
    page = found.open(f"{server.url}/d/b")
    assert states(page) == ["done"]
    assert "42" in page.locator("section[data-panel-id]").inner_text()
    harmless(found)
