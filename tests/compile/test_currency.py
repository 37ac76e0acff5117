"""Money is printed in the settings' currency, under the ids that Grafana knows."""

import json

import pytest

from dashboards.choices import GPU_JOB
from glassbox.board.assembling import assemble
from glassbox.board.dashboard import dashboard, row
from glassbox.board.grafanalib_objects import grafanalib_dashboard
from glassbox.board.panels import comparison, stat
from glassbox.board.style import CURRENCY
from glassbox.compile.currency import print_in
from glassbox.compile.normalise import normalised_dashboard, plain
from glassbox.query.promql import instant, sum_by
from glassbox.settings.model import Cost, Settings
from glassbox.settings.schema import SCHEMA_FILE
from recording_rules import cost, gpu
from tests.support.ours import our_bundle

SCHEMA = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
CODES = SCHEMA["properties"]["cost"]["properties"]["currency"]["enum"]
# What Grafana itself prints for these ids (its valueFormats/categories.ts); CNY has no id, so its sign is given.
KNOWN_TO_GRAFANA = {
    "currencyUSD", "currencyGBP", "currencyEUR", "currencyJPY", "currencyRUB", "currencyUAH", "currencyBRL",
    "currencyDKK", "currencyISK", "currencyNOK", "currencySEK", "currencyCZK", "currencyCHF", "currencyPLN",
    "currencyZAR", "currencyINR", "currencyKRW", "currency:¥",
}  # fmt: skip  # a row is a case


def board():
    """A number and a table of two columns, one of which is no money."""
    paid, watts = (sum_by(("job",), query) for query in (cost.price(Settings()), instant(gpu.POWER)))
    panels = (stat("paid", paid, why="w."), comparison("table", {"Paid": paid, "Power": watts}, why="w."))
    built = dashboard("x", "X", question="q?", variables=(GPU_JOB,), rows=(row("money", *panels),))
    return normalised_dashboard(plain(grafanalib_dashboard(assemble(built))), tags=["t"])


def units(compiled):
    _, number, table = compiled["panels"]
    properties = [each for override in table["fieldConfig"]["overrides"] for each in override["properties"]]
    columns = [each["value"] for each in properties if each["id"] == "unit"]
    return number["fieldConfig"]["defaults"]["unit"], *columns


@pytest.mark.parametrize(("code", "unit"), [("EUR", "currencyEUR"), ("CNY", "currency:¥")])
def test_numbers_and_columns_of_money_get_the_currency_and_others_stay(code, unit):
    compiled = board()
    print_in(code, compiled)
    assert units(compiled) == (unit, unit, "watt")


@pytest.mark.parametrize("code", CODES)
def test_every_currency_that_the_settings_allow_is_known_to_grafana(code):
    compiled = board()
    print_in(code, compiled)
    assert units(compiled)[0] in KNOWN_TO_GRAFANA


def test_no_board_is_left_without_its_currency():
    boards = our_bundle(Settings(cost=Cost(currency="EUR"))).dashboards.values()
    assert f'"{CURRENCY}"' not in json.dumps(list(boards))
    assert "currencyUSD" not in json.dumps(list(boards))
