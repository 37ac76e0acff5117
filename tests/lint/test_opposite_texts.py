"""Texts that call used what is free, or sent what is received, and those that only name both."""

from dataclasses import replace

import pytest

from glassbox.lint.examples import Example, as_alert, on_board, on_panel
from glassbox.lint.linting import judged
from glassbox.lint.subjects.corpus import Corpus

FREE, DIRECTION = "used-as-free", "wrong-direction"


def messages(rule, example):
    return [finding.message for finding in judged(example.corpus, select=(rule,))]


def said(rule, expr, text, **grafana):
    return messages(rule, as_alert(expr, annotations={"description": text}, **grafana))


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (
            "1 - node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes > 0.9",
            "Only {{ $value }} of memory remains.",
        ),
        ("100 - x_free_pct >= 80", '{{ printf "%.0f" $value }} percent of disk space available'),
        ("(size - free_bytes) / size * 100 > 80", "{{ $value }}% is left"),
        ("sum(used_bytes) / sum(size_bytes) > 0.8", "{{ $value | humanizePercentage }} free"),
        ("sum(free_bytes) / sum(size_bytes) < 0.1", "Usage is at {{ $value }}%"),
        ("100 * avail_bytes / size_bytes < 10", "{{ $value }}% of the disk is used"),
        ("used_bytes / size_bytes > 0.9", "剩余 {{ $value }}"),
    ],
)
def test_the_other_share_is_found(expr, text):
    assert len(said(FREE, expr, text)) == 1


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        ("used_bytes / max_bytes > 0.9", "Redis uses {{ $value }} of available memory"),
        ("used_bytes / max_bytes > 0.9", "{{ $value }}% is used, free some space"),
        ("free_bytes / size_bytes < 0.1", "{{ $value }}% is left, the rest is used"),
        ("used_bytes / max_bytes > 0.9", "Usage is {{ $value }}, of which little is free"),
        ("1 - free_bytes / size_bytes < 0.1", "Only {{ $value }} is left"),
        ("free_slots > 10", "{{ $value }} slots are free"),
        ("free_bytes / size_bytes > 0.9", "{{ $value }} is used"),
        ("1 - unavailable / all > 0.9", "{{ $value }}% available"),
        ("ips_available_used / ips > 0.8", "{{ $value }}% of the pool used"),
        ("other / size_bytes > 0.9", "{{ $value }} is left"),
        ("1 - free_bytes > 0.9", "{{ $value }} is left"),
    ],
)
def test_a_share_that_is_what_the_text_says_is_right(expr, text):
    assert said(FREE, expr, text) == []


SENT, RECEIVED = "rate(node_network_transmit_bytes_total[5m])", "rate(container_network_receive_bytes_total[5m])"


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (f"{SENT} > 1", "RX is high"),
        (f"sum({RECEIVED}) / 1024 > 1", "Outgoing traffic of {{ $labels.pod }}"),
        (f"{SENT} > 1", "流出过高, RX 带宽 {{ $value }}"),
        (f"{RECEIVED} > 1", "出网带宽"),
        ("rate(windows_net_bytes_sent_total[5m]) > 1", "Much is received"),
    ],
)
def test_the_other_direction_is_found(expr, text):
    assert len(said(DIRECTION, expr, text)) == 1


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (f"{SENT} > 1", "TX is high"),
        (f"{RECEIVED} > 1", "More is received than sent"),
        (f"{RECEIVED} + {SENT} > 1", "RX and TX"),
        (f"{RECEIVED} > {SENT}", "Outgoing"),
        ("rate(nginx_ingress_controller_response_size_sum[5m]) > 1", "Much is sent"),
        (f"{SENT} > 1", "Traffic"),
    ],
)
def test_the_direction_of_the_query_is_right(expr, text):
    assert said(DIRECTION, expr, text) == []


def panel(title, *queries):
    panels = [on_panel(expr, legend, panel={"title": title}).corpus.boards[0].panels[0] for expr, legend in queries]
    shown = replace(panels[0], queries=tuple(each.queries[0] for each in panels))
    return Example("", Corpus(boards=on_board(panels=(shown,)).boards))


def test_titles_and_legends_are_judged():
    assert len(messages(DIRECTION, panel("Traffic", (SENT, "RX"), (RECEIVED, "RX")))) == 1
    assert len(messages(DIRECTION, panel("Received", (SENT, "{{pod}}")))) == 1
    assert messages(DIRECTION, panel("Received", (SENT, "TX"))) == []
    assert messages(DIRECTION, panel("Received", (SENT, ""), (RECEIVED, ""))) == []
    assert messages(DIRECTION, panel("Network in / out", (SENT, "out"), (RECEIVED, "in"))) == []
    assert messages(DIRECTION, panel("Received", ("sum(", ""))) == []
