"""Why content could not be built, as a real browser shows it: above the panels, of which it covers nothing."""

from glassbox.standin.folder_content import FolderContent
from glassbox.standin.live import Problem
from glassbox.view.local_grafana import PrometheusAddress, serving
from tests.support.fake_prometheus import fake_prometheus
from tests.support.waiting import eventually

BOARD = {
    "uid": "b",
    "title": "B",
    "panels": [
        {"type": "text", "title": f"P{row}", "gridPos": {"x": 0, "y": 8 * row, "w": 24, "h": 8}} for row in range(6)
    ],
}


def test_the_note_of_a_failure_covers_no_panel(watched):
    with fake_prometheus({}) as prometheus, serving(PrometheusAddress(prometheus.url)) as server:
        server.show(FolderContent("f", "F", [BOARD]))
        page = watched().open(f"{server.url}/d/b")
        page.set_viewport_size({"width": 1280, "height": 900})
        before = page.locator("#panels").bounding_box()["y"]
        server.live.failed(Problem("first line\n" * 5, "dashboards/gpu.py", 7))
        note = page.get_by_test_id("failure")
        note.wait_for()
        box = note.bounding_box()
        assert "dashboards/gpu.py:7" in note.inner_text()
        assert eventually(lambda: page.locator("#panels").bounding_box()["y"] >= before + box["height"] - 1, 10)
        page.mouse.wheel(0, 10_000)
        assert eventually(lambda: note.bounding_box()["y"] < 0, 10)
        page.close()
