"""What is sent: prompts that begin differently, so that no prefix cache shortens them, and pages as pictures."""

import base64
import itertools
import mimetypes
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from glassbox.errors import GlassboxError
from glassbox.files import content_of

# Words of about one token each in common tokenizers.
WORDS = ("the", "of", "and", "to", "in", "is", "that", "for", "it", "as", "was", "with", "be", "by", "on", "not", "he")
PAGE_QUESTION = "Write down all text of this page."


@dataclass(frozen=True)
class Prompts:
    """The bodies of chat requests, the same for the same seed.

    `same` sends one prompt again and again, which shows what the prefix cache saves. `image_urls` are sent in turn.
    `max_tokens` limits the answer, and with `ignore_eos` (vLLM's own field) each answer is as long as that.
    """

    model: str
    max_tokens: int = 128
    words: int = 200
    same: bool = False
    ignore_eos: bool = False
    seed: int = 0
    image_urls: Sequence[str] = field(default=(), repr=False)

    def bodies(self) -> Iterator[dict[str, Any]]:
        """One body after another, without end."""
        chooser = random.Random(self.seed)
        images = itertools.cycle(self.image_urls) if self.image_urls else itertools.repeat("")
        text = self._text(chooser)
        for image in images:
            yield self._body(text, image)
            if not self.same:
                text = self._text(chooser)

    def _text(self, chooser: random.Random) -> str:
        """A number that never repeats, then words: engines share a prefix from its beginning, block by block."""
        lead = f"{chooser.getrandbits(64):016x}"
        if self.image_urls:
            return f"{lead}: {PAGE_QUESTION}"
        return " ".join((lead, *chooser.choices(WORDS, k=self.words)))

    def _body(self, text: str, image_url: str) -> dict[str, Any]:
        content: Any = text
        if image_url:
            content = [{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": image_url}}]
        body = {"model": self.model, "messages": [{"role": "user", "content": content}], "max_tokens": self.max_tokens}
        return body | ({"ignore_eos": True} if self.ignore_eos else {})


def data_url(file: Path) -> str:
    """A picture as a data URL; raises GlassboxError for a file that cannot be read or is not named like a picture."""
    kind = mimetypes.guess_type(file.name)[0] or ""
    if not kind.startswith("image/"):
        raise GlassboxError(f"Image {file} is not named like a picture: give a file such as page.png or page.jpg.")
    try:
        content = content_of(file)
    except OSError as error:
        raise GlassboxError(f"Image {file} cannot be read ({error.strerror}): correct --image.") from None
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"
