"""Titles of our boards as a real browser draws them: nothing is cut."""

import pytest

from glassbox.standin.folder_content import FolderContent
from glassbox.view.local_grafana import PrometheusAddress, serving
from tests.support.fake_prometheus import fake_prometheus
from tests.support.ours import our_bundle
from tests.support.waiting import eventually

BOARDS = our_bundle().dashboards
LABELS = {"job": "vllm", "instance": "10.0.0.1:8000", "model_name": "m", "model_version": "v", "gpu": "0"}
# Titles of panels at the width that boards are made for. Those of rows, which span the board, on small screens too, and
# on the overview, which is read from anywhere, all.
OVERVIEW = "glassbox-inference-overview"
ALL, OF_ROWS = "section h2, button[data-row-id]", "button[data-row-id]"
CUT = """(all) => all.filter((one) => one.scrollWidth > one.clientWidth || one.scrollHeight > one.clientHeight + 4)
  .map((one) => one.innerText)"""


@pytest.fixture(scope="module")
def server():
    with fake_prometheus(LABELS) as prometheus, serving(PrometheusAddress(prometheus.url)) as server:
        server.show(FolderContent("f", "F", list(BOARDS.values())))
        yield server


@pytest.mark.parametrize("uid", BOARDS)
def test_no_title_is_cut(server, watched, uid):
    page = watched().open(f"{server.url}/d/{uid}")
    rows = [panel["title"] for panel in BOARDS[uid]["panels"] if panel["type"] == "row"]
    assert page.locator("button[data-row-id]").all_inner_texts() == rows
    for width, titles in {1920: ALL, 1280: ALL if uid == OVERVIEW else OF_ROWS}.items():
        page.set_viewport_size({"width": width, "height": 3600})
        page.wait_for_function("(width) => document.getElementById('panels').clientWidth < width", arg=width)
        # Panels take their places one after the other.
        assert eventually(lambda cut=titles: not page.eval_on_selector_all(cut, CUT), 10), (
            width,
            page.eval_on_selector_all(titles, CUT),
        )
    page.close()
