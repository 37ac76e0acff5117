"""Made-up GPUs for a demonstration on a machine without one."""

from math import pi, sin

from glassbox_exporter.readings import Collection, GpuReading, Memory, Xids

MEMORY_TOTAL_MIB = 81920.0
SM_CLOCK_MHZ, MEMORY_CLOCK_MHZ = 1980.0, 2619.0
READINGS_PER_CYCLE = 120
# The golden section: however many GPUs there are, no two lie close together in their cycle.
LAG_CYCLES = 0.618


class SimulatedGpus:
    """`count` GPUs whose values swing over 120 readings, the same on every run; each GPU lags the one before it."""

    name = "simulated"
    interval_seconds = 1.0

    def __init__(self, count: int = 1) -> None:
        self._count = count
        self._step = 0

    def collect(self) -> Collection:
        """The next values of every GPU."""
        gpus = range(self._count)
        readings = {str(gpu): _reading(self._step / READINGS_PER_CYCLE - gpu * LAG_CYCLES) for gpu in gpus}
        self._step += 1
        return Collection(readings, xids={str(gpu): Xids() for gpu in gpus})

    def close(self) -> None:
        """Nothing to let go of."""


def _reading(cycles: float) -> GpuReading:
    swing = sin(2 * pi * cycles)
    return GpuReading(
        utilization_percent=round(65 + 30 * swing),
        memory=Memory(round(MEMORY_TOTAL_MIB * (0.70 + 0.15 * swing)), MEMORY_TOTAL_MIB),
        power_watts=round(400 + 250 * swing, 1),
        temperature_celsius=round(60 + 15 * swing),
        sm_clock_mhz=SM_CLOCK_MHZ,
        memory_clock_mhz=MEMORY_CLOCK_MHZ,
        throttle_reasons=0,
    )
