from glassbox.baseline.profile import OF_NO_MODEL, Served
from glassbox.baseline.shortcomings import shortcomings

QWEN = Served("vllm", "qwen", "", "vllm")


def test_a_model_of_one_block_and_a_service_that_is_down_are_a_sentence_each():
    profile = {QWEN: {0: {"ttft": (1.0,)}}, OF_NO_MODEL: {0: {"gpu": (1.0,)}}}
    assert list(shortcomings(profile, ["vllm", "ocr"])) == [
        "vllm qwen vllm has 1 of the 8 blocks of 5 min that a verdict needs: choose a window in which it works for longer.",
        "ocr is not in this baseline, since nothing was measured for it: save another when it works.",
    ]


def test_enough_of_one_measure_is_enough():
    profile = {QWEN: {0: {"ttft": (1.0,) * 8, "rare": (1.0,)}, 1: {"ttft": (1.0,)}}}
    assert list(shortcomings(profile, ["vllm"])) == []
