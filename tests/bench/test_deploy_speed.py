"""The measurement of plans and pushes: what it counts, and what it allows."""

import pytest

from bench import deploy_speed
from bench.deploy_speed import DeploySpeed


@pytest.fixture(scope="module")
def counted():
    """The requests of a plan over a server that holds everything already, by the number of dashboards."""

    def requests(count):
        with deploy_speed._server() as server:
            pushed = deploy_speed._measured(server, "push", count)
            again = deploy_speed._measured(server, "plan", count)
            assert (pushed.objects, again.objects) == (count + 1, count + 1)
            assert len(server.state.dashboards) == count
            return again.requests

    return {count: requests(count) for count in (4, 12)}


def test_a_plan_asks_for_each_dashboard_and_for_what_manages_it(counted):
    assert counted[12] - counted[4] == 2 * (12 - 4)


def test_the_rest_of_a_plan_is_a_few_requests(counted):
    assert counted[4] - 2 * 4 <= 13


def test_the_goal_follows_from_the_requests():
    assert DeploySpeed(1001, 1008, 0.0, 0.0).goal_seconds == pytest.approx(1.5 * 1008 / 8 * 0.02 + 2)
