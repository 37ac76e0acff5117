from glassbox_exporter.readings import GpuReading, Memory, Xids
from glassbox_exporter.simulated import SimulatedGpus


def test_values_are_the_same_on_every_run() -> None:
    first, second = SimulatedGpus(2), SimulatedGpus(2)
    assert [first.collect() for _ in range(300)] == [second.collect() for _ in range(300)]


def test_the_first_values_and_the_peak_of_gpu_0() -> None:
    gpus = SimulatedGpus()
    readings = [gpus.collect().readings["0"] for _ in range(121)]
    assert readings[0] == GpuReading(65, Memory(57344, 81920), 400.0, 60, 1980, 2619, 0)
    assert readings[30] == GpuReading(95, Memory(69632, 81920), 650.0, 75, 1980, 2619, 0)
    assert readings[120] == readings[0]


def test_gpus_differ_and_stay_within_what_a_card_can_show() -> None:
    gpus = SimulatedGpus(4)
    first = gpus.collect()
    assert tuple(first.readings) == ("0", "1", "2", "3")
    assert first.xids == dict.fromkeys("0123", Xids(0, 0))
    assert len({(reading.utilization_percent, reading.power_watts) for reading in first.readings.values()}) == 4
    for _ in range(120):
        reading = gpus.collect().readings["3"]
        assert reading.utilization_percent is not None
        assert reading.memory.used_mib is not None
        assert 0 <= reading.utilization_percent <= 100
        assert 0 < reading.memory.used_mib <= 81920
