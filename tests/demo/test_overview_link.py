"""Where the demo's boards open."""

import re
import time
from urllib.parse import urlsplit

import httpx

from demo.demo import overview_url, stand_in
from demo.scenarios import Incident
from demo.written_past import WrittenPast
from tests.support.ours import our_bundle


def test_the_demos_link_is_that_of_a_board():
    link = urlsplit(overview_url("http://127.0.0.1:3000"))
    assert link.path.removeprefix("/d/") in our_bundle().dashboards


def test_without_a_past_every_board_opens_on_the_time_from_now_on():
    before_ms = time.time() * 1000
    with stand_in("http://127.0.0.1:9") as server:
        for path in ("/", "/d/glassbox-slo"):
            (since,) = re.findall(r'<meta name="since" content="(\d+)" />', httpx.get(f"{server.url}{path}").text)
            assert before_ms - 1 <= int(since) <= time.time() * 1000


def test_with_a_past_every_page_opens_on_it_and_says_what_it_is():
    past = WrittenPast(1_000_000, 1_014_400, Incident("all was full", "m", 150, 110, "KVCacheFull"))
    with stand_in("http://127.0.0.1:9", past) as server:
        for path in ("/", "/d/glassbox-slo"):
            page = httpx.get(f"{server.url}{path}").text
            assert '<meta name="since" content="1000900000" />' in page
            assert past.notice in page
