"""Tokens of an app: an access token for minutes, and a refresh token that is replaced each time it is used.

A refresh token comes twice when an app asks twice at once, when an answer was lost on the way, or when it was stolen.
Refreshes of one session take turns, and then

* the current token is replaced, and its session lives for another `API_REFRESH_TOKEN_DAYS`;
* the token it replaced gets the same new refresh token again for `RETRY_WITHIN`: two requests at once and a retry after
  a lost answer end with one token, which works;
* any older use is a copy in other hands: the session ends, and with it every token of it (RFC 9700 §4.14.2).
"""

import logging
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import uuid4

import jwt
from allauth.core.internal.httpkit import authenticated_user
from allauth.headless.tokens.strategies.jwt import JWTTokenStrategy, internal
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from shop.accounts import devices
from shop.accounts.models import RefreshToken, User
from shop.core.audit import actors

log = logging.getLogger(__name__)
RETRY_WITHIN: Final = timedelta(seconds=60)


class RotatingTokens(JWTTokenStrategy):  # type: ignore[misc]
    """django-allauth's tokens, with refresh tokens kept in rows (`RefreshToken`)."""

    def create_access_token_payload(self, request: HttpRequest) -> dict[str, Any] | None:
        """Return both tokens for the session which has just been signed in."""
        access_token = self.create_access_token(request)
        if not access_token:
            return None
        request.session.set_expiry(settings.HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN)
        # The answer is made before allauth tells that somebody has signed in.
        devices.remember(self.__class__, request, authenticated_user(request))
        key = str(request.session.session_key)
        kept, _created = RefreshToken.objects.update_or_create(
            device=UserSession.objects.get(session_key=key),
            defaults={"jti": str(uuid4()), "previous_jti": "", "rotated_at": timezone.now()},
        )
        sid = internal.session_key_to_sid(key)
        return {
            "access_token": access_token,
            "refresh_token": _signed(kept, sub=str(request.user.pk), sid=sid),
        }

    def refresh_token(self, refresh_token: str) -> tuple[str, str] | None:
        """Return a new access token and the session's next refresh token, or None (400).

        Locks the row of the session's device, as ending it does.
        """
        payload = internal.decode_token(refresh_token, "refresh")
        key = internal.session_key_from_sid(payload["sid"]) if payload else None
        if payload is None or not key:
            return None
        with transaction.atomic():
            kept = _locked(key)
            session = internal.get_token_session(payload) if kept else None
            user = internal.validate_token_user(payload, session) if session else None
            if kept is None or not isinstance(user, User):
                return None
            if not _take(kept, payload["jti"], now=timezone.now()):
                log.warning("A refresh token was used again after it was replaced: its session is ended")
                devices.end_session(
                    key, user=user, actor=actors.of_account(user.pk), reason="a used refresh token came again"
                )
                return None
            # Of the session itself nothing is written: another request may be saving it.
            life = timedelta(seconds=settings.HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN)
            Session.objects.filter(session_key=key).update(expire_date=timezone.now() + life)
        access_token = internal.create_access_token(user, session, self.get_claims(user))
        return access_token, _signed(kept, sub=payload["sub"], sid=payload["sid"])


def _locked(session_key: str) -> RefreshToken | None:
    """Wait for the session's turn, then read its token: one statement for both would read it as it was before."""
    device = UserSession.objects.select_for_update().filter(session_key=session_key).first()
    return RefreshToken.objects.filter(device=device).first() if device else None


def _take(kept: RefreshToken, jti: str, *, now: datetime) -> bool:
    """Replace the current token when it is the one that came; return False when a copy of an old one did."""
    if jti == kept.jti:
        kept.jti, kept.previous_jti, kept.rotated_at = str(uuid4()), kept.jti, now
        kept.save(update_fields=["jti", "previous_jti", "rotated_at", "updated_at"])
        return True
    return jti == kept.previous_jti and now - kept.rotated_at <= RETRY_WITHIN


def _signed(kept: RefreshToken, *, sub: str, sid: str) -> str:
    """Return the refresh token of a row: the same text each time for the same `sid`."""
    issued_at = int(kept.rotated_at.timestamp())
    payload = {
        "iat": issued_at,
        "exp": issued_at + settings.HEADLESS_JWT_REFRESH_TOKEN_EXPIRES_IN,
        "sid": sid,
        "jti": kept.jti,
        "token_use": "refresh",
        "sub": sub,
    }
    key = settings.HEADLESS_JWT_PRIVATE_KEY
    return jwt.encode(payload, key, algorithm=settings.HEADLESS_JWT_ALGORITHM)
