"""The alert on work that helps nobody: requests are started, and none is answered."""

from alerts.texts import SERVICE_TEXT
from glassbox.query.rules import Alert, AlertGroup, Severity, Subject
from glassbox.query.wording import span
from glassbox.settings.model import Settings
from recording_rules.abandoned import WINDOW, unanswered
from recording_rules.histograms import RATE_WINDOW_SECONDS


def group(settings: Settings) -> AlertGroup:
    """The alert, with this installation's thresholds."""
    limits = settings.thresholds
    return AlertGroup(
        "inference-unanswered",
        Subject.INFERENCE,
        (
            Alert(
                name="InferenceNothingAnswered",
                expr=unanswered(limits),
                # With the rate's window: 10 minutes without an answer. A restart among long requests lasts less than the window.
                for_=WINDOW,
                severity=Severity.PAGE,
                panel=("llm-serving", "Started, finished and given up"),
                summary=f"{SERVICE_TEXT} answers nobody",
                description=f'{{{{ printf "%.0f" $value }}}} requests were started or held within {span(WINDOW)}, and none has been answered for {span(2 * RATE_WINDOW_SECONDS)}. Callers give up first, or the service hangs.',
                cannot_see=f"Services that still answer a few: their availability shows it. Answers so long that fewer requests start within {span(WINDOW)} than are in work, fewer than {limits.minimum_requests} requests within that time, for however long it goes on, and requests that are given up in the queue of a server without HTTP metrics: see the latency objectives and the queue. Where such a queue is empty now and then, no alert sees them.",
            ),
        ),
    )
