"""The inference engines whose metrics are read. The first is the one whose series carry no engine's name."""

from glassbox.metrics import dynamo, llamacpp, sglang, tgi, triton, trtllm, vllm

ENGINES = (
    vllm.ENGINE,
    sglang.ENGINE,
    trtllm.ENGINE,
    tgi.ENGINE,
    llamacpp.ENGINE,
    triton.ENGINE,
    dynamo.ENGINE,
)
