"""The one exception for what a user can cause: wrong settings, a missing tool, a server that refuses."""


class GlassboxError(Exception):
    """One sentence that names the thing, what is wrong with it and what to do; shown without a traceback, exit code 1."""


class DeclarationError(GlassboxError):
    """What is wrong with something that content declares, such as an "alert"; its file and line are found by kind and name."""

    def __init__(self, sentence: str, kind: str, name: str) -> None:
        super().__init__(sentence)
        self.kind, self.name = kind, name
