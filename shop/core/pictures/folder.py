"""The pictures of a shop without a bucket: files in a folder, served by the web server."""

import re
from typing import Final

from django.core.files.storage import FileSystemStorage

# Names as they are stored: nothing in them is quoted, and no part is a step upwards.
_PLAIN: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*", re.ASCII)


class MediaFolder(FileSystemStorage):
    """Django's, which writes the address of a plain name without taking it apart: a page has dozens of them."""

    def url(self, name: str | None) -> str:
        """Return the address of a file."""
        base = self.base_url
        if name is not None and base and base.endswith("/") and _PLAIN.fullmatch(name):
            return f"{base}{name}"
        return super().url(name)
