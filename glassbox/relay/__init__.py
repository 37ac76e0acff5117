"""The command `relay`: Alertmanager's alerts for the group robots that Alertmanager does not support."""
