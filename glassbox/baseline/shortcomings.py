"""What a baseline that is about to be saved lacks, reported before a comparison needs it."""

from collections.abc import Iterable, Iterator

from glassbox.baseline.judge import FEWEST_BLOCKS
from glassbox.baseline.profile import OF_NO_MODEL, Profile
from glassbox.query.measures import BLOCK_SECONDS


def shortcomings(profile: Profile, required_jobs: Iterable[str]) -> Iterator[str]:
    """A sentence for each model without a load that can be judged by, and each required job without a model."""
    for served, levels in sorted(profile.items()):
        most = max((len(values) for names in levels.values() for values in names.values()), default=0)
        if served != OF_NO_MODEL and most < FEWEST_BLOCKS:
            yield (
                f"{served} has {most} of the {FEWEST_BLOCKS} blocks of {BLOCK_SECONDS // 60} min that a verdict needs: "
                "choose a window in which it works for longer."
            )
    for job in sorted(set(required_jobs) - {served.job for served in profile}):
        yield f"{job} is not in this baseline, since nothing was measured for it: save another when it works."
