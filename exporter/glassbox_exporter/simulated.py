"""Made-up GPUs for a demonstration on a machine without one."""

from math import pi, sin

from glassbox_exporter.gpu import GpuReading

MEMORY_TOTAL_MIB = 81920.0
READINGS_PER_CYCLE = 120
# The golden section: however many GPUs there are, no two lie close together in their cycle.
LAG_CYCLES = 0.618


class SimulatedGpus:
    """`count` GPUs whose values swing over 120 readings, the same on every run; each GPU lags the one before it."""

    name = "simulated"

    def __init__(self, count: int = 1) -> None:
        self.gpu_ids = tuple(str(index) for index in range(count))
        self._readings = dict.fromkeys(self.gpu_ids, 0)

    def read(self, gpu_id: str) -> GpuReading:
        """The next values of one GPU."""
        step = self._readings[gpu_id]
        self._readings[gpu_id] += 1
        swing = sin(2 * pi * (step / READINGS_PER_CYCLE - int(gpu_id) * LAG_CYCLES))
        return GpuReading(
            utilization_percent=round(65 + 30 * swing),
            memory_used_mib=round(MEMORY_TOTAL_MIB * (0.70 + 0.15 * swing)),
            memory_total_mib=MEMORY_TOTAL_MIB,
            power_watts=round(400 + 250 * swing, 1),
        )

    def close(self) -> None:
        """Nothing to let go of."""
