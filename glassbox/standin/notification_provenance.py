"""Which writes of templates, mute timings and policies the provenance that is stored refuses."""

from glassbox.standin import provenance
from glassbox.standin.calls import Call
from glassbox.standin.refusals import RefusalError, errutil, plain
from glassbox.standin.state import Json

# ngalert/provisioning/validation: ErrProvenanceChangeNotAllowed
_INVALID = "alerting.notifications.invalidProvenance"


def check_change(call: Call, stored: Json) -> None:
    """Refuse to change an object that is stored with another provenance than the requested one; an object without may get any."""
    if stored.get("provenance", provenance.NONE) not in (provenance.NONE, provenance.requested(call)):
        raise _refused(call)


def check_policies(call: Call, stored: Json) -> None:
    """Refuse only to take the provenance away (ValidateProvenanceRelaxed), and on older releases nothing."""
    wanted, before = provenance.requested(call), stored.get("provenance", provenance.NONE)
    if call.behaviour.policies_keep_provenance and before != provenance.NONE and wanted == provenance.NONE:
        raise _refused(call)


def with_provenance(body: Json, wanted: str) -> Json:
    """The body as it is shown: without provenance the field is absent."""
    return body | ({"provenance": wanted} if wanted else {})


def _refused(call: Call) -> RefusalError:
    status = call.behaviour.invalid_provenance_status
    return errutil(status, _INVALID, "Invalid provenance") if status < 500 else plain(status)
