"""The one exception a user of this package meets."""


class ExporterError(Exception):
    """One sentence that names the thing, what is wrong with it and what to do."""
