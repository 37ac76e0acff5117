"""KV caches that travel between servers, and stores that several share (vLLM 0.33, `distributed/kv_transfer/kv_connector/v1`).

A connector's series are there from the start of a server that uses it, at 0. Each worker counts its own transfers, so a request
has one for each rank.
"""

from glassbox.metrics.of_vllm.declaring import counter, gauge, histogram
from glassbox.metrics.types import Unit

_NIXL, _MOONCAKE = "only with the NIXL connector", "only with the Mooncake connector"
_STORE, _HF3FS, _UMBP = "only with Mooncake's store", "only with the HF3FS connector", "only with the UMBP connector"

_POST_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 5)
_TRANSFER_SECONDS = _POST_SECONDS[1:]
_TRANSFER_BYTES = tuple(2 ** (10 + power) for power in range(1, 25, 2))
_DESCRIPTORS = (10, 20, 30, 50, 75, 100, 200, 400, 1000, 2000, 4000, 10_000, 20_000, 50_000)
_STORE_SECONDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1, 1.5, 2, 3, 4)

NIXL_XFER_TIME = histogram("nixl_xfer_time_seconds", Unit.SECONDS, "Time of a KV transfer that succeeded.", bounds=_TRANSFER_SECONDS, since="0.11.1", absent=_NIXL)  # fmt: skip
NIXL_POST_TIME = histogram("nixl_post_time_seconds", Unit.SECONDS, "Time until a KV transfer was handed to NIXL.", bounds=_POST_SECONDS, since="0.11.1", absent=_NIXL)  # fmt: skip
NIXL_BYTES = histogram("nixl_bytes_transferred", Unit.BYTES, "Bytes of a KV transfer.", bounds=_TRANSFER_BYTES, since="0.11.1", absent=_NIXL)  # fmt: skip
NIXL_DESCRIPTORS = histogram("nixl_num_descriptors", Unit.EVENTS, "Descriptors (pieces of memory) of a KV transfer.", bounds=_DESCRIPTORS, since="0.11.1", absent=_NIXL)  # fmt: skip
NIXL_FAILED_TRANSFERS = counter("nixl_num_failed_transfers", Unit.EVENTS, "KV transfers that failed, those of handshakes and notifications included.", since="0.11.1", absent=_NIXL)  # fmt: skip
NIXL_FAILED_NOTIFICATIONS = counter("nixl_num_failed_notifications", Unit.EVENTS, "Failed notifications, which are among the failed transfers.", since="0.11.1", absent=_NIXL)  # fmt: skip
NIXL_EXPIRED = counter("nixl_num_kv_expired_reqs", Unit.REQUESTS, "Requests whose KV cache nobody fetched in time, as the prefill server counts them.", since="0.15.0", absent=_NIXL)  # fmt: skip
NIXL_NOTIFIED_LATE = counter("nixl_num_notifications_after_expiry", Unit.EVENTS, "Notifications of a rank that it has read blocks whose lease had ended: they may have held another request's.", since="0.32.0", absent=_NIXL)  # fmt: skip

MOONCAKE_XFER_TIME = histogram("mooncake_xfer_time_seconds", Unit.SECONDS, "Time of a KV transfer that succeeded, as its sender sees it.", bounds=_TRANSFER_SECONDS, since="0.33.0", absent=_MOONCAKE)  # fmt: skip
MOONCAKE_BYTES = histogram("mooncake_bytes_transferred", Unit.BYTES, "Bytes of a KV transfer.", bounds=_TRANSFER_BYTES, since="0.33.0", absent=_MOONCAKE)  # fmt: skip
MOONCAKE_DESCRIPTORS = histogram("mooncake_num_descriptors", Unit.EVENTS, "Descriptors (pieces of memory) of a KV transfer.", bounds=_DESCRIPTORS, since="0.33.0", absent=_MOONCAKE)  # fmt: skip
MOONCAKE_FAILED_TRANSFERS = counter("mooncake_num_failed_transfers", Unit.EVENTS, "KV transfers that failed, as their sender counts them.", since="0.33.0", absent=_MOONCAKE)  # fmt: skip
MOONCAKE_FAILED_RECEIVES = counter("mooncake_num_failed_recvs", Unit.EVENTS, "KV transfers that failed, as their receiver counts them.", since="0.33.0", absent=_MOONCAKE)  # fmt: skip
MOONCAKE_EXPIRED = counter("mooncake_num_kv_expired_reqs", Unit.REQUESTS, "Requests whose KV cache nobody fetched in time, as the prefill server counts them.", since="0.33.0", absent=_MOONCAKE)  # fmt: skip

STORE_OPERATIONS = counter("mooncake_store_operation", Unit.EVENTS, "Operations of the store.", "operation", "status", since="0.22.0", absent=_STORE)  # fmt: skip
STORE_BYTES = counter("mooncake_store_operation_bytes", Unit.BYTES, "Bytes that operations of the store moved.", "operation", "status", since="0.22.0", absent=_STORE)  # fmt: skip
STORE_KEYS = counter("mooncake_store_operation_keys", Unit.EVENTS, "Keys that operations of the store touched.", "operation", "status", since="0.22.0", absent=_STORE)  # fmt: skip
STORE_FAILED_KEYS = counter("mooncake_store_operation_failed_keys", Unit.EVENTS, "Keys that failed in operations of the store.", "operation", "status", since="0.22.0", absent=_STORE)  # fmt: skip
STORE_TIME = histogram("mooncake_store_operation_time_seconds", Unit.SECONDS, "Time of an operation of the store.", "operation", "status", bounds=_STORE_SECONDS, since="0.22.0", absent=_STORE)  # fmt: skip

HF3FS_LOAD_TIME = histogram("hf3fs_load_duration_seconds", Unit.SECONDS, "Time of a load from HF3FS.", bounds=_POST_SECONDS, since="0.20.0", absent=_HF3FS)  # fmt: skip
HF3FS_SAVE_TIME = histogram("hf3fs_save_duration_seconds", Unit.SECONDS, "Time of a save to HF3FS.", bounds=_POST_SECONDS, since="0.20.0", absent=_HF3FS)  # fmt: skip
HF3FS_FAILED_LOADS = counter("hf3fs_num_failed_load", Unit.EVENTS, "Loads from HF3FS that failed.", since="0.20.0", absent=_HF3FS)  # fmt: skip
HF3FS_FAILED_SAVES = counter("hf3fs_num_failed_save", Unit.EVENTS, "Saves to HF3FS that failed.", since="0.20.0", absent=_HF3FS)  # fmt: skip

UMBP_SUBMITTED = counter("umbp_transfer_submitted", Unit.EVENTS, "Objects that were submitted.", "operation", since="0.33.0", absent=_UMBP)  # fmt: skip
UMBP_COMPLETED = counter("umbp_transfer_completed", Unit.EVENTS, "Objects whose transfer succeeded.", "operation", since="0.33.0", absent=_UMBP)  # fmt: skip
UMBP_FAILED = counter("umbp_transfer_failed", Unit.EVENTS, "Objects whose transfer failed.", "operation", since="0.33.0", absent=_UMBP)  # fmt: skip
UMBP_BYTES = counter("umbp_transfer_bytes", Unit.BYTES, "Bytes of transfers that succeeded.", "operation", since="0.33.0", absent=_UMBP)  # fmt: skip

KV_FETCH_STAGES = gauge("num_requests_kv_fetch_by_stage", Unit.REQUESTS, "Waiting requests that load their KV cache from elsewhere: waiting_to_start, in_progress or completed_waiting.", "stage", since="0.32.0", absent="only where a connector loads KV caches")  # fmt: skip
