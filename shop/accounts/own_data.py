"""What a person may do with their own data, on the page and in the API: take them along, ask for their erasure."""

import json
from typing import Final

from django.conf import settings
from django.utils import timezone

from shop.accounts import erasure
from shop.accounts.models import ErasureRequest, User
from shop.accounts.privacy import person_of
from shop.core.json_types import JsonObject
from shop.core.moments import moment
from shop.core.privacy import personal_data
from shop.core.states import record
from shop.core.web import throttle

EXPORTS: Final = 6
ASKS: Final = 5
WITHIN: Final = 3600


class TooOften(Exception):
    """Asked for too often within `WITHIN` seconds. Trying again later helps."""


def export(user: User) -> JsonObject:
    """Return all that the shop has of a person, as JSON; it is recorded that this was asked for.

    Raises:
        TooOften: see there.
    """
    if not throttle.allow("export", str(user.pk), limit=EXPORTS, seconds=WITHIN):
        raise TooOften
    values: JsonObject = {
        "shop": settings.SHOP_NAME,
        "made_at": moment(timezone.now()),
        "person": user.email,
        **personal_data.export(person_of(user)),
    }
    record(user, "data exported", actor="shopper")
    plain: JsonObject = json.loads(json.dumps(values, default=str))
    return plain


def ask_for_erasure(user: User, *, language: str) -> ErasureRequest:
    """Begin the erasure of one's own data: a code is mailed, which `confirm_erasure` takes.

    Raises:
        erasure.AlreadyAsked: it is confirmed already.
        TooOften: see there.
    """
    if erasure.open_request(user):
        raise erasure.AlreadyAsked
    if not throttle.allow("erasure", str(user.pk), limit=ASKS, seconds=WITHIN):
        raise TooOften
    return erasure.ask(user, language=language)


def confirm_erasure(user: User, code: str) -> str:
    """Take the code from the mail; return the erasure's status: postponed where something is under way, else confirmed.

    Raises:
        erasure.WrongCode, erasure.CodeExpired: see there; also expired when none waits for a code.
    """
    asked = erasure.waiting_for_code(user)
    if asked is None:
        raise erasure.CodeExpired
    erasure.confirm(asked, code)
    if personal_data.obstacles(person_of(user)):
        return erasure.carry_out(asked.pk)
    return str(ErasureRequest.Status.CONFIRMED)


def withdraw_erasure(user: User) -> bool:
    """Keep the account after all; return whether there was an erasure that could still be cancelled."""
    asked = erasure.open_request(user) or erasure.waiting_for_code(user)
    return asked is not None and erasure.cancel(asked, actor="shopper")
