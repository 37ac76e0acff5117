"""Objectives and burn windows: the workbook's numbers, and friendly refusals."""

import pytest

from alerts.slo import group
from glassbox.errors import GlassboxError
from glassbox.query.slo import DEFAULT_SLOS, PAGE_WINDOWS, TICKET_WINDOWS, Slo, outage_seconds, window_text
from glassbox.settings.loading import load_settings
from glassbox.settings.model import Settings
from tests.support.ours import our_bundle

WINDOWS = (*PAGE_WINDOWS, *TICKET_WINDOWS)


def latency(name="slow", objective_ratio=0.95, threshold_seconds=10):
    return Slo(
        name=name, indicator="request_latency", objective_ratio=objective_ratio, threshold_seconds=threshold_seconds
    )


def rules(settings):
    bundle = our_bundle(settings)
    return [rule for file in (*bundle.recording_rules.values(), *bundle.alerts.values()) for rule in of(file)]


def of(file):
    return [rule for group in file["groups"] for rule in group["rules"]]


@pytest.mark.parametrize(("budget_ratio", "minutes"), [(0.001, 0.864), (0.005, 4.32), (0.01, 8.64), (0.05, 43.2)])
def test_a_full_outage_pages_as_soon_as_the_first_window_burns(budget_ratio, minutes):
    assert outage_seconds(budget_ratio, 30) / 60 == pytest.approx(minutes)


@pytest.mark.parametrize(
    ("settings", "said"),
    [(Settings(), "43 minutes at 95%"), (Settings(slos=(latency(objective_ratio=0.99),)), "9 minutes at 99%")],
)
def test_an_alert_says_how_long_the_widest_budget_burns_before_it_pages(settings, said):
    fast, _ = group(settings).alerts
    assert said in fast.cannot_see


def test_thirty_days_give_the_factors_of_the_workbook():
    assert [window.factor(30) for window in WINDOWS] == [14.4, 6, 3, 1]


def test_the_short_window_is_a_twelfth():
    assert [(window.long, window.short) for window in WINDOWS] == [
        ("1h", "5m"), ("6h", "30m"), ("1d", "2h"), ("3d", "6h"),
    ]  # fmt: skip  # a row is a case


def test_other_periods_move_the_factors_and_not_the_windows():
    assert [window.factor(28) for window in WINDOWS] == [13.44, 5.6, 2.8, 0.933]
    fast = next(rule for rule in rules(Settings(slo_period_days=28)) if rule.get("alert", "").endswith("BurnFast"))
    assert "model:slo_burn:ratio1h > 13.44 and model:slo_burn:ratio5m > 13.44" in fast["expr"]
    assert "The error budget of 28 days" in fast["annotations"]["description"]


@pytest.mark.parametrize(("seconds", "text"), [(300, "5m"), (1800, "30m"), (7200, "2h"), (259200, "3d")])
def test_a_window_is_written_in_the_largest_unit_that_fits(seconds, text):
    assert window_text(seconds) == text


def test_the_defaults_promise_what_the_documents_say():
    assert [slo.promise for slo in DEFAULT_SLOS] == [
        "99.5% of requests are answered without a server error, before their callers give up",
        "95% of requests are answered within 10 s",
        "95% of requests see their first token within 2.5 s",
        "95% of requests get their tokens at no more than 0.1 s each",
    ]
    assert [slo.budget_ratio for slo in DEFAULT_SLOS] == [0.005, 0.05, 0.05, 0.05]


def judged_first(settings):
    """The rules of the engine and of the exporter whose buckets the settings name."""
    return our_bundle(settings).recording_rules["slo.yaml"]["groups"][0]["rules"]


def test_objectives_come_from_the_settings_file(tmp_path):
    file = tmp_path / "settings.yaml"
    file.write_text(
        "slo_period_days: 28\n"
        "slos: [{name: pages, indicator: request_latency, objective_ratio: 0.99, threshold_seconds: 30}]\n"
    )
    settings = load_settings(file)
    assert settings.slos == (latency("pages", 0.99, 30),)
    recorded = [rule for rule in judged_first(settings) if rule.get("labels", {}).get("slo") == "pages"]
    assert recorded[0]["expr"] == "vector(0.01)"
    assert all('le=~"30([.]0)?"' in rule["expr"] for rule in recorded[1:])
    assert not any("goodput" in rule.get("record", "") for rule in rules(settings))


def test_two_objectives_may_share_an_indicator():
    names = ("usual", "worst")
    settings = Settings(slos=(latency("usual"), latency("worst", 0.99, 60)))
    judged = [rule for rule in judged_first(settings) if rule.get("record") == "model:slo_bad_events:rate"]
    assert [(rule["labels"]["slo"], bound in rule["expr"]) for rule, bound in zip(judged, ('=~"10([.]0)?"', '=~"60([.]0)?"'), strict=True)] == [
        (name, True) for name in names
    ]  # fmt: skip  # a row is a case


def test_no_objectives_mean_no_objectives():
    assert not [rule for rule in rules(Settings(slos=())) if rule.get("record", "").startswith("slo:")]


@pytest.mark.parametrize(
    ("interval_seconds", "period_interval"), [(10, "40s"), (30, "120s"), (60, "120s"), (300, "300s")]
)
def test_the_period_is_summed_more_rarely_but_never_so_rarely_that_it_is_forgotten(interval_seconds, period_interval):
    files = our_bundle(Settings(evaluation_interval_seconds=interval_seconds)).recording_rules
    assert files["slo.yaml"]["groups"][0]["interval"] == f"{interval_seconds}s"
    assert files["slo-period.yaml"]["groups"][0]["interval"] == period_interval


REFUSED = {
    "no threshold": (
        lambda: Slo(name="a", indicator="time_to_first_token", objective_ratio=0.9),
        r"^Setting slos, entry 'a': time_to_first_token needs threshold_seconds; add it\.$",
    ),
    "a threshold too many": (
        lambda: Slo(name="a", indicator="availability", objective_ratio=0.9, threshold_seconds=1),
        r"^Setting slos, entry 'a': availability does not take threshold_seconds; remove it\.$",
    ),
    "one name twice": (
        lambda: Settings(slos=(latency("a"), latency("a", 0.99))),
        r"^Setting slos: two entries are called 'a'; rename one\.$",
    ),
    "a budget that cannot burn fast enough": (
        lambda: Settings(slos=(latency("a", 0.8),)),
        r"^Setting slos, entry 'a': with an objective_ratio of 0\.8 even a full outage does not burn the budget 6 times too fast, .* use 0\.834 or more\.$",
    ),
    "no bucket": (
        lambda: our_bundle(Settings(slos=(latency("a", threshold_seconds=7),))),
        r"^Setting slos, entry 'a', threshold_seconds: 7 is not a bucket of .*; its buckets are 0\.3, 0\.5",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_wrong_objective_is_refused_in_one_sentence_that_names_it(case):
    make, message = REFUSED[case]
    with pytest.raises(GlassboxError, match=message):
        make()


def test_the_lowest_objective_that_is_named_is_accepted():
    assert Settings(slos=(latency("a", 0.834),)).slos[0].objective_ratio == 0.834


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "slos: [{name: a, indicator: latency, objective_ratio: 0.9}]",
            r"slos\.0\.indicator: must be one of availability, .*, not 'latency'",
        ),
        (
            "slos: [{name: a, indicator: availability, objective_ratio: 99.5}]",
            r"slos\.0\.objective_ratio: must be above 0 and below 1, not 99\.5",
        ),
        ("slos: [{name: a, indicator: availability}]", r"slos\.0: the key 'objective_ratio' is missing"),
        ("slo_period_days: 1", r"slo_period_days: must be at least 7 and at most 92, not 1"),
    ],
)
def test_a_wrong_settings_file_is_refused(tmp_path, text, message):
    file = tmp_path / "settings.yaml"
    file.write_text(text)
    with pytest.raises(GlassboxError, match=message):
        load_settings(file)
