"""What the clients ask a vLLM: completions of a text, and chats about a page that they send as a picture."""

import base64
import functools
import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PIL import Image, ImageDraw, ImageFont

MODEL_NAME = "qwen/Qwen2.5-7B-Instruct"
# Longer than one 128-token block of the KV cache, so that requests share a cached prefix.
SHARED_PREFIX = "You read scanned invoices. Answer with the fields of the page, one a line, and nothing else. " * 4
WORDS = [
    "invoice",
    "total",
    "date",
    "vendor",
    "page",
    "line",
    "tax",
    "paid",
    "due",
    "number",
    "address",
    "item",
    "price",
]
# Short: the work is to be the picture's, and no prefix is shared behind it.
PAGE_QUESTION = "Which fields are on the page?"
# A4 at 200 dots per inch, a usual scan.
PAGE_SIZE_PIXELS = (1654, 2339)
MARGIN_PIXELS, LINE_PIXELS, LETTER_PIXELS = 120, 40, 28
KNOWN_PAGES = 4
KNOWN_SHARE_RATIO = 0.25


@dataclass(frozen=True)
class Question:
    """A kind of request: its path, its body for a source of chance and a number of tokens, and its name in the index."""

    path: str
    body: Callable[[random.Random, int], dict[str, Any]]
    name: str


def request(chooser: random.Random, max_tokens: int) -> dict[str, Any]:
    """What every request says; about a third may stop before the last token."""
    body = {"model": MODEL_NAME, "max_tokens": max_tokens, "ignore_eos": True}
    return body | ({"stop": ["th", "qu", "or"]} if chooser.random() < 1 / 3 else {})


def completion(chooser: random.Random, max_tokens: int) -> dict[str, Any]:
    """A completion request: the shared prefix and words of its own."""
    question = " ".join(chooser.choices(WORDS, k=chooser.randint(5, 40)))
    return {"prompt": SHARED_PREFIX + question} | request(chooser, max_tokens)


def whole_completion(chooser: random.Random, max_tokens: int) -> dict[str, Any]:
    """A completion request that never stops before its last token."""
    return {name: value for name, value in completion(chooser, max_tokens).items() if name != "stop"}


def page_chat(chooser: random.Random, max_tokens: int) -> dict[str, Any]:
    """A chat request about a page: a quarter of the time one of four known pages, else one that nobody sent before."""
    known = chooser.random() < KNOWN_SHARE_RATIO
    page = draw_page(chooser.randrange(KNOWN_PAGES) if known else chooser.getrandbits(64))
    picture = {"url": f"data:image/jpeg;base64,{base64.b64encode(page).decode()}"}
    content = [{"type": "image_url", "image_url": picture}, {"type": "text", "text": PAGE_QUESTION}]
    return {"messages": [{"role": "user", "content": content}]} | request(chooser, max_tokens)


def draw_page(number: int) -> bytes:
    """The JPEG of a page, the same bytes for the same number."""
    page = blank_page().copy()
    write_line(page, PAGE_SIZE_PIXELS[1] - MARGIN_PIXELS, f"page number {number}")
    jpeg = io.BytesIO()
    page.save(jpeg, "JPEG", quality=90)
    return jpeg.getvalue()


@functools.cache
def blank_page() -> Image.Image:
    """A page full of words, without its number."""
    chooser = random.Random(0)
    page = Image.new("RGB", PAGE_SIZE_PIXELS, "white")
    for top in range(MARGIN_PIXELS, PAGE_SIZE_PIXELS[1] - 2 * MARGIN_PIXELS, LINE_PIXELS):
        write_line(page, top, " ".join(chooser.choices(WORDS, k=16)))
    return page


def write_line(page: Image.Image, top_pixels: int, text: str) -> None:
    """Write one line onto a page."""
    letters = ImageFont.load_default(LETTER_PIXELS)
    ImageDraw.Draw(page).text((MARGIN_PIXELS, top_pixels), text, fill="black", font=letters)


COMPLETION = Question("/v1/completions", completion, "completion")
WHOLE_COMPLETION = Question("/v1/completions", whole_completion, "completion without stop words")
PAGE_CHAT = Question("/v1/chat/completions", page_chat, "chat about a scanned page, a quarter of them known,")
