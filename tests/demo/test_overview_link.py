"""Where the demo's boards open."""

from urllib.parse import parse_qs, urlsplit

from demo.demo import overview_url
from tests.support.ours import our_bundle


def test_the_overview_opens_on_the_time_that_has_data():
    link = urlsplit(overview_url("http://127.0.0.1:3000", 1_790_000_000_000))
    assert link.path.removeprefix("/d/") in our_bundle().dashboards
    assert parse_qs(link.query) == {"from": ["1790000000000"], "to": ["now"]}
