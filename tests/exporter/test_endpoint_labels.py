import pytest

from glassbox_exporter import ExporterError
from glassbox_exporter.endpoints import Endpoints

DECLARED = (
    "/infer",
    "/jobs/{job_id}",
    "/jobs/{job_id:int}/pages/{page}",
    "/files/{rest:path}",
    "/jobs/latest",
    "/v1.0/{name}",
    "/pages/{page}/text.json",
)


@pytest.mark.parametrize(
    ("path", "label"),
    [
        ("/infer", "/infer"),
        ("/jobs/17", "/jobs/{job_id}"),
        ("/jobs/latest", "/jobs/latest"),
        ("/jobs/17/pages/3", "/jobs/{job_id:int}/pages/{page}"),
        ("/files/a/b/c.pdf", "/files/{rest:path}"),
        ("/v1.0/ocr", "/v1.0/{name}"),
        ("/v1x0/ocr", "other"),
        ("/pages/3/text.json", "/pages/{page}/text.json"),
        ("/pages/3/textxjson", "other"),
        ("/infer/", "other"),
        ("/inference", "other"),
        ("/jobs/17/pages", "other"),
        ("/jobs/", "other"),
        ("/", "other"),
        ("", "other"),
        ("/wp-login.php", "other"),
    ],
)
def test_a_path_gets_its_template_or_other(path: str, label: str) -> None:
    assert Endpoints(DECLARED).label(path) == label


def test_a_text_instead_of_a_list_is_refused_with_the_right_spelling() -> None:
    with pytest.raises(ExporterError, match=r'write endpoints=\("/infer",\)'):
        Endpoints("/infer")


def test_an_endpoint_that_is_no_path_is_refused() -> None:
    with pytest.raises(ExporterError, match='"infer" is not a path'):
        Endpoints(("infer",))
