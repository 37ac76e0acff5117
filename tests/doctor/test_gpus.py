"""Exporters of GPUs in a real Prometheus."""

from tests.support.fleet_lines import line


def amd(name, value=1, **labels):
    return line(name, value, job="amd", instance="10.0.0.1:5000", card_model="MI300X", **labels)


def test_amds_gpus_are_counted_with_what_none_of_them_reports(found):
    cards = [
        each
        for gpu in ("0", "1", "2")
        for each in (amd("gpu_gfx_activity", gpu_id=gpu), amd("gpu_used_vram", gpu_id=gpu))
    ]
    fleet, in_the_way = found([*cards, line("gpu_clock", job="others", instance="a")])
    assert [(each.job, each.exporter, each.hosts, each.gpus) for each in fleet.gpus] == [
        ("amd", "AMD's device-metrics-exporter", 1, 3)
    ]
    (gpus,) = fleet.gpus
    assert {"gpu_package_power", "gpu_clock"} < set(gpus.lacks)
    assert not {"gpu_gfx_activity", "gpu_used_vram"} & set(gpus.lacks)
    assert in_the_way == []
