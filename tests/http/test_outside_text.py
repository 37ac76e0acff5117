"""Text of others never commands the terminal that shows it."""

import pytest

from glassbox.http.outside_text import harmless


@pytest.mark.parametrize("text", ["Größe 5 µs", "模型 🙂", "a\nb\tc", "می‌خواهم"])
def test_what_is_read_stays(text):
    assert harmless(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;owned\x07", "\\x1b]0;owned\\x07"),
        ("ok\rno", "ok\\rno"),
        ("\x9b2J", "\\x9b2J"),
        ("a\u202eb", "a\\u202eb"),
        ("a\u2028b", "a\\u2028b"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_commands_is_written_as_its_escape(text, shown):
    assert harmless(text) == shown
