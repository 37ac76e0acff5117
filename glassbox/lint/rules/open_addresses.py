"""Addresses that install files open to every network."""

from collections.abc import Iterator

from glassbox.lint.examples import Example
from glassbox.lint.finding import Location, Severity
from glassbox.lint.rule import Defect, lint_rule
from glassbox.lint.subjects.corpus import Corpus
from glassbox.lint.subjects.file_parts import OpenPort

# Prometheus and what belongs to it, exporters (the wiki page "Default port allocations"), VictoriaMetrics, vmalert.
_OF_METRICS = (range(9090, 10_000), range(8428, 8429), range(8880, 8881))
_AT = Location("compose.yaml", 3, "service node-exporter")


@lint_rule(
    "open-metrics-address",
    Severity.WARNING,
    title="A metrics address that is bound to all interfaces",
    why="Docker opens the port past the firewall of the machine: everybody who reaches it reads all metrics, and of Prometheus may also ask and delete.",
    fix="Name the address, as in 127.0.0.1:9100:9100, or leave the port to the network of the containers.",
    bad=Example('ports: ["9100:9100"]', Corpus(ports=(OpenPort("node-exporter", 9100, "9100:9100", _AT),))),
    good=Example('ports: ["127.0.0.1:9100:9100"]', Corpus()),
)
def open_metrics_address(corpus: Corpus) -> Iterator[Defect]:
    """In files for Docker Compose, of ports that Prometheus, its relatives and exporters usually have."""
    for each in corpus.ports:
        if any(each.port in ports for ports in _OF_METRICS):
            yield Defect(each.location, f"{each.service} opens {each.written} to every network.")


RULES = (open_metrics_address,)
