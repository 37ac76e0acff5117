"""What one run of the command line works on: the product, and the settings that its user named."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from glassbox.compile.error_location import located
from glassbox.errors import GlassboxError

# A preview shows what is wrong with content and settings, so the command line must not need them.
if TYPE_CHECKING:
    from glassbox.compile.bundle import Bundle, DataSource
    from glassbox.compile.content import Content
    from glassbox.query.measures import Measures
    from glassbox.settings.model import Settings
    from glassbox.start import Product


@dataclass(frozen=True)
class Session:
    """Settings and content are read at their first use; GlassboxError says which file and line is wrong.

    `environment` is one of the settings, "" for none of them.
    Content of the user's own, which the settings name, is there until `resources` is closed.
    """

    product: Product
    settings_file: Path | None = None
    environment: str = ""
    resources: ExitStack = field(default_factory=ExitStack)

    @cached_property
    def settings(self) -> Settings:
        """The settings of the file, or the defaults."""
        with located():
            from glassbox.settings.loading import load_settings

            return load_settings(self.settings_file, self.environment)

    @cached_property
    def content(self) -> Content:
        """What the product declares, and what the user's own folders do."""
        settings = self.settings
        with located():
            from glassbox.compile.own_content import own_content

            self.resources.enter_context(own_content(settings.content))
            return self.product.content()

    @property
    def measures(self) -> Measures:
        """What baselines are made of; raises GlassboxError where the product declares none."""
        measures = self.content.measures
        if measures is None:
            raise GlassboxError(f"{self.product.script.name} declares no measures for baselines: give its Content some.")  # fmt: skip  # a refusal is one line
        return measures

    def compiled(self, data_source: DataSource | None = None) -> Bundle:
        """The content compiled with the settings; `data_source` as `compile_bundle` takes it."""
        settings, content = self.settings, self.content
        with located():
            from glassbox.compile.compiler import compile_bundle

            return compile_bundle(content, settings, data_source)
