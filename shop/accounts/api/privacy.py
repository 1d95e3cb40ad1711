"""`/api/v1/account/privacy`: what the shop has of a person, all of it to take along, and its erasure."""

from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from ninja import Router, Status

from shop.accounts import erasure, own_data
from shop.accounts.api import problems
from shop.accounts.api.auth import bearer, has_just_confirmed, user_of
from shop.accounts.api.schemas import CodeInput, ErasureBody, ExportBody, PrivacyBody
from shop.accounts.models import User
from shop.accounts.privacy import person_of
from shop.core import countries
from shop.core.api.document import refusals
from shop.core.api.idempotency import once_per_key
from shop.core.api.problems import TOO_MANY, FieldProblem, Problem
from shop.core.privacy import personal_data

router = Router(tags=["account"], auth=bearer)
_OWN_KEYS: Final = ("shop", "made_at", "person")


@router.get("", response=PrivacyBody)
def read_privacy(request: HttpRequest) -> object:
    """Show what the shop has of the account's owner."""
    user = user_of(request)
    return {
        "parts": [{"name": part.name, "label": str(part.label)} for part in personal_data.parts()],
        "rows": personal_data.counts(person_of(user)),
        "invoice_years": countries.current().retention.years,
        "erasure": _erasure(user),
    }


@router.get("/export", response={200: ExportBody, **refusals(403)})
def export_data(request: HttpRequest) -> object:
    """Return everything the shop has of the account's owner. The password must have been confirmed just now (403)."""
    user = user_of(request)
    _require_confirmation(request)
    try:
        values = own_data.export(user)
    except own_data.TooOften as error:
        raise _later(
            _("You have downloaded your data several times just now. Try again in an hour.")
        ) from error
    return {
        **{name: values[name] for name in _OWN_KEYS},
        "parts": {name: part for name, part in values.items() if name not in _OWN_KEYS},
    }


@router.get("/erasure", response=ErasureBody)
def read_erasure(request: HttpRequest) -> object:
    """Show the state of an erasure, and what postpones it or would."""
    return _erasure(user_of(request))


@router.post("/erasure", response={202: ErasureBody, **refusals(403, 409)})
@once_per_key()
def ask_for_erasure(request: HttpRequest) -> object:
    """Ask for the erasure of the account: a code is mailed. The password must have been confirmed just now (403)."""
    user = user_of(request)
    _require_confirmation(request)
    try:
        own_data.ask_for_erasure(user, language=get_language() or settings.LANGUAGE_CODE)
    except erasure.AlreadyAsked as error:
        raise problems.ERASURE_UNDER_WAY(_("Your data are being erased")) from error
    except own_data.TooOften as error:
        raise _later(_("Too many codes were asked for. Try again in an hour.")) from error
    return Status(202, _erasure(user))


@router.post("/erasure/confirmation", response={202: ErasureBody, **refusals(410, 422)})
def confirm_erasure(request: HttpRequest, body: CodeInput) -> object:
    """Confirm the erasure with the code of the mail. Its job signs the account out everywhere when it deletes it."""
    user = user_of(request)
    try:
        own_data.confirm_erasure(user, body.code)
    except erasure.WrongCode as error:
        words = _("This is not the code. Look at the mail once more.")
        raise problems.WRONG_CODE(words, errors=[FieldProblem("#/code", words)]) from error
    except erasure.CodeExpired as error:
        raise problems.CODE_EXPIRED(_("This code does not work any more. Ask for another one.")) from error
    return Status(202, _erasure(user))


@router.delete("/erasure", response={200: ErasureBody, **refusals(409)})
def withdraw_erasure(request: HttpRequest) -> object:
    """Keep the account after all, as long as its erasure has not begun."""
    user = user_of(request)
    if not own_data.withdraw_erasure(user):
        raise problems.NO_ERASURE(_("There is nothing to take back."))
    return _erasure(user)


def _erasure(user: User) -> dict[str, Any]:
    asked = erasure.open_request(user) or erasure.waiting_for_code(user)
    return {
        "status": asked.status if asked else None,
        "obstacles": asked.obstacles
        if asked and asked.obstacles
        else [str(obstacle.words) for obstacle in personal_data.obstacles(person_of(user))],
        "code_until": asked.code_until if asked and asked.status == erasure.Status.REQUESTED else None,
    }


def _require_confirmation(request: HttpRequest) -> None:
    """Raises: Problem (403) unless the password or a second step was confirmed in this session just now."""
    if not has_just_confirmed(request):
        raise problems.REAUTHENTICATE(
            _("Confirm that it is you first: with your password, or your second step.")
        )


def _later(words: str) -> Problem:
    return TOO_MANY(words, headers={"Retry-After": str(own_data.WITHIN)})
