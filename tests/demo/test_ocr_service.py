import threading
import urllib.request

from prometheus_client.parser import text_string_to_metric_families

from demo.ocr_service import ocr_service
from glassbox_exporter.simulated import MEMORY_TOTAL_MIB
from tests.support.exposition_invariants import Exposition, contradictions_of_buckets
from tests.support.waiting import eventually

DEADLINE_SECONDS = 10.0


def sample(exporter_url: str, name: str, **labels: str) -> float | None:
    with urllib.request.urlopen(f"{exporter_url}/metrics", timeout=5) as answer:
        families = text_string_to_metric_families(answer.read().decode())
        samples = [sample for family in families for sample in family.samples if sample.name == name]
    values = [sample.value for sample in samples if labels.items() <= sample.labels.items()]
    return values[0] if values else None


def disagreements(exporter_url: str) -> list[str]:
    """What the buckets contradict, and the counts of one request that differ by more than the one in work."""
    with urllib.request.urlopen(f"{exporter_url}/metrics", timeout=5) as answer:
        exposition = Exposition.of(answer.read().decode())
    names = ("http_requests_total", "http_request_duration_seconds_count", "inference_pages_total")
    counts = {name: exposition.total(name) for name in names}
    apart = [f"{counts}"] if max(counts.values()) - min(counts.values()) > 1 else []
    return [*contradictions_of_buckets(exposition), *apart]


def answered(url: str) -> float:
    return sample(url, "http_requests_total", method="POST", endpoint="/infer", status="200") or 0


def test_traffic_is_counted_by_the_exporter_and_ends_with_the_service() -> None:
    threads = threading.active_count()
    with ocr_service(requests_per_second=100) as url:
        assert eventually(lambda: answered(url) >= 3, DEADLINE_SECONDS, poll_seconds=0.05)
        assert (sample(url, "inference_pages_total", endpoint="/infer") or 0) >= 3
        assert sample(url, "gpu_memory_total_mb", gpu_id="0") == MEMORY_TOTAL_MIB
        assert sample(url, "http_requests_total", endpoint="other") in (None, 0)
        assert disagreements(url) == []
    assert threading.active_count() == threads
