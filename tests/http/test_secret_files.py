"""Files that hold one token, as users name them."""

import os
from pathlib import Path

import pytest

from glassbox.errors import GlassboxError
from glassbox.http.secret_files import token_in


def test_a_token_may_come_through_a_pipe(tmp_path):
    reader, writer = os.pipe()
    os.write(writer, b"\xef\xbb\xbfglsa_1\n")
    os.close(writer)
    assert token_in(Path(f"/dev/fd/{reader}"), "token") == "glsa_1"
    os.close(reader)


def test_a_file_without_end_is_not_read_to_its_end():
    with pytest.raises(GlassboxError, match=r"^The token file /dev/zero is too long: write one token into it\.$"):
        token_in(Path("/dev/zero"), "token")
