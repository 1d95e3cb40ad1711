"""Files that were stored, to be served: out of the media folder, or out of a bucket."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.utils.http import quote_etag

log = logging.getLogger(__name__)


class StoreAway(Exception):
    """The store does not answer, or refuses the shop."""


@dataclass(frozen=True, slots=True)
class Found:
    """A stored file, open: its size in bytes, when it was written (seconds since 1970), its ETag."""

    file: IO[bytes]
    size: int
    written: int
    etag: str


def find(name: str) -> Found | None:
    """Return the stored file of this name, open; None: no folder, no hidden file, nothing that links out.

    Raises:
        StoreAway: nobody knows whether there is one.
    """
    parts = name.split("/")
    if "\x00" in name or "\\" in name or any(part in {"", "."} or part.startswith(".") for part in parts):
        return None
    if isinstance(default_storage, FileSystemStorage) or not settings.MEDIA_BUCKET:
        return _in_folder(parts)
    return _in_bucket(name)


def _in_folder(parts: list[str]) -> Found | None:
    root = Path(settings.MEDIA_ROOT).resolve()
    try:
        path = root.joinpath(*parts).resolve()
        if not (path.is_relative_to(root) and path.is_file()):
            return None
        file = path.open("rb")
    except (OSError, ValueError):
        return None
    about = path.stat()
    etag = quote_etag(f"{about.st_mtime_ns:x}-{about.st_size:x}")
    return Found(file, about.st_size, int(about.st_mtime), etag)


def _in_bucket(name: str) -> Found | None:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        file = default_storage.open(name)
        about = file.obj  # type: ignore[attr-defined]
        file.seek(0)  # Fetches it: what follows reads a copy.
    except FileNotFoundError:
        return None
    except (BotoCoreError, ClientError) as error:
        log.warning("The bucket did not give %s: %s", name, error)
        raise StoreAway from error
    return Found(file, about.content_length, int(about.last_modified.timestamp()), str(about.e_tag))
