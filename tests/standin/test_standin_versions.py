"""Which release behaves how."""

import pytest

from glassbox.standin.releases import SUPPORTED, Behaviour, behaviour, parse_release


@pytest.mark.parametrize(
    ("version", "release"),
    [
        ("12.0.0+security-01", (12, 0, 0)),
        ("13.1.0-25457266576", (13, 1, 0)),
        ("11.6.2", (11, 6, 2)),
        ("10.4", (10, 4, 0)),
    ],
)
def test_the_leading_numbers_count(version: str, release: tuple[int, int, int]) -> None:
    assert parse_release(version) == release


def test_a_text_that_is_no_version_is_refused() -> None:
    with pytest.raises(ValueError, match="'latest' is not a version of Grafana"):
        parse_release("latest")


def by_release(field: str) -> list[object]:
    return [getattr(behaviour(version), field) for version in SUPPORTED]


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("dashboard_conflict_status", [412, 412, 412, 409]),
        ("dashboard_titles_unique", [True, False, False, False]),
        ("unchanged_dashboard_keeps_version", [False, False, True, True]),
        ("versions_listed_in_object", [False, True, True, True]),
        ("managed_dashboard_locked", [False, False, False, True]),
        ("folder_exists_status", [409, 409, 412, 412]),
        ("folder_names_manager", [False, False, True, True]),
        ("synced_folder_refuses_dashboards", [False, False, True, True]),
        ("synced_folder_refuses_folders", [False, False, False, True]),
        ("synced_folder_refuses_rules", [False, False, True, True]),
        ("rule_titles_unique", [True, True, False, False]),
        ("rule_keeps_firing", [False, False, True, True]),
        ("provenance_mismatch_status", [500, 500, 409, 409]),
        ("rule_put_provenance_mismatch_status", [500, 500, 500, 409]),
        ("contact_point_in_use_status", [500, 409, 409, 409]),
        ("contact_point_provenance_status", [500, 500, 403, 403]),
        ("mute_timing_in_use_status", [500, 409, 409, 409]),
        ("invalid_provenance_status", [500, 403, 403, 403]),
        ("policies_keep_provenance", [False, False, True, True]),
        ("notifications_have_versions", [False, True, True, True]),
        ("rules_open_to_others", [False, True, True, True]),
        ("recording_rules_enabled", [False, False, True, True]),
    ],
)
def test_supported_releases_differ_as_documented(field: str, values: list[object]) -> None:
    assert by_release(field) == values


def test_titles_stopped_being_unique_in_11_3() -> None:
    assert behaviour("11.2.9").dashboard_titles_unique
    assert not behaviour("11.3.0").dashboard_titles_unique


def test_every_field_tells_at_least_two_releases_apart() -> None:
    fields = [name for name in Behaviour.__dataclass_fields__ if name != "release"]
    assert [name for name in fields if len(set(by_release(name))) == 1] == []
