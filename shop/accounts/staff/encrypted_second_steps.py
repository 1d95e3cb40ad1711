"""The secrets of second steps, encrypted: reading the database or a backup does not allow making codes.

django-allauth keeps the key of an authenticator app and the seed of the recovery codes as they are, unless its adapter
encrypts them (https://docs.allauth.org/en/latest/mfa/adapter.html). Older rows are encrypted by the job that
re-encrypts with the newest key.
"""

import base64
import logging
import secrets
from typing import Final

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator

from shop.core.privacy import vault

log = logging.getLogger(__name__)
_PURPOSE: Final = "second step"
# What a Fernet token begins with (version, zeros of its time); no key of base32 and no hexadecimal seed does.
_SEALED: Final = "gAAAAA"
_NAMES: Final = ("secret", "seed")


class MFAAdapter(DefaultMFAAdapter):
    """Encrypts what allauth keeps of second steps."""

    def encrypt(self, text: str) -> str:
        return vault.encrypt(_PURPOSE, text.encode())

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret. One that no key decrypts becomes a random one, which no code matches."""
        if not encrypted_text.startswith(_SEALED):
            return encrypted_text
        try:
            return vault.decrypt(_PURPOSE, encrypted_text).decode()
        except vault.CannotOpen:
            log.error("A second step is sealed with a key that is gone: set it up anew (remove_second_step)")
            return base64.b32encode(secrets.token_bytes(20)).decode()


def reencrypt() -> int:
    """Encrypt what is not encrypted with the newest key; return how many rows. Twice is harmless.

    A row that allauth writes at the same moment is left for the next run (compare-and-set).
    """
    changed = 0
    for step in Authenticator.objects.only("pk", "data").order_by("pk"):
        try:
            data = {name: _newest(value) if name in _NAMES else value for name, value in step.data.items()}
        except vault.CannotOpen:
            continue
        if data != step.data:
            changed += Authenticator.objects.filter(pk=step.pk, data=step.data).update(data=data)
    return changed


def _newest(secret: str) -> str:
    if not secret.startswith(_SEALED):
        return vault.encrypt(_PURPOSE, secret.encode())
    return vault.reseal(_PURPOSE, secret) if vault.is_stale(_PURPOSE, secret) else secret
