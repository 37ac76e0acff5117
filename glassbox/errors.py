"""The one exception for what a user can cause: wrong settings, a missing tool, a server that refuses."""


class GlassboxError(Exception):
    """One sentence that names the thing, what is wrong with it and what to do; shown without a traceback, exit code 1."""
