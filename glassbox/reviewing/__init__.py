"""What a change amounts to, for those who review it: against another revision, without a server."""
