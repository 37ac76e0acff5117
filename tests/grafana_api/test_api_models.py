"""The answers, held against the models of Grafana's own OpenAPI documents in tests/schemas.

A model names keys and types; it marks few keys as required, so a key that a model does not know is a failure too.
"""

import os
from functools import cache
from typing import Any

import httpx
import jsonschema
import pytest
import yaml

from glassbox.standin.releases import Release
from tests.support.grafana_workspace import Workspace
from tests.support.paths import ROOT

Json = dict[str, Any]
SCHEMAS = ROOT / "tests" / "schemas"
BY_RELEASE: dict[Release, str] = {(13, 0, 0): "13.0", (12, 0, 0): "12.1", (0, 0, 0): "10.4"}
ANYTHING: Json = {}
# A real server may be newer than the newest models, and then its answers have more keys.
EVERY_KEY_IS_KNOWN = not os.environ.get("GRAFANA_URL")

# Where the generated documents are wrong, and why the answer is right
CORRECTIONS: dict[str, Json] = {
    "JSON": ANYTHING,  # interface{}, generated as an integer
    "Duration": {"type": ["integer", "string"]},  # integer seconds in a time range, a text such as "1m" in a rule
    "RelativeTimeRange": {"properties": {"from": {"type": "integer"}, "to": {"type": "integer"}}},
}
MISSING_KEYS: dict[str, Json] = {
    "PostDashboardOKBody": {"slug": {"type": "string"}},  # the document calls it title: a wrong tag in the source
    "ProvisionedAlertRule": {"record": {}},  # came with 11, and the document before 12.1 is that of 10.4
}
WRONGLY_REQUIRED = {
    "PostDashboardOKBody": {"title"},  # see slug
    "DeleteDataSourceByNameOKBody": {"id"},
}
UNTYPED = ("interface{}", "any")  # generated as an integer
UNSOUND = ("enum", "minLength", "pattern")  # enums lack KeepLast and are one text in 10.4; the default uid is empty
# 11.6 answers with an object, while its documents, like that of 12.1, still say array: grafana issue 107764
VERSIONS_MODEL: Json = {"properties": {"continueToken": {"type": "string"}, "versions": {"type": "array"}}}


@cache
def document(release: Release) -> Json:
    """The models of the release, or of the one before it for which there are any."""
    name = next(name for first, name in BY_RELEASE.items() if release >= first)
    content: Json = yaml.safe_load((SCHEMAS / f"grafana-{name}.yaml").read_text(encoding="utf-8"))
    return content


@cache
def validator(release: Release, name: str) -> jsonschema.Draft7Validator:
    """A definition as a JSON Schema with the corrections made; for the stand-in it knows every key."""
    definitions = {key: corrected(key, value) for key, value in document(release)["definitions"].items()}
    return jsonschema.Draft7Validator({"$ref": f"#/definitions/{name}", "definitions": definitions})


def corrected(name: str, definition: Json) -> Json:
    if name in CORRECTIONS:
        return CORRECTIONS[name]
    fixed = dict(definition)
    if "properties" in fixed:
        known = {key: nullable(value) for key, value in fixed["properties"].items()}
        fixed["properties"] = known | MISSING_KEYS.get(name, {})
        fixed["additionalProperties"] = not EVERY_KEY_IS_KNOWN
    fixed["required"] = sorted(set(fixed.get("required", [])) - WRONGLY_REQUIRED.get(name, set()))
    return fixed


def nullable(value: Json) -> Json:
    """What a key may hold: null as well, since Go writes it for an unset pointer or list."""
    if value.get("format") in UNTYPED:
        return ANYTHING
    return {"anyOf": [{key: content for key, content in value.items() if key not in UNSOUND}, {"type": "null"}]}


def check(grafana: Workspace, name: str, answer: httpx.Response | Json) -> None:
    """Fail when the answer does not fit the definition of this release."""
    body = answer.json() if isinstance(answer, httpx.Response) else answer
    validator(grafana.behaviour.release, name).validate(body)


def test_dashboards_fit_their_models(grafana: Workspace, folder: str) -> None:
    saved = grafana.saved(grafana.dashboard("board"), folderUid=folder, message="m")
    path = f"/api/dashboards/uid/{saved['uid']}"
    check(grafana, "PostDashboardOKBody", saved)
    check(grafana, "DashboardFullWithMeta", grafana.http.get(path))
    check(grafana, "DashboardVersionMeta", grafana.http.get(f"{path}/versions/1"))
    check(grafana, "DeleteDashboardByUIDOKBody", grafana.http.delete(path))


def test_versions_fit_their_model(grafana: Workspace, folder: str) -> None:
    uid = grafana.saved(grafana.dashboard("board"), folderUid=folder)["uid"]
    body = grafana.http.get(f"/api/dashboards/uid/{uid}/versions").json()
    if isinstance(body, dict):
        jsonschema.validate(body, VERSIONS_MODEL)
    for item in body["versions"] if isinstance(body, dict) else body:
        check(grafana, "DashboardVersionMeta", item)


def test_folders_fit_their_models(grafana: Workspace, folder: str) -> None:
    inner = grafana.create_folder("inner", parentUid=folder)
    check(grafana, "Folder", grafana.http.get(f"/api/folders/{inner}"))
    for item in grafana.http.get("/api/folders").json():
        check(grafana, "FolderSearchHit", item)
    check(grafana, "DescendantCounts", grafana.http.get(f"/api/folders/{folder}/counts"))
    check(grafana, "DeleteFolderOKBody", grafana.http.delete(f"/api/folders/{inner}"))


def test_search_hits_fit_their_model(grafana: Workspace, folder: str) -> None:
    grafana.saved(grafana.dashboard("board", tags=["t"]), folderUid=folder)
    for hit in grafana.http.get("/api/search").json():
        check(grafana, "Hit", hit)


def test_data_sources_fit_their_models(grafana: Workspace) -> None:
    added = grafana.http.post("/api/datasources", json=grafana.data_source("source"))
    path = f"/api/datasources/uid/{grafana.uid('source')}"
    check(grafana, "AddDataSourceOKBody", added)
    check(grafana, "DataSource", grafana.http.get(path))
    check(grafana, "UpdateDataSourceByUIDOKBody", grafana.http.put(path, json=grafana.data_source("source")))
    for item in grafana.http.get("/api/datasources").json():
        check(grafana, "DataSource", item | {"secureJsonFields": {}})
    check(grafana, "DeleteDataSourceByNameOKBody", grafana.http.delete(path))


def test_rules_and_groups_fit_their_models(grafana: Workspace, folder: str, rule: Json) -> None:
    request = {"title": "group", "folderUid": folder, "interval": 60, "rules": [rule]}
    check(grafana, "AlertRuleGroup", grafana.http.put(grafana.group_path(folder, "group"), json=request))
    check(grafana, "AlertRuleGroup", grafana.http.get(grafana.group_path(folder, "group")))
    check(grafana, "ProvisionedAlertRule", grafana.http.get(f"/api/v1/provisioning/alert-rules/{rule['uid']}"))


def test_a_whole_rule_as_sent_fits_the_model(grafana: Workspace, folder: str, rule: Json) -> None:
    whole = rule | {"orgID": 1, "folderUID": folder, "ruleGroup": "group"}
    check(grafana, "ProvisionedAlertRule", whole)


def test_the_rest_fits_its_models(grafana: Workspace) -> None:
    check(grafana, "OrgDetailsDTO", grafana.http.get("/api/org"))
    check(grafana, "PostAnnotationOKBody", grafana.http.post("/api/annotations", json={"text": grafana.prefix}))
    check(grafana, "Route", grafana.http.get("/api/v1/provisioning/policies"))
    for point in grafana.http.get("/api/v1/provisioning/contact-points").json():
        check(grafana, "EmbeddedContactPoint", point)
    if "HealthResponse" in document(grafana.behaviour.release)["definitions"]:
        check(grafana, "HealthResponse", grafana.http.get("/api/health"))


def test_every_release_has_models_of_its_own() -> None:
    assert sorted(path.name for path in SCHEMAS.glob("grafana-1*.yaml")) == sorted(
        f"grafana-{name}.yaml" for name in BY_RELEASE.values()
    )
    assert [len(document(release)["definitions"]) for release in BY_RELEASE] == [41, 40, 37]


def test_a_wrong_type_or_an_unknown_key_would_be_noticed(grafana: Workspace, folder: str) -> None:
    body = grafana.http.get(f"/api/folders/{folder}").json()
    for wrong in (body | {"version": "1"}, *[body | {"colour": "red"}] * EVERY_KEY_IS_KNOWN):
        with pytest.raises(jsonschema.ValidationError):
            check(grafana, "Folder", wrong)
