"""What others called things, in our lines."""

from glassbox.doctor import examination_text, other_files_text
from glassbox.doctor.examining import Examination
from glassbox.doctor.fleet import Fleet, ServiceJob
from glassbox.doctor.gpus_there import GpuJob
from glassbox.doctor.obstacles import Obstacle
from glassbox.doctor.other_files import Judgement
from glassbox.doctor.outlook import Lack, Outlook
from glassbox.doctor.versions import Versions


def test_a_line_is_one_line_whatever_jobs_are_called():
    service = ServiceJob(
        "a\nb", ("vLLM",), (Versions("vLLM", "", ""),), ("vllm:",), ("m\tn",), 1, 0, {"cluster": ("x\ny",)}, None
    )
    unlisted = (Obstacle("a\nb", "is in several places (cluster: x\ny)", "add it"), Obstacle("", "is odd", "look"))
    lines = list(examination_text.as_text(Examination(Fleet((service,), (), ()), unlisted, ("not\nknown",), ())))
    assert "  a b  vLLM    not reported by vLLM  m n     1         not known      cluster x y" in lines
    assert "  a b is in several places (cluster: x y): add it." in lines
    assert "  a job without a name is odd: look." in lines
    assert lines[-4:] == ["Not known", "  not known", "", "What can work"]


def test_a_query_of_several_lines_is_quoted_on_one():
    found = {"file": [Judgement("a\nb", {}, unknown="'sum(\n' is not PromQL.")]}
    assert list(other_files_text.as_text(found))[1] == "  a b: not judged: 'sum( ' is not PromQL."


def test_without_gpus_their_series_are_one_thing_that_is_lacking():
    lacks = (
        Lack("Power", ("DCGM_FI_DEV_POWER_USAGE",)),
        Lack("Memory", ("DCGM_FI_DEV_FB_USED", "DCGM_FI_DEV_FB_FREE")),
    )
    outlooks = (Outlook("GPU", 2, lacks), Outlook("Cost", 3, lacks))
    none = list(examination_text.as_text(Examination(Fleet((), (), ()), (), (), outlooks)))
    series = "series of GPUs (dcgm-exporter exposes all, other exporters some)"
    assert none[-4:] == [
        "  GPU: 0 of 2",
        f"    without {series}: all of it",
        "  Cost: 1 of 3",
        f"    without {series}: Power; Memory",
    ]
    some = Fleet((), (), (GpuJob("gpus", "dcgm-exporter", 1, 1, ()),))
    lines = list(examination_text.as_text(Examination(some, (), (), outlooks)))
    assert "    without DCGM_FI_DEV_POWER_USAGE (dcgm-exporter): Power" in lines
