"""Development servers that restart the app when its files change: a parent watches them, and its child answers."""

import os
import sys


def watches_only() -> bool:
    """Whether this process has the app and answers no request, because a child of it does."""
    return not is_reloaded() and (_watches_for_werkzeug() or _watches_for_django())


def is_reloaded() -> bool:
    """Whether this process answers, and its parent watches."""
    return "true" in (os.environ.get("WERKZEUG_RUN_MAIN"), os.environ.get("RUN_MAIN"))


def _watches_for_werkzeug() -> bool:
    # Flask's too, which imports it when it is told to reload, and not before.
    return "werkzeug._reloader" in sys.modules


def _watches_for_django() -> bool:
    return "django.core.management" in sys.modules and sys.argv[1:2] == ["runserver"] and "--noreload" not in sys.argv
