"""What a change comes to, for those who review it: against another revision, without a server."""
