"""The command `relay`: Alertmanager's alerts for chat robots that Alertmanager cannot speak to."""
