"""Settings: defaults without a file, friendly refusals with one."""

import dataclasses
import json
import os
import re
from pathlib import Path

import pytest

from glassbox.errors import GlassboxError
from glassbox.query.rules import Severity
from glassbox.settings.loading import load_settings
from glassbox.settings.messages import WORDS
from glassbox.settings.model import AlertChange, Cost, Exclude, Jobs, Settings, Thresholds, ThresholdsFor
from glassbox.settings.notifications import (
    ContactPoint,
    Integration,
    Interval,
    MuteTiming,
    Notifications,
    NotificationTemplate,
    PolicyRoute,
)
from glassbox.settings.schema import SCHEMA_FILE


def written(tmp_path, text):
    path = tmp_path / "settings.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_no_file_means_the_defaults():
    assert load_settings(None) == Settings()


@pytest.mark.parametrize("text", ["", "{}", "# nothing yet\n"])
def test_an_empty_file_means_the_defaults(tmp_path, text):
    assert load_settings(written(tmp_path, text)) == Settings()


def test_given_values_win_and_the_rest_stay(tmp_path):
    text = "jobs: {services: [ocr], expected: [ocr]}\nthresholds: {qps_low: 2.5}\ngrafana: {data_source: prom}\n"
    settings = load_settings(written(tmp_path, text))
    assert settings.jobs == Jobs(services=("ocr",), expected=("ocr",))
    assert settings.thresholds.qps_low == 2.5
    assert settings.thresholds.kv_cache_high_ratio == 0.9
    assert settings.grafana.data_source == "prom"
    assert settings.grafana.folder_uid == "glassbox"


SHARE = "not 90; it is a ratio: write 90% as 0.9"
ADDRESS = "must be an address such as https://host.example.com/path, without user, password, query, fragment, blanks, quotes and braces."
HUGE = "9" * 400

REFUSED = {
    "threshold: {}": "unknown key 'threshold'; the keys are alerts, alerts_evaluated_by, content, cost, engines, environments, evaluation_interval_seconds, exclude, gpu, grafana, histogram_buckets, identity_labels, jobs, kubernetes, notifications, owners, ruler, runbook_base_url, slo_period_days, slos, thresholds, thresholds_for.",
    "thresholds: {qps_lo: 1}": "thresholds: unknown key 'qps_lo'; the keys are ",
    "thresholds: {qps_lo: 1, qps_low: 2}": "thresholds: unknown key 'qps_lo'",
    "thresholds: {qps_low: many}": "thresholds.qps_low: must be a finite number, not 'many'.",
    "thresholds: {qps_low: yes}": "thresholds.qps_low: must be a finite number, not true.",
    "thresholds: {qps_low: .nan}": "thresholds.qps_low: must be a finite number, not nan.",
    "thresholds: {qps_low: .inf}": "thresholds.qps_low: must be a finite number, not inf.",
    f"thresholds: {{qps_low: {HUGE}}}": "line 1: this number is too large: write a smaller one.",
    f"thresholds: {{minimum_requests: {HUGE}}}": "line 1: this number is too large: write a smaller one.",
    f"thresholds: {{qps_low: 0x{'f' * 5000}}}": "line 1: this number is too large: write a smaller one.",
    r'grafana: {folder_title: "a\ud800b"}': "line 1: this text holds half of a character, such as \\ud83d: write the character itself.",
    '# x\nthresholds_for:\n  - {job: vllm, model_name: "\\ud83d\\ude00", qps_low: 1}': "line 3: this text holds half of a character",
    r'cost: {gpu_prices_per_hour: {"\udc00": 1}}': "line 1: this text holds half of a character",
    "thresholds: {minimum_requests: 2.5}": "thresholds.minimum_requests: must be a whole number, not 2.5.",
    "thresholds: {kv_cache_high_ratio: 90}": f"thresholds.kv_cache_high_ratio: must be above 0 and below 1, {SHARE}.",
    "gpu: {power_limited_ratio: 90}": f"gpu.power_limited_ratio: must be above 0 and at most 1, {SHARE}.",
    "thresholds: {tokens_low_per_second: 0}": "thresholds.tokens_low_per_second: must be above 0, not 0.",
    "thresholds: {down_seconds: 86401}": "thresholds.down_seconds: must be at least 0 and at most 86400, not 86401.",
    "thresholds:": "thresholds: has no value: write keys and values, or remove the key.",
    "jobs: {services: }": "jobs.services: has no value: write a list, such as [a, b], or remove the key.",
    "evaluation_interval_seconds: 15": "evaluation_interval_seconds: must be a multiple of 10, not 15.",
    "evaluation_interval_seconds: 310": "evaluation_interval_seconds: must be at least 10 and at most 300, not 310.",
    "jobs: {services: []}": "jobs.services: needs at least 1 entry; add one, or remove the key.",
    "jobs: {services: ['']}": "jobs.services.0: must be the name of a Prometheus job: text without line breaks, other control characters and addresses that hold a password, not ''.",
    'jobs: {services: ["vllm\\n"]}': r"jobs.services.0: must be the name of a Prometheus job: text without line breaks, other control characters and addresses that hold a password, not 'vllm\n'.",
    "jobs: {services: [vllm, vllm]}": "jobs.services: 'vllm' occurs more than once; keep one.",
    "[1, 2]": "must hold keys and values, not a list",
    "a: [": "is not valid YAML at line",
    "grafana: {folder_uid: a}\ngrafana: {}": ", line 2: the key 'grafana' occurs twice: keep one.",
    "jobs:\n\tservices: [a]": r"is not valid YAML at line 2 (found character '\t' that cannot start any token): correct its syntax.",
    "runbook_base_url: 2024-13-45": "is not valid YAML",
    "runbook_base_url: 2024-12-05": "runbook_base_url: must be text (in quotes where it looks like a number or a date), not 2024-12-05.",
    "a: !!int abc": "is not valid YAML",
    "a: !!int": "is not valid YAML",
    "a: !!bool maybe": "is not valid YAML",
    "a: !!timestamp now": "is not valid YAML",
    "a: !!map [b]": "is not valid YAML",
    f"a: {'[' * 5000}": "is not valid YAML",
    "{1: a, b: c}": "line 1: the key '1' must be text: write it in quotes.",
    "? [a]\n: 1": "line 1: this key must be text",
    "jobs:\n  ? {a: b}\n  : 1": "line 2: this key must be text",
    "jobs: {replicas: {8000: 5, xx: 3}}": "line 1: the key '8000' must be text: write it in quotes.",
    "jobs: {capacity_requests_per_second: {8000: 5}}": "line 1: the key '8000' must be text: write it in quotes.",
    "cost: {gpu_prices_per_hour: {4090: 0.5}}": "line 1: the key '4090' must be text: write it in quotes.",
    "cost: {currency: usd}": "cost.currency: must be one of BRL, CHF, CNY, CZK, DKK, EUR, GBP, INR, ISK, JPY, KRW, NOK, PLN, RUB, SEK, UAH, USD, ZAR, not 'usd'.",
    "cost: {gpu_price_per_hour: -1}": "cost.gpu_price_per_hour: must be at least 0, not -1.",
    "cost: {gpu_price_per_hour: 2 USD}": "cost.gpu_price_per_hour: must be a finite number, not '2 USD'.",
    "cost: {gpu_prices_per_hour: {NVIDIA L4: .nan}}": "cost.gpu_prices_per_hour.NVIDIA L4: must be a finite number, not nan.",
    "cost: {gpu_prices_per_hour: {'': 1}}": "cost.gpu_prices_per_hour: must not be empty.",
    "cost: {gpu_prices_per_hour: [0.5]}": "cost.gpu_prices_per_hour: must be keys and values, not [0.5].",
    "cost: {pages_per_request: 0}": "cost.pages_per_request: must be above 0, not 0.",
    "jobs: {expected: [vlm]}": "jobs.expected: 'vlm' is not among jobs.services; add it there.",
    "jobs: {replicas: {vlm: 1}}": "jobs.replicas: 'vlm' is not among jobs.services; add it there.",
    "jobs: {capacity_requests_per_second: {vlm: 5}}": "jobs.capacity_requests_per_second: 'vlm' is not among jobs.services; add it there.",
    "jobs: {replicas: {vllm: -1}}": "jobs.replicas.vllm: must be at least 0, not -1.",
    "jobs: {replicas: {vllm: 0}, expected: [vllm]}": "jobs.expected: 'vllm' has 0 replicas in jobs.replicas; remove it from one of the two.",
    "owners: {gpu: '{{ x }}'}": "owners.gpu: must be a team's name: letters, digits and . _ @ -, not '{{ x }}'.",
    'owners: {gpu: "a\\n"}': r"owners.gpu: must be a team's name: letters, digits and . _ @ -, not 'a\n'.",
    'grafana: {folder_uid: "a\\n"}': r"grafana.folder_uid: must be at most 20 letters, digits, _ and -, not 'a\n'.",
    f"grafana: {{folder_title: {'a' * 191}}}": "grafana.folder_title: must have at most 190 characters.",
    f"grafana: {{url: [{'a' * 191}]}}": f"not ['{'a' * 55}....",
    "grafana: {url: grafana.example.com}": f"grafana.url: {ADDRESS}",
    "grafana: {variables: {token: glsa_S3cr3t}}": "grafana.variables.token: must be the name of an environment variable: capital letters, digits and _, not beginning with a digit.",
    "grafana: {organisation_id: -1}": "grafana.organisation_id: must be at least 0, not -1.",
    "grafana: {headers: {Authorization: a}}": "grafana.headers: 'Authorization' is a header that every request has already; leave it out.",
    "grafana: {headers: {content-type: a}}": "grafana.headers: 'content-type' is a header that every request has already; leave it out.",
    "grafana: {headers: {'a b': a}}": "grafana.headers: must be the name of a header: letters, digits and -, not 'a b'.",
    "grafana: {client_key: a}": "grafana.client_certificate: is missing; a client certificate needs both files.",
    "grafana: {folder_uid: general}": "grafana.folder_uid: 'general' is a folder of Grafana's own; choose another",
    "grafana: {rules_folder_uid: general}": "grafana.rules_folder_uid: 'general' is a folder of Grafana's own; choose another",
    "grafana: {parent_folder_uid: sharedwithme}": "grafana.parent_folder_uid: 'sharedwithme' is a folder of Grafana's own; choose another",
    "grafana: {parent_folder_uid: glassbox}": "grafana.parent_folder_uid: 'glassbox' is grafana.folder_uid, and a folder cannot be inside itself",
    "grafana: {rules_folder_uid: rules, parent_folder_uid: rules}": "grafana.parent_folder_uid: 'rules' is grafana.rules_folder_uid, and a folder cannot be inside itself",
    "environments: {a: {grafana: {folder_uid: one, parent_folder_uid: one}}}": "environments.a: grafana.parent_folder_uid: 'one' is grafana.folder_uid",
    "environments: {a: {thresholds: {qps_lo: 1}}}": "environments.a.thresholds: unknown key 'qps_lo'; the keys are ",
    "environments: {a: {content: [b]}}": "environments.a: unknown key 'content'; the keys are ",
    "environments: {a: {jobs: {expected: [vlm]}}}": "environments.a: jobs.expected: 'vlm' is not among jobs.services; add it there.",
    "environments: {'a b': {}}": "environments: must be the name of an environment: letters, digits, . _ and -, not 'a b'.",
    "grafana: {url: 'https://g.example.com'}\nenvironments: {a: {}, b: {grafana: {url: 'https://g.example.com/'}}}": "environments.b: goes to the same folder 'glassbox' of the same Grafana as environments.a; give one of them another grafana.folder_uid.",
    "grafana: {url: 'https://g.example.com'}\nenvironments: {a: {}, b: {grafana: {folder_uid: b, rules_folder_uid: glassbox}}}": "environments.b: goes to the same folder 'glassbox' of the same Grafana as environments.a; give one of them another grafana.rules_folder_uid.",
    "grafana: {rules_folder_uid: 'a b'}": "grafana.rules_folder_uid: must be the uid of a folder: at most 40 letters, digits, _ and -, not 'a b'.",
    "slos: [{name: a, indicator: availability}]": "slos.0: the key 'objective_ratio' is missing; add it.",
    'slos: [{name: "a\\n", indicator: availability, objective_ratio: 0.9}]': r"slos.0.name: must be a lowercase letter, then lowercase letters, digits and _, not 'a\n'.",
    "histogram_buckets: {vllm:e2e_request_latency_seconds: [-1, 5]}": "histogram_buckets.vllm:e2e_request_latency_seconds.0: must be at least 0, not -1.",
    "content: ../ours": "content: must be a list, such as [a, b], not '../ours'.",
    "content: []": "content: needs at least 1 entry; add one, or remove the key.",
    "content: [a, a]": "content: 'a' occurs more than once; keep one.",
    "exclude: [gpu]": "exclude: must be keys and values, not ['gpu'].",
    "exclude: {dashboard: [gpu]}": "exclude: unknown key 'dashboard'; the keys are alerts, dashboards.",
    "alerts: {A: }": "alerts.A: has no value: write keys and values, or remove the key.",
    "alerts: {A: {}}": "alerts.A: changes nothing; give it for, severity or labels, or leave it out.",
    "alerts: {A: {fo: 5m}}": "alerts.A: unknown key 'fo'; the keys are for, labels, severity.",
    "alerts: {A: {for: 5}}": "alerts.A.for: must be text (in quotes where it looks like a number or a date), not 5.",
    "alerts: {A: {for: 5 min}}": "alerts.A.for: must be a duration such as 30s, 5m or 1h30m, not '5 min'.",
    "alerts: {A: {for: 30m1h}}": "alerts.A.for: must be a duration such as 30s, 5m or 1h30m, not '30m1h'.",
    "alerts: {A: {for: ''}}": "alerts.A.for: must be a duration such as 30s, 5m or 1h30m, not ''.",
    "alerts: {A: {severity: critical}}": "alerts.A.severity: must be one of page, ticket, report, not 'critical'.",
    "alerts: {A: {labels: {a-b: x}}}": "alerts.A.labels: must be the name of a label: letters, digits and _, not beginning with a digit or __, not 'a-b'.",
    "alerts: {A: {labels: {__a: x}}}": "alerts.A.labels: must be the name of a label",
    "alerts: {A: {labels: {tier: 1}}}": "alerts.A.labels.tier: must be text (in quotes where it looks like a number or a date), not 1.",
    "alerts: {A: {labels: {v: '{{ $value }}'}}}": "alerts.A.labels.v: must be a fixed text without { and }, not '{{ $value }}'.",
    "alerts: {A: {labels: {severity: page}}}": "alerts.A.labels: 'severity' cannot be set here: write `severity` beside `labels`.",
    "alerts: {A: {labels: {alertname: B}}}": "alerts.A.labels: 'alertname' cannot be set here: it is the name of the alert.",
    "alerts: {A: {labels: {owner: b}}}": "alerts.A.labels: 'owner' cannot be set here: set `owners`.",
    "alerts: {A: {for: 5m}}\nexclude: {alerts: [A]}": "alerts.A: exclude.alerts leaves this alert out; remove it from one of the two.",
    "thresholds_for: {job: vllm}": "thresholds_for: must be a list, such as [a, b], not {'job': 'vllm'}.",
    "engines: [vllm, sgland]": "engines.1: 'sgland' is not an engine that is known here; these are vllm, sglang, trtllm, tgi, llamacpp, triton, dynamo.",
    "identity_labels: [namespace, instance]": "identity_labels.1: 'instance' already distinguishes our series; leave it out.",
    "identity_labels: [tenant, tenant]": "identity_labels:",
    "identity_labels: [my-label]": "identity_labels.0: must be the name of a label in letters, digits and _, such as namespace (relabel_configs rename others), not 'my-label'",
    "identity_labels: [k8s.cluster]": "(relabel_configs rename others), not 'k8s.cluster'",
    "thresholds_for: [{labels: {team: a}, qps_low: 1}]": "thresholds_for.0.labels: 'team' is not among identity_labels, so that no rule keeps it; add it there, or leave it out here.",
    "thresholds_for: [{qps_low: 1}]": "thresholds_for.0: needs job, model_name, inference_engine, labels or several of these; for all services set thresholds.",
    "thresholds_for: [{job: vllm}]": "thresholds_for.0: sets no threshold; add one, such as qps_low, or leave the entry out.",
    "thresholds_for: [{job: vllm, kv_cache_high_ratio: 97}]": "thresholds_for.0.kv_cache_high_ratio: must be above 0 and below 1, not 97; it is a ratio",
    "thresholds_for: [{job: vllm, qps: 1}]": "thresholds_for.0: unknown key 'qps'; the keys are abandoned_share_ratio, ",
    "thresholds_for: [{job: vlm, qps_low: 1}]": "thresholds_for.0.job: 'vlm' is not among jobs.services; add it there, or correct the name.",
    "notifications: {receiver: A}\nalerts_evaluated_by: prometheus": "notifications: Grafana has no alerts to notify of while alerts_evaluated_by is prometheus; leave them out, or set grafana.",
    "notifications: {routes: [{severity: page, receiver: A}]}": "notifications.receiver: is missing; name the contact point that gets the alerts which no route takes.",
    "notifications: {receiver: A, routes: [{receiver: B}]}": "notifications.routes.0: needs severity, labels or both; for all alerts set notifications.receiver.",
    "notifications: {receiver: A, routes: [{severity: page}]}": "notifications.routes.0: changes nothing; give it a receiver or mute_timings, or leave it out.",
    "notifications: {receiver: A, routes: [{labels: {severity: page}, receiver: B}]}": "notifications.routes.0.labels.severity: write `severity` beside `labels`.",
    "notifications: {receiver: A, routes: [{severity: page, receiver: B}, {severity: page, receiver: C}]}": "notifications.routes.1: has the same severity and labels as entry 0; write both as one entry.",
    "notifications: {receiver: 'a/b'}": "notifications.receiver: must be a name: at most 100 characters without line breaks, quotes, slashes, backslashes and braces, not 'a/b'.",
    "notifications: {receiver: A, contact_points: [{name: A, integrations: [{type: slack, settings: {url: 'https://x'}}]}]}": "notifications.contact_points.0.integrations.0.settings.url: is a secret; write `secrets: {url: NAME_OF_AN_ENVIRONMENT_VARIABLE}` instead.",
    "notifications: {receiver: A, contact_points: [{name: A, integrations: [{type: email}]}]}": "notifications.contact_points.0.integrations.0: has no settings and no secrets; say where it sends to.",
    "notifications: {receiver: A, contact_points: [{name: A, integrations: [{type: email, settings: {addresses: [a, b]}}]}]}": "notifications.contact_points.0.integrations.0.settings.addresses: must be text, a number, true or false.",
    "notifications: {receiver: A, contact_points: [{name: A, integrations: [{type: webhook, settings: {url: u}, secrets: {url: U}}]}]}": "notifications.contact_points.0.integrations.0.secrets.url: is among the settings too; keep one.",
    "notifications: {receiver: A, contact_points: [{name: A, integrations: [{type: slack, secrets: {url: 'https://x'}}]}]}": "notifications.contact_points.0.integrations.0.secrets.url: must be the name of an environment variable: capitals, digits and _",
    "notifications: {receiver: A, contact_points: [{name: A, integrations: [{type: slack, send_resolved: 1, secrets: {url: U}}]}]}": "notifications.contact_points.0.integrations.0.send_resolved: must be true or false, not 1.",
    "notifications: {receiver: A, contact_points: [{name: A, integrations: [{type: slack, secrets: {url: U}}]}, {name: A, integrations: [{type: slack, secrets: {url: U}}]}]}": "notifications.contact_points: 'A' occurs more than once; give one another name.",
    "notifications: {receiver: A, mute_timings: [{name: N, intervals: [{location: UTC}]}]}": "notifications.mute_timings.0.intervals: one has no times and would mute forever; say when.",
    "notifications: {receiver: A, mute_timings: [{name: N, intervals: [{times: ['8:00-9:00']}]}]}": "notifications.mute_timings.0.intervals.0.times.0: must be a span of a day such as 18:00-24:00, not '8:00-9:00'.",
    "notifications: {receiver: A, mute_timings: [{name: N, intervals: [{weekdays: [sat]}]}]}": "must be a day such as saturday, or a span such as monday:friday, not 'sat'.",
    "notifications: {receiver: A, templates: [{name: T, file: none.tmpl}]}": "none.tmpl cannot be read (No such file or directory): name a file that can.",
    "notifications: {receiver: A, templates: [{name: T, file: settings.yaml}]}": 'settings.yaml defines nothing: put its text between {{ define "NAME" }} and {{ end }}.',
    "jobs: {services: [a, b]}\nthresholds_for: [{job: a, qps_low: 1}, {job: b, qps_low: 1}, {job: a, kv_cache_high_ratio: 0.8}]": "thresholds_for.2: has the same job, model_name, inference_engine and labels as entry 0; write both as one entry.",
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_wrong_file_is_refused_in_one_sentence(tmp_path, text):
    path = written(tmp_path, text)
    with pytest.raises(GlassboxError, match=re.escape(REFUSED[text])) as caught:
        load_settings(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("encoding", ["utf-16", "cp1252", "latin-1"])
def test_a_file_in_another_encoding_is_refused_by_that(tmp_path, encoding):
    path = tmp_path / "settings.yaml"
    path.write_bytes("grafana: {folder_title: Müller}".encode(encoding))
    with pytest.raises(GlassboxError, match=r"settings\.yaml is not in UTF-8: save it in that encoding\.$"):
        load_settings(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_file_of_windows_is_read(tmp_path, encoding):
    path = tmp_path / "settings.yaml"
    path.write_bytes("grafana:\r\n  folder_title: Müller\r\n".encode(encoding))
    assert load_settings(path).grafana.folder_title == "Müller"


@pytest.mark.parametrize("key", ["runbook_base_url", "grafana.url"])
@pytest.mark.parametrize(
    "address",
    [
        "https://",
        "https:///path",
        "https://:3000",
        "https://user:secret@host",
        "https://user:sec/ret@host",
        "user:secret@host",
        "https://host?token=secret",
        "https://host/#secret",
        "https://host/a b",
        "https://host/{{ $value }}",
        'https://host/\\"x',
        "https://host\\n",
        "https://host/a\\n",
        "https://host:port",
        "ftp://host",
    ],
)
def test_an_address_of_another_form_is_refused_and_not_repeated(tmp_path, key, address):
    line = f'grafana: {{url: "{address}"}}' if key == "grafana.url" else f'{key}: "{address}"'
    with pytest.raises(GlassboxError) as caught:
        load_settings(written(tmp_path, line))
    assert str(caught.value).endswith(f": {key}: {ADDRESS}")


@pytest.mark.parametrize(
    "text", ["grafana: {url: [A]}", "grafana: A", "{A: 1}", "grafana: {url: {A: 1}}", "jobs: {services: [A]}"]
)
def test_a_password_in_an_address_at_the_wrong_place_is_not_repeated(tmp_path, text):
    with pytest.raises(GlassboxError) as caught:
        load_settings(written(tmp_path, text.replace("A", '"https://user:se/c@ret@host"')))
    assert "ret" not in str(caught.value)
    assert "//***@host" in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        "http://localhost:3000",
        "https://g.example.com/",
        "https://[::1]:3000/grafana",
        "https://git.example.com/~a/b/-/blob/v1.0@2/r%20x",
    ],
)
def test_addresses_with_a_host_a_port_and_a_path_are_taken(tmp_path, address):
    settings = load_settings(written(tmp_path, f"runbook_base_url: '{address}'\ngrafana: {{url: '{address}'}}\n"))
    assert (settings.runbook_base_url, settings.grafana.url) == (address, address)


ENVIRONMENTS = """
grafana: {folder_uid: ours, headers: {CF-Access-Client-Id: cf/id}, client_certificate: c.pem, client_key: /k.pem}
thresholds: {qps_low: 3, minimum_requests: 5}
jobs: {services: [a, b]}
environments:
  staging:
    grafana: {url: 'https://s.example.com', organisation_id: 3, variables: {token: S_TOKEN}, headers: {X-Team: team}}
    thresholds: {qps_low: 1}
    jobs: {services: [a]}
  prod: {grafana: {url: 'https://p.example.com'}}
"""


def test_an_environment_changes_keys_of_mappings_and_whole_lists(tmp_path):
    path = written(tmp_path, ENVIRONMENTS)
    staging, prod, neither = (load_settings(path, name) for name in ("staging", "prod", ""))
    assert [each.thresholds.qps_low for each in (staging, prod, neither)] == [1, 3, 3]
    assert [each.thresholds.minimum_requests for each in (staging, prod, neither)] == [5, 5, 5]
    assert [each.jobs.services for each in (staging, prod, neither)] == [("a",), ("a", "b"), ("a", "b")]
    assert [each.grafana.url for each in (staging, prod, neither)] == ["https://s.example.com", "https://p.example.com", ""]  # fmt: skip  # a row
    assert (staging.grafana.organisation_id, prod.grafana.organisation_id, staging.grafana.folder_uid) == (3, 0, "ours")
    assert (staging.grafana.variables.token, staging.grafana.variables.user) == ("S_TOKEN", "GRAFANA_USER")
    assert {each.environments for each in (staging, prod, neither)} == {("staging", "prod")}


def test_files_of_the_way_to_grafana_are_relative_to_the_settings(tmp_path):
    target = load_settings(written(tmp_path, ENVIRONMENTS), "staging").grafana
    assert target.headers == {"CF-Access-Client-Id": tmp_path / "cf" / "id", "X-Team": tmp_path / "team"}
    assert (target.client_certificate, target.client_key) == (tmp_path / "c.pem", Path("/k.pem"))


def test_an_environment_that_is_not_declared_is_refused_with_those_that_are(tmp_path):
    with pytest.raises(GlassboxError, match=r"has no environment 'prd' \(it has: staging, prod\)"):
        load_settings(written(tmp_path, ENVIRONMENTS), "prd")
    with pytest.raises(GlassboxError, match="--environment needs a settings file"):
        load_settings(None, "prod")


def test_an_environment_may_change_every_key_but_content():
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))["properties"]
    keys = schema["environments"]["additionalProperties"]["properties"]
    assert keys == {key: {"$ref": f"#/properties/{key}"} for key in schema if key not in ("content", "environments")}


def test_anchors_lend_their_keys(tmp_path):
    text = "jobs: {services: [a, b], replicas: &r {a: 2, b: 3}, capacity_requests_per_second: {<<: *r, b: 5}}\n"
    assert load_settings(written(tmp_path, text)).jobs.capacity_requests_per_second == {"a": 2, "b": 5}


def test_there_are_words_for_every_keyword_of_the_schema():
    def keywords(schema):
        yield from schema.keys() - {"properties", "$defs"}
        inner = [*schema.get("properties", {}).values(), *schema.get("$defs", {}).values()]
        inner += [
            schema[key]
            for key in ("items", "propertyNames", "additionalProperties")
            if isinstance(schema.get(key), dict)
        ]
        for each in inner:
            yield from keywords(each)

    silent = {"$schema", "$ref", "title", "description", "format", "items", "propertyNames", "writeOnly"}
    assert set(keywords(json.loads(SCHEMA_FILE.read_text(encoding="utf-8")))) - silent == set(WORDS)


def test_no_pattern_of_the_schema_takes_a_line_break_at_the_end():
    """Python's `$` also matches before one."""
    found = re.findall(r'"pattern": "((?:[^"\\]|\\.)*)"', SCHEMA_FILE.read_text(encoding="utf-8"))
    assert found
    assert [each for each in found if not each.endswith(r"$(?!\\n)")] == []


def test_a_whole_number_may_be_written_with_a_point(tmp_path):
    settings = load_settings(written(tmp_path, "thresholds: {down_seconds: 90.0}\nevaluation_interval_seconds: 20.0\n"))
    assert str(settings.thresholds.down_seconds) == "90"
    assert str(settings.evaluation_interval_seconds) == "20"


def test_prices_by_model_keep_the_order_of_the_file(tmp_path):
    text = "cost: {currency: CNY, gpu_price_per_hour: 0, gpu_prices_per_hour: {NVIDIA L4: 0.8, NVIDIA H100 NVL: 3}}\n"
    cost = load_settings(written(tmp_path, text)).cost
    assert cost == Cost("CNY", 0, {"NVIDIA L4": 0.8, "NVIDIA H100 NVL": 3}, pages_per_request=1)
    assert list(cost.gpu_prices_per_hour) == ["NVIDIA L4", "NVIDIA H100 NVL"]


def test_a_runbook_has_an_address_where_its_base_is_known():
    assert Settings().runbook_url("Watchdog") == ""
    assert Settings(runbook_base_url="https://e.org/r/").runbook_url("Watchdog") == "https://e.org/r/Watchdog.md"


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(GlassboxError, match="cannot be read"):
        load_settings(tmp_path / "none.yaml")


def test_the_schema_knows_exactly_the_fields_there_are():
    def names(schema):
        return {key: names(value) for key, value in schema.get("properties", {}).items()}

    def fields(value):
        if not dataclasses.is_dataclass(value):
            return {}
        return {field.name: fields(getattr(value, field.name)) for field in dataclasses.fields(value)}

    assert names(json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))) == fields(Settings())


def test_a_dot_in_a_job_name_is_no_wildcard():
    assert Jobs(services=("a.b", "c")).services_regex == r"a\.b|c"


@pytest.mark.parametrize("job", ['a(b)|c"d', "a b", "日本", "{{ $x }}", "10.0.0.1:80", "\\d+"])
def test_any_legal_name_of_a_job_is_accepted(job, tmp_path):
    assert load_settings(written(tmp_path, json.dumps({"jobs": {"services": [job]}}))).jobs.services == (job,)


def test_what_means_something_in_an_expression_is_escaped_in_a_job_name():
    """`$` stands in brackets, since Grafana would read a variable after a backslash."""
    assert Jobs(services=('a(b)|c"d',)).services_regex == r'a\(b\)\|c"d'
    assert Jobs(services=(r"\^[a]{1}+*?-", "$job")).services_regex == r"\\\^\[a\]\{1\}\+\*\?-|[$]job"


def test_wanted_replicas_make_a_job_required_and_none_take_it_out():
    jobs = Jobs(services=("a.b", "c", "d", "e"), expected=("c",), replicas={"a.b": 2, "d": 0})
    assert jobs.required == ("a.b", "c")
    assert jobs.wanted_regex == r"a\.b|c|e"
    assert jobs.services_regex == r"a\.b|c|d|e"


@pytest.mark.parametrize(("interval", "rare"), [(5, 20), (30, 120), (40, 120), (60, 120), (120, 120), (300, 300)])
def test_rare_rules_keep_within_what_prometheus_remembers(interval, rare):
    assert Settings(evaluation_interval_seconds=interval).rare_interval_seconds == rare


def test_own_content_is_found_beside_the_settings_file(tmp_path, monkeypatch):
    folder = tmp_path / "conf"
    folder.mkdir()
    monkeypatch.chdir(folder)
    written(folder, "content: [../our-boards, /srv/more]\n")
    expected = (tmp_path / "our-boards", Path("/srv/more"))
    assert load_settings(folder / "settings.yaml").content == expected
    assert load_settings(Path("settings.yaml")).content == expected


def test_what_is_left_out_and_changed_is_filled_in(tmp_path):
    text = """
exclude: {dashboards: [cost-and-energy], alerts: [GPULost]}
alerts:
  InferenceQPSLow: {for: 1h30m, severity: page, labels: {team: search}}
  Watchdog: {labels: {tier: "1"}}
thresholds_for:
  - {job: vllm, model_name: qwen/Qwen2.5-7B, kv_cache_high_ratio: 0.97}
  - {model_name: ocr, qps_low: 1}
  - {inference_engine: sglang, kv_cache_high_ratio: 0.97}
"""
    settings = load_settings(written(tmp_path, text))
    assert settings.exclude == Exclude(("cost-and-energy",), ("GPULost",))
    assert settings.alerts == {
        "InferenceQPSLow": AlertChange(for_="1h30m", severity=Severity.PAGE, labels={"team": "search"}),
        "Watchdog": AlertChange(labels={"tier": "1"}),
    }
    assert settings.thresholds_for == (
        ThresholdsFor(job="vllm", model_name="qwen/Qwen2.5-7B", thresholds={"kv_cache_high_ratio": 0.97}),
        ThresholdsFor(model_name="ocr", thresholds={"qps_low": 1}),
        ThresholdsFor(inference_engine="sglang", thresholds={"kv_cache_high_ratio": 0.97}),
    )


def test_every_threshold_can_have_an_exception():
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    exceptions = schema["properties"]["thresholds_for"]["items"]["properties"]
    assert exceptions.keys() - {"job", "model_name", "inference_engine", "labels"} == {
        field.name for field in dataclasses.fields(Thresholds)
    }


@pytest.mark.parametrize(
    "repeat", ["[*{0}, *{0}, *{0}, *{0}, *{0}, *{0}, *{0}, *{0}, *{0}, *{0}]", "{{<<: [*{0}, *{0}]}}"]
)
def test_a_few_lines_that_stand_for_billions_of_values_are_refused_at_once(tmp_path, repeat):
    lines = ["a0: &a0 {x: 1}", *(f"a{number}: &a{number} {repeat.format(f'a{number - 1}')}" for number in range(1, 60))]
    with pytest.raises(GlassboxError, match="line 1: `\\*` repeats more than 100000 values"):
        load_settings(written(tmp_path, "\n".join(lines)))


def test_a_value_that_holds_itself_is_refused(tmp_path):
    with pytest.raises(GlassboxError, match="repeats more than"):
        load_settings(written(tmp_path, "jobs: &a [*a]"))


def test_a_pipe_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "settings.yaml")
    with pytest.raises(GlassboxError, match=r"cannot be read .it is a pipe or a device"):
        load_settings(tmp_path / "settings.yaml")


NOTIFICATIONS = """
notifications:
  receiver: Tickets
  routes: [{severity: page, receiver: On call}, {labels: {owner: platform}, mute_timings: [Nights]}]
  contact_points:
    - {name: Tickets, integrations: [{type: slack, settings: {recipient: "#llm"}, secrets: {url: CHAT_URL}, send_resolved: false}]}
  mute_timings: [{name: Nights, intervals: [{times: ["20:00-24:00"], days_of_month: ["1:7"], location: Europe/Berlin}]}]
  templates: [{name: LLM, file: words.tmpl}]
"""


def test_notifications_are_filled_in_and_templates_read_beside_the_file(tmp_path):
    (tmp_path / "words.tmpl").write_text('\n{{ define "t" }}x{{ end }}\n')
    found = load_settings(written(tmp_path, NOTIFICATIONS)).notifications
    slack = Integration(type="slack", settings={"recipient": "#llm"}, secrets={"url": "CHAT_URL"}, send_resolved=False)
    assert found == Notifications(
        receiver="Tickets",
        routes=(
            PolicyRoute(severity="page", receiver="On call"),
            PolicyRoute(labels={"owner": "platform"}, mute_timings=("Nights",)),
        ),
        contact_points=(ContactPoint(name="Tickets", integrations=(slack,)),),
        mute_timings=(MuteTiming(name="Nights", intervals=(Interval(times=("20:00-24:00",), days_of_month=("1:7",), location="Europe/Berlin"),)),),
        templates=(NotificationTemplate(name="LLM", text='{{ define "t" }}x{{ end }}'),),
    )  # fmt: skip  # one object
