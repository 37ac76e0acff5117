"""What this repository declares, compiled."""

from deploy import PRODUCT, content
from glassbox.cli import main as command_line
from glassbox.compile.compiler import compile_bundle
from glassbox.settings.model import Settings


def our_bundle(settings=None, data_source=None):
    """The bundle of our content with these settings, the defaults where there are none."""
    return compile_bundle(content(), settings or Settings(), data_source)


def our_record_groups(settings=None):
    """Our groups of recorded series with these settings, the defaults where there are none."""
    return content().recording_rules(settings or Settings())


def our_alert_groups(settings=None):
    """Our groups of alerts with these settings, the defaults where there are none."""
    return content().alerts(settings or Settings())


def main(arguments):
    """`deploy.py` with these arguments, in this process; its exit code."""
    return command_line.main(PRODUCT, arguments)
