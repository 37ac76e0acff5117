"""What others called things, in our lines."""

from glassbox.doctor import examination_text, other_files_text
from glassbox.doctor.examining import Examination
from glassbox.doctor.fleet import Fleet, ServiceJob
from glassbox.doctor.obstacles import Obstacle
from glassbox.doctor.other_files import Judgement
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
