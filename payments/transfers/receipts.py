"""Receipts of bank transfers, as buyers upload them: pictures are written again, PDFs are kept as they came.

They prove nothing (a receipt is easily made) and decide nothing: they help a clerk to find the money at the bank.
Untrusted bytes: a picture goes through the decoder with limits, a PDF is never opened by the shop, and either is
served to the staff alone, as a download (`payments.admin.transfers`).
"""

import hashlib
from typing import IO, Final

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from payments.models import TransferInstruction, TransferReceipt
from shop.core.pictures.kinds import HEAD, kind_of
from shop.core.pictures.rewriting import PictureRefused, rewrite
from shop.core.states import record

MOST_BYTES: Final = 5 * 1024 * 1024
MOST: Final = 5
# A PDF ends so, a few bytes of rubbish aside; what does not is cut off or something else.
_PDF_END: Final = b"%%EOF"
_PDF_TAIL: Final = 2048
MEDIA_TYPES: Final = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "webp": "image/webp",
    "pdf": "application/pdf",
}


class ReceiptRefused(Exception):
    """The file is not taken; the message says why and what to do. The same file again does not help."""


def add(instruction: TransferInstruction, file: IO[bytes], *, size: int, actor: str) -> TransferReceipt:
    """Keep a receipt: a picture, or a PDF. The same file again is the same receipt. Takes as long as a picture does.

    Raises:
        ReceiptRefused: another kind of file, damaged, too large, or one too many.
    """
    if size > MOST_BYTES:
        raise ReceiptRefused(_("The file is larger than %s MB.") % (MOST_BYTES // 1024 // 1024))
    file.seek(0)
    data = file.read(MOST_BYTES + 1)
    digest = hashlib.sha256(data).hexdigest()
    if (known := instruction.receipts.filter(digest=digest).first()) is not None:
        return known
    if instruction.receipts.count() >= MOST:
        raise ReceiptRefused(_("We have %s receipts of this transfer already: that is enough.") % MOST)
    kind, suffix, content = _read(file, data)
    try:
        with transaction.atomic():
            made = TransferReceipt.objects.create(
                instruction=instruction,
                kind=kind,
                suffix=suffix,
                content=content,
                digest=digest,
                size=len(content),
            )
            record(made, "received", actor=actor, trail=instruction.trail, data={"bytes": len(content)})
    except IntegrityError:
        return instruction.receipts.get(digest=digest)  # The other press of the button was faster.
    return made


def _read(file: IO[bytes], data: bytes) -> tuple[str, str, bytes]:
    """Return kind, suffix and bytes as they are kept. Raises: ReceiptRefused."""
    if not data:
        raise ReceiptRefused(_("This file is empty. Choose it again."))
    if kind_of(data[:HEAD]) == "PDF":
        if _PDF_END not in data[-_PDF_TAIL:]:
            raise ReceiptRefused(_("This PDF is damaged or cut off. Download it from your bank again."))
        return TransferReceipt.Kind.PDF, "pdf", data
    try:
        picture = rewrite(file)
    except PictureRefused as refusal:
        raise ReceiptRefused(
            _("We take a photo or screenshot (JPEG, PNG, WebP, HEIC) or a PDF of the receipt. %s")
            % refusal.messages[0]
        ) from refusal
    return TransferReceipt.Kind.PICTURE, picture.suffix, picture.body
