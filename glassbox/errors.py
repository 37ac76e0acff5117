"""The one exception for what a user can cause: wrong settings, a missing tool, a server that refuses."""


class GlassboxError(Exception):
    """One sentence that names the thing, what is wrong with it and what to do; shown without a traceback, exit code 1."""


class DeclarationError(GlassboxError):
    """What is wrong with something that content declares as `name`, by which its file and line are found."""

    def __init__(self, sentence: str, name: str) -> None:
        super().__init__(sentence)
        self.name = name
