"""Alerts on what runs only where it is switched on: KV transfers that fail, speculation that costs more than it gives, and the search for NaN."""

from alerts.texts import MODEL_TEXT
from glassbox.query.promql import instant
from glassbox.query.rules import Alert, AlertGroup, Severity, Subject
from glassbox.query.wording import percent, span
from glassbox.settings.model import Settings
from recording_rules.histograms import RATE_WINDOW_SECONDS
from recording_rules.speculation import DRAFT_TOKENS_NOTABLE, WINDOW, speculates_in_vain
from recording_rules.vllm_only import (
    CORRUPTED,
    LONG_WINDOW,
    LONG_WINDOW_SECONDS,
    TRANSFERS_NOTABLE,
    transfers_fail,
)

_BOARD = "kv-transfer-and-speculation"


def group(settings: Settings) -> AlertGroup:
    """The alerts, with this installation's thresholds."""
    limits = settings.thresholds
    return AlertGroup(
        "inference-vllm",
        Subject.INFERENCE,
        (
            Alert(
                name="InferenceCorruptedOutput",
                # One is enough: numbers that are none do not come and go by themselves.
                expr=instant(CORRUPTED) * LONG_WINDOW_SECONDS > 0,
                for_="0s",
                severity=Severity.PAGE,
                also_explained_on=((_BOARD, "Corrupted requests now"),),
                panel=(_BOARD, "Corrupted requests"),
                summary=f"{MODEL_TEXT} computes NaN",
                description=f"About {{{{ $value | humanize }}}} requests within {span(LONG_WINDOW)} had NaN among their logits. Their answers are garbage, and others may be.",
                cannot_see="Anything unless VLLM_COMPUTE_NANS_IN_LOGITS=1 is set, which vLLM does not do by itself. Wrong answers whose numbers are numbers. Requests that callers give up: a corrupted one counts as it finishes.",
            ),
            Alert(
                name="InferenceKVTransferFailing",
                expr=transfers_fail(limits),
                for_="5m",
                severity=Severity.TICKET,
                also_explained_on=((_BOARD, "Failed transfers"),),
                panel=(_BOARD, "KV transfers"),
                summary=f"KV transfers of {MODEL_TEXT} fail",
                description=f"{{{{ $value | humanizePercentage }}}} of the KV transfers failed, or of the requests lost their KV cache before it was fetched. Up to {percent(limits.kv_transfer_failed_ratio)} is allowed.",
                cannot_see=f"Connectors other than NIXL and Mooncake: the board has those that report failures. Fewer than {TRANSFERS_NOTABLE} failures within {span(RATE_WINDOW_SECONDS)}. Transfers that are slow and succeed: the verdict says Transfer-bound.",
            ),
            Alert(
                name="InferenceSpeculationUseless",
                expr=speculates_in_vain(limits),
                for_="30m",
                severity=Severity.TICKET,
                panel=(_BOARD, "Accepted drafts"),
                summary=f"Speculation of {MODEL_TEXT} costs more than it gives",
                description=f"{{{{ $value | humanizePercentage }}}} of the drafted tokens are accepted, below {percent(limits.speculation_acceptance_low_ratio)}. Drafting and checking them takes more time than they save.",
                cannot_see=f"What a draft really costs: it compares with a fixed share. A full GPU pays for rejected tokens at higher shares, too. Fewer than {DRAFT_TOKENS_NOTABLE:,} drafted tokens within {span(WINDOW)}. One caller whose texts are hard to guess among many others.",
            ),
        ),
    )
