"""Every scenario of the demo on real processes: the right verdict on each model, and exactly the expected alerts."""

from contextlib import ExitStack

import pytest

from demo import demo
from demo.scenarios import MODELS_OF_ENGINES, SCENARIOS
from glassbox.prometheus.board_queries import api_data
from recording_rules.diagnosis import VERDICTS
from tests.support.promtool_boards import query
from tests.support.waiting import eventually

TIMEOUT_SECONDS = 400
# Above the time that the scenarios may take, so that they fail with what they show.
pytestmark = pytest.mark.timeout(1200)
# Two evaluations: what fires only at the next one would be seen.
SETTLED_SECONDS = 20
WORDS = {case.code: case.word for case in VERDICTS}


@pytest.fixture(scope="module")
def told(components, tmp_path_factory):
    """By scenario, what an operator is told in the end, and whatever else while the last evaluations passed.

    All run side by side, since most of their time is waiting.
    """
    with ExitStack() as resources:
        urls = {
            name: demo.start(resources, tmp_path_factory.mktemp(name), scenario, hurried=True).prometheus_url
            for name, scenario in SCENARIOS.items()
        }
        eventually(
            lambda: all(state(name, url) == expected(name) for name, url in urls.items()),
            TIMEOUT_SECONDS,
        )
        found = {name: [state(name, url)] for name, url in urls.items()}
        eventually(lambda: any(differs(found[name], state(name, url)) for name, url in urls.items()), SETTLED_SECONDS)
        # While they run, so that boards can be asked.
        yield found | {(name, "url"): url for name, url in urls.items()}


@pytest.fixture
def engines(told):
    """Prometheus of the scenario of many engines, once it is settled."""
    return told["mixed-engines", "url"]


def differs(seen, now):
    """Whether this is not what was seen last, which is kept."""
    if now == seen[-1]:
        return False
    seen.append(now)
    return True


def expected(name):
    return dict(SCENARIOS[name].verdicts), set(SCENARIOS[name].alerts), set()


def state(name, url):
    """What an operator is told: the verdict on each model, the alerts that fire, and those that are about to.

    What the story has later is left out: on a busy machine it may be there before other stories are settled.
    """
    verdicts = {
        each["metric"]["model_name"]: WORDS[int(each["value"][1])]
        for each in api_data(url, "query", query="model:diagnosis_verdict:code")["result"]
    }
    alerts = api_data(url, "query", query='ALERTS{severity!="heartbeat"}')["result"]
    firing, pending = (
        {each["metric"]["alertname"] for each in alerts if each["metric"]["alertstate"] == alertstate}
        - SCENARIOS[name].later
        for alertstate in ("firing", "pending")
    )
    return verdicts, firing, pending - firing


def on_overview(url, engine, panel):
    """The newest numbers of a panel for one engine's job."""
    asked = query("Inference overview", panel, 0, {"job": engine})
    return [float(each["value"][1]) for each in api_data(url, "query", query=asked)["result"]]


@pytest.mark.parametrize("engine", MODELS_OF_ENGINES)
def test_every_engine_is_on_the_overview_with_what_it_reports(engines, engine):
    assert on_overview(engines, engine, "Targets up") == [1]
    told = {"QPS": 2, "QPS now": 2, "Failed requests": 0} if engine != "llamacpp" else {}
    for panel in ("QPS", "QPS now", "Failed requests"):
        expected_numbers = [pytest.approx(told[panel], rel=0.2)] if panel in told else []
        assert on_overview(engines, engine, panel) == expected_numbers, panel
    tokens = query("LLM serving", "Output", 0, {"job": engine})
    generated = [float(each["value"][1]) for each in api_data(engines, "query", query=tokens)["result"]]
    # 300 a second, once the rate's window of five minutes is full.
    assert [30 < value < 330 for value in generated] == ([] if engine == "triton" else [True])


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_verdict_and_the_alerts_are_those_of_the_story(told, name):
    assert told[name] == [expected(name)]


def test_scenarios_differ_in_what_they_show():
    """Two stories with the same verdicts and alerts would be one."""
    shown = [(tuple(sorted(each.verdicts.items())), each.alerts) for each in SCENARIOS.values()]
    assert len(set(shown)) == len(shown)
