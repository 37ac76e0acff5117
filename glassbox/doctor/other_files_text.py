"""What other files lack, as text for people and as JSON."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict

from glassbox.doctor.other_files import Judgement
from glassbox.http.outside_text import one_line

Judgements = Mapping[str, Sequence[Judgement]]


def as_text(found: Judgements) -> Iterator[str]:
    """A line for each file, then one for each query of it that cannot work or could not be judged."""
    for file, judgements in found.items():
        working = sum(1 for each in judgements if not each.lacks and not each.unknown)
        yield f"{file}: {working} of {len(judgements)} queries can work"
        for each in judgements:
            yield from _lines(each)


def as_json(found: Judgements) -> str:
    """The same, with the queries that work."""
    files = {file: [asdict(each) for each in judgements] for file, judgements in found.items()}
    return json.dumps({"version": 1, "files": files}, indent=2, ensure_ascii=False)


def _lines(judgement: Judgement) -> Iterator[str]:
    where = one_line(judgement.where)
    if judgement.unknown:
        yield f"  {where}: not judged: {one_line(judgement.unknown)}"
    for name, likely in judgement.lacks.items():
        yield f"  {where}: needs {name}{f', perhaps {likely}' if likely else ''}"
