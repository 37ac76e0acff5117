"""The inference engines whose metrics are read. The first is the one whose series carry no engine's name."""

from glassbox.metrics import sglang, vllm

ENGINES = (vllm.ENGINE, sglang.ENGINE)
