"""The second step of signing in, asked of everybody who works in the back office (`STAFF_MFA_REQUIRED`).

It is required by the back office itself and not at sign-in: however somebody signed in (a password, a code, a reset, an
older session), each request below `/admin/` needs a session in which a second step was taken.
"""

from collections.abc import Callable
from typing import Any, Final, cast

from allauth.account.adapter import get_adapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from shop.accounts.models import User
from shop.core.backoffice.content_policy import ADMIN
from shop.core.states import record

_STEPS: Final = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class RequireSecondStep:
    """Redirect staff without a second step to its set-up, and those who have not used theirs in this session to it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        missing = self._missing(request)
        if missing is None:
            return self.get_response(request)
        messages.info(request, missing[1])
        return HttpResponseRedirect(
            f"{reverse(missing[0])}?{urlencode({REDIRECT_FIELD_NAME: reverse('admin:index')})}"
        )

    def _missing(self, request: HttpRequest) -> tuple[str, str] | None:
        """Return where to go and why, or None when the request may go on."""
        # Whether it may be the back office at all is seen at once: most pages are others.
        is_elsewhere = ADMIN not in request.path or not request.path.startswith(reverse("admin:index"))
        if is_elsewhere or not settings.STAFF_MFA_REQUIRED:
            return None
        user = request.user
        if not user.is_authenticated or not user.is_staff or request.path == reverse("admin:logout"):
            return None
        if not is_mfa_enabled(user, list(_STEPS)):
            return "mfa_activate_totp", _(
                "Whoever works in the back office signs in with two steps. Set up yours here."
            )
        if not was_taken(request.session, user):
            return "mfa_reauthenticate", _("Enter the code of your second step to go on to the back office.")
        return None


@receiver(authenticator_added)
def _setting_up_is_taking(
    request: HttpRequest, user: object, authenticator: Authenticator, **kwargs: object
) -> None:
    """Count the code typed at the set-up of a second step as its first use."""
    if authenticator.type in _STEPS:
        record_authentication(request, user, "mfa", id=authenticator.pk, type=authenticator.type)


def was_taken(session: SessionBase, user: User) -> bool:
    """Return whether this person has typed the code of a second step in this session."""
    request = HttpRequest()
    request.session = session
    return any(one.get("method") == "mfa" for one in get_authentication_records(request, user))


def opens_the_back_office(session: SessionBase, user: User) -> bool:
    """Return whether a session may do what the staff may: where `STAFF_MFA_REQUIRED`, with a second step that is set up
    and was taken in it.
    """
    return not settings.STAFF_MFA_REQUIRED or (
        is_mfa_enabled(user, list(_STEPS)) and was_taken(session, user)
    )


def of_user() -> Exists:
    """Return the condition "has a second step" for a query of users."""
    return Exists(Authenticator.objects.filter(user=OuterRef("pk"), type__in=_STEPS))


def remove(user: User, *, actor: str) -> bool:
    """Remove the second step and recovery codes of somebody who lost them; return whether there was one.

    The next visit to the back office asks for a new one. The person is mailed.
    """
    with transaction.atomic():
        removed, _details = Authenticator.objects.filter(user=user).delete()
        if removed:
            record(user, "second step removed", actor=actor)
    if removed:
        cast(Any, get_adapter()).send_notification_mail("mfa/email/totp_deactivated", user)
    return bool(removed)
