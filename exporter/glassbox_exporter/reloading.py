"""Development servers that restart the app when its files change: a parent watches them, and its child answers."""

import os
import sys


def watches_only() -> bool:
    """Whether this process has the app and answers no request, because a child of it does."""
    return (_watches_for_werkzeug() or _watches_for_django()) and not is_reloaded()


def is_reloaded() -> bool:
    """Whether this process answers, and its parent watches."""
    return "true" in (os.environ.get("WERKZEUG_RUN_MAIN"), os.environ.get("RUN_MAIN"))


def _watches_for_werkzeug() -> bool:
    # Flask's too: the parent opens the socket for its children, and names it so before it starts the first.
    return "WERKZEUG_SERVER_FD" in os.environ


def _watches_for_django() -> bool:
    return "django.core.management" in sys.modules and sys.argv[1:2] == ["runserver"] and "--noreload" not in sys.argv
