"""A click on a name opens the board of what was clicked, whatever signs the name has."""

import urllib.parse
from dataclasses import dataclass

import pytest

from glassbox.standin.folder_content import FolderContent
from glassbox.view.local_grafana import PrometheusAddress, serving
from tests.support.fake_prometheus import fake_prometheus
from tests.support.ours import our_bundle

# Each of these signs means something else within an address.
MODEL, INSTANCE = "a+b&c#d%e", "10.0.0.1:8000"
LABELS = {"job": "a+b&c", "instance": INSTANCE, "model_name": MODEL, "model_version": "v", "gpu": "0"}


@dataclass(frozen=True)
class Click:
    """A click on a name in a panel, the board that it opens, the variable that has the name there, and what queries say of it."""

    board: str
    panel: str
    name: str
    opened: str
    variable: str
    matcher: str


OF_MODEL = 'model_name=~"a\\\\+b&c#d%e"'
CLICKS = [
    Click("capacity-and-diagnosis", "Evidence by model", MODEL, "llm-serving", "model", OF_MODEL),
    Click("cost-and-energy", "Models", MODEL, "llm-serving", "model", OF_MODEL),
    Click("inference-overview", "Health", INSTANCE, "replicas", "instance", 'instance=~"10\\\\.0\\\\.0\\\\.1:8000"'),
]


@pytest.fixture(scope="module")
def server():
    boards = list(our_bundle().dashboards.values())
    with fake_prometheus(LABELS, value=1) as prometheus, serving(PrometheusAddress(prometheus.url)) as server:
        server.show(FolderContent("f", "F", boards))
        yield server


@pytest.mark.parametrize("click", CLICKS, ids=[click.board for click in CLICKS])
def test_a_click_on_a_name_opens_its_board_with_it_chosen(server, watched, click):
    found = watched()
    page = found.open(f"{server.url}/d/glassbox-{click.board}")
    asked = []
    page.on("request", lambda request: asked.append(urllib.parse.unquote_plus(request.post_data or request.url)))
    panel = page.locator(f'section[data-panel-title="{click.panel}"]')
    panel.get_by_role("link", name=click.name, exact=True).first.click()
    page.wait_for_url(lambda url: f"/d/glassbox-{click.opened}?" in url)
    found.ready()
    chosen = urllib.parse.parse_qs(urllib.parse.urlsplit(page.url).query)
    wanted = {click.variable: click.name, "job": LABELS["job"]}
    for variable, name in wanted.items():
        assert chosen[f"var-{variable}"] == [name]
        assert page.locator(f'[data-variable="{variable}"]').inner_text().splitlines()[1:] == [name]
    assert any(click.matcher in query for query in asked)
    assert found.errors == []
    page.close()
