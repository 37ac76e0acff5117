from glassbox_exporter.gpu import GpuReading
from glassbox_exporter.simulated import SimulatedGpus


def test_values_are_the_same_on_every_run() -> None:
    first, second = SimulatedGpus(2), SimulatedGpus(2)
    assert [first.read("1") for _ in range(300)] == [second.read("1") for _ in range(300)]


def test_the_first_values_and_the_peak_of_gpu_0() -> None:
    gpus = SimulatedGpus()
    readings = [gpus.read("0") for _ in range(121)]
    assert readings[0] == GpuReading(65, 57344, 81920, 400.0)
    assert readings[30] == GpuReading(95, 69632, 81920, 650.0)
    assert readings[120] == readings[0]


def test_gpus_differ_and_stay_within_what_a_card_can_show() -> None:
    gpus = SimulatedGpus(4)
    assert gpus.gpu_ids == ("0", "1", "2", "3")
    readings = [gpus.read(gpu_id) for gpu_id in gpus.gpu_ids]
    assert len(set(readings)) == 4
    for _ in range(120):
        reading = gpus.read("3")
        assert reading.utilization_percent is not None
        assert reading.memory_used_mib is not None
        assert 0 <= reading.utilization_percent <= 100
        assert 0 < reading.memory_used_mib <= 81920
