"""What the demo's servers have none of, so that a board about it is empty there."""

KV_BOARD = "KV transfer and speculation"
WHY_EMPTY = "the demo's servers have no connector, offload, drafter or adapters, and look for no NaN"
# Of this board they have what every server has.
OF_EVERY_SERVER = ("Computed input", "Input by source", "Hits by tier", "Preemptions of a request")
