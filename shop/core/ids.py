"""Identifiers: time-ordered UUIDs for rows, unguessable tokens for links, readable numbers for people."""

import secrets
import uuid

import uuid_utils

# Digits and capitals that cannot be mistaken for one another when read aloud or written by hand.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def uuid7() -> uuid.UUID:
    """Return a new UUIDv7 (RFC 9562): primary keys that sort by creation time, which keeps indexes compact."""
    return uuid.UUID(int=uuid_utils.uuid7().int)


def token() -> str:
    """Return an unguessable URL-safe token of 32 characters (192 bits)."""
    return secrets.token_urlsafe(24)


def readable_code(length: int = 8) -> str:
    """Return `length` random characters which people can read to one another without mistakes."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
