"""The shop's one stylesheet: its sheets, one for each component, joined in the order of their layers.

A finder of static files makes it where files are collected, and when a developer's server starts; the sources stay as
they are written. A page's look waits for one request instead of thirty.
"""

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage

NAME: Final = "css/shop.css"
# Addresses within a sheet are relative to it; those with one lie in the folder of `NAME`, as the joined sheet does.
SHEETS: Final = (
    *("css/tokens.css", "css/base.css", "css/layout.css"),
    *(
        f"css/components/{name}.css"
        for name in (
            *(
                "header",
                "buttons",
                "picture",
                "cards",
                "hero",
                "price",
                "countdown",
                "forms",
                "gallery",
                "picker",
            ),
            *("notices", "tables", "estimate", "summary", "installments", "steps", "pagination", "filters"),
            *("suggestions", "prose", "account", "drawer", "footer"),
        )
    ),
    # Of the pages that everybody shares. The others, which are few, name their own sheet.
    *("css/pages/home.css", "css/pages/product.css", "css/pages/drop.css"),
)


_QUOTED: Final = re.compile(r"""("[^"\n]*"|'[^'\n]*')""")
_COMMENT: Final = re.compile(r"/\*.*?\*/|" + _QUOTED.pattern, re.DOTALL)
_AROUND: Final = re.compile(r" ?([{};,]) ?")


def joined() -> str:
    """Return the text of the stylesheet."""
    folder = Path(settings.BASE_DIR) / "static"
    return "\n".join(compact((folder / name).read_text(encoding="utf-8")) for name in SHEETS)


def compact(sheet: str) -> str:
    """Return a sheet without comments, line breaks and indentation; what stands in quotes stays. Pure."""
    parts = _QUOTED.split(_COMMENT.sub(lambda found: found[1] or "", sheet))
    # Every second part is in quotes.
    parts[::2] = [_AROUND.sub(r"\1", re.sub(r"\s+", " ", part)).replace(";}", "}") for part in parts[::2]]
    return "".join(parts).strip()


class JoinedSheet(BaseFinder):
    """Finds the stylesheet, which it writes below the shop's data whenever its sources say something else."""

    def __init__(self, app_names: object = None, *args: Any, **options: Any) -> None:
        self.storage = FileSystemStorage(location=settings.DATA_DIR / "made-static")
        super().__init__(*args, **options)

    def find(self, path: str, find_all: bool = False, **_options: Any) -> Any:
        """Return where the stylesheet lies when it is asked for, otherwise nothing."""
        if path != NAME:
            return []
        found = str(self._write())
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterator[tuple[str, FileSystemStorage]]:
        """Yield the stylesheet and its storage."""
        self._write()
        yield NAME, self.storage

    def _write(self) -> Path:
        """Write the stylesheet, whole at once, since another process may be reading it."""
        path = Path(self.storage.path(NAME))
        text = joined()
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            aside = path.with_name(f"{path.name}.{os.getpid()}")
            aside.write_text(text, encoding="utf-8")
            aside.replace(path)
        return path
