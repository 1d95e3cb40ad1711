"""Files of a return: photos of the buyer, written again by the shop, and labels of the shop for the way back.

Untrusted bytes: a picture goes through the decoder with limits, a PDF is never opened by the shop. They are kept in
their rows and served to the staff and to whoever may see the return, by no other road.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO, Final

from django.utils.translation import gettext as _

from orders.models import Return, ReturnFile
from shop.core.pictures.kinds import HEAD, kind_of
from shop.core.pictures.rewriting import PictureRefused, rewrite

MOST_BYTES: Final = 8 * 1024 * 1024
MOST_PHOTOS: Final = 4
_PDF_END: Final = b"%%EOF"
_PDF_TAIL: Final = 2048


class FileRefused(Exception):
    """The file is not taken; the message says why and what to do. The same file again does not help."""


@dataclass(frozen=True, slots=True)
class Readable:
    """A file as the shop will keep it."""

    kind: ReturnFile.Kind
    suffix: str
    body: bytes
    digest: str


def photos(files: Iterable[IO[bytes]]) -> list[Readable]:
    """Return the pictures written again; the same one twice is one. Slow: call it outside of transactions.

    Raises:
        FileRefused: one is no picture, is damaged or too large, or there are more than `MOST_PHOTOS`.
    """
    found: dict[str, Readable] = {}
    for file in files:
        data = _bytes_of(file)
        digest = hashlib.sha256(data).hexdigest()
        if digest in found:
            continue
        if len(found) == MOST_PHOTOS:
            raise FileRefused(_("At most %s photos: choose the ones that show it best.") % MOST_PHOTOS)
        try:
            picture = rewrite(file)
        except PictureRefused as refusal:
            raise FileRefused(" ".join(refusal.messages)) from refusal
        found[digest] = Readable(ReturnFile.Kind.PHOTO, picture.suffix, picture.body, digest)
    return list(found.values())


def label(file: IO[bytes]) -> Readable:
    """Return a label that the staff upload: a PDF as it is, or a picture written again.

    Raises:
        FileRefused: it is neither, is damaged or too large.
    """
    data = _bytes_of(file)
    digest = hashlib.sha256(data).hexdigest()
    if kind_of(data[:HEAD]) == "PDF":
        if _PDF_END not in data[-_PDF_TAIL:]:
            raise FileRefused(_("This PDF is damaged or cut off. Download it again."))
        return Readable(ReturnFile.Kind.LABEL, "pdf", data, digest)
    try:
        picture = rewrite(file)
    except PictureRefused as refusal:
        raise FileRefused(_("A label is a PDF or a picture. %s") % " ".join(refusal.messages)) from refusal
    return Readable(ReturnFile.Kind.LABEL, picture.suffix, picture.body, digest)


def _bytes_of(file: IO[bytes]) -> bytes:
    file.seek(0)
    data = file.read(MOST_BYTES + 1)
    if not data:
        raise FileRefused(_("This file is empty. Choose it again."))
    if len(data) > MOST_BYTES:
        raise FileRefused(_("The file is larger than %s MB.") % (MOST_BYTES // 1024 // 1024))
    return data


def keep(rma: Return, files: Iterable[Readable]) -> None:
    """Write files of a return; one that is there is written once."""
    ReturnFile.objects.bulk_create(
        [
            ReturnFile(
                rma=rma,
                kind=file.kind,
                suffix=file.suffix,
                content=file.body,
                digest=file.digest,
                size=len(file.body),
            )
            for file in files
        ],
        ignore_conflicts=True,
    )
