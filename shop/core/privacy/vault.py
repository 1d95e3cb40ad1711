"""Encryption of what must not be readable in the database or in a link (Fernet: AES-128-CBC with HMAC-SHA256).

`DATA_KEYS` are secrets of the shop's own: the first one encrypts, every one decrypts, so that a key is replaced by
putting a new one in front and, once `reseal` has been run on the rows, removing the old one. Each `purpose` has keys of
its own, derived from them (HKDF, RFC 5869): what was encrypted as a link cannot be decrypted as bank data.
"""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class CannotOpen(Exception):
    """Forged, damaged, encrypted with a key that was removed, or (with a time to live) too old.

    Trying again does not help.
    """


def encrypt(purpose: str, data: bytes) -> str:
    """Return `data` encrypted and signed with the newest key, as URL-safe text with the time of encryption."""
    return _fernet(purpose).encrypt(data).decode()


def decrypt(purpose: str, sealed: str, *, max_age: int | None = None) -> bytes:
    """Return what was encrypted for this purpose; limits its age in seconds.

    Raises:
        CannotOpen: see there.
    """
    try:
        return _fernet(purpose).decrypt(sealed.encode("ascii"), ttl=max_age)
    except (InvalidToken, UnicodeEncodeError):
        raise CannotOpen(purpose) from None


def is_stale(purpose: str, sealed: str) -> bool:
    """Return whether something was encrypted with another key than the newest one."""
    try:
        _derived(settings.DATA_KEYS[0], purpose).decrypt(sealed.encode())
    except InvalidToken:
        return True
    return False


def reseal(purpose: str, sealed: str) -> str:
    """Return the same secret encrypted with the newest key.

    Raises:
        CannotOpen: none of our keys decrypts it.
    """
    try:
        return _fernet(purpose).rotate(sealed.encode()).decode()
    except InvalidToken:
        raise CannotOpen(purpose) from None


def _fernet(purpose: str) -> MultiFernet:
    return MultiFernet([_derived(secret, purpose) for secret in settings.DATA_KEYS])


@lru_cache(maxsize=64)
def _derived(secret: str, purpose: str) -> Fernet:
    key = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"percha:{purpose}".encode()).derive(
        secret.encode()
    )
    return Fernet(base64.urlsafe_b64encode(key))
