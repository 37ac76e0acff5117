"""The command `relay`: Alertmanager's alerts for the chat robots that Alertmanager does not support."""
