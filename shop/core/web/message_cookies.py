"""Messages in a signed cookie, as Django's storage keeps them and reads them, for less of the processor's time.

Most requests neither read nor leave a message: nothing is made ready for them. The key of the signature is prepared
once, not for each cookie, a message that is too short to become shorter is not compressed, and what many get in the
same second is signed once.
"""

import hmac
import time
from functools import cache, lru_cache
from typing import Final

from django.conf import settings
from django.contrib.messages.storage.base import BaseStorage, Message
from django.contrib.messages.storage.cookie import CookieStorage, MessagePartGatherSerializer
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage
from django.core.signing import TimestampSigner, b64_encode, get_cookie_signer
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django.utils.encoding import force_bytes
from django.utils.functional import cached_property

# Up to so many characters zlib saves little of a message's JSON or nothing; beginning costs it 256 KB of memory.
SHORT: Final = 120


class KeptSigner(TimestampSigner):
    """Django's signer of cookies, whose signatures begin with what is the same in all of them."""

    def signature(self, value: str | bytes, key: str | bytes | None = None) -> str:
        """Return the signature that Django's signer makes."""
        digest = _begun(str(self.salt), key or self.key, self.algorithm).copy()
        digest.update(force_bytes(value))
        return b64_encode(digest.digest()).decode()


@cache
def _begun(salt: str, key: str | bytes, algorithm: str) -> hmac.HMAC:
    return salted_hmac(f"{salt}signer", b"", key, algorithm=algorithm)


@cache
def _signer(salt: str, secret: str, fallbacks: tuple[str, ...]) -> KeptSigner:
    """Return the signer of these keys, which are those of the settings."""
    djangos = get_cookie_signer(salt)
    return KeptSigner(key=djangos.key, fallback_keys=list(djangos.fallback_keys), salt=salt)


class CookieMessages(CookieStorage):
    """Django's storage in a cookie."""

    def __init__(self, request: HttpRequest) -> None:
        BaseStorage.__init__(self, request)
        self.signer = _signer(self.key_salt, settings.SECRET_KEY, tuple(settings.SECRET_KEY_FALLBACKS))

    def _encode_parts(self, messages: list[str], encode_empty: bool = False) -> str | None:
        if not messages and not encode_empty:
            return None
        return _signed(self.signer, tuple(messages), int(time.time()))


@lru_cache(maxsize=64)
def _signed(signer: KeptSigner, messages: tuple[str, ...], _second: int) -> str:
    """Return the cookie of some messages, which is the same for all who get these messages in one second."""
    is_long = sum(map(len, messages)) > SHORT
    return signer.sign_object([*messages], serializer=MessagePartGatherSerializer, compress=is_long)  # type: ignore[arg-type]


class Messages(FallbackStorage):
    """Messages in the cookie, and in the session where they are too long for it; both are made when they are wanted."""

    def __init__(self, request: HttpRequest) -> None:
        BaseStorage.__init__(self, request)
        self._used_storages: set[BaseStorage] = set()

    @cached_property
    def storages(self) -> list[BaseStorage]:
        """The storages in the order in which they are asked and filled."""
        return [CookieMessages(self.request), SessionStorage(self.request)]

    def _get(self, *args: object, **kwargs: object) -> tuple[list[Message], bool]:
        if CookieMessages.cookie_name not in self.request.COOKIES:
            return [], True  # The session has the rest of those in a cookie.
        found: tuple[list[Message], bool] = super()._get(*args, **kwargs)  # type: ignore[misc]
        return found
