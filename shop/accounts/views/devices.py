"""The account's page about where it is signed in."""

from typing import cast

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shop.accounts import devices
from shop.accounts.models import User
from shop.core.audit import actors
from shop.core.web.methods import require_POST, require_safe
from shop.core.web.never_cached import never_cache


@require_safe
@never_cache
@login_required
def page(request: HttpRequest) -> HttpResponse:
    """Show the devices that are signed in."""
    shown = devices.listed(cast(User, request.user), current=_current(request))
    return render(request, "accounts/devices.html", {"devices": shown})


@require_POST
@never_cache
@login_required
def end(request: HttpRequest, device: int) -> HttpResponse:
    """Sign out one of one's own devices; another person's does not exist (404)."""
    user = cast(User, request.user)
    if not devices.end(user, device, actor=actors.of_visitor(request)):
        raise Http404
    messages.success(request, _("The device is signed out."))
    return redirect("accounts:devices")


@require_POST
@never_cache
@login_required
def end_others(request: HttpRequest) -> HttpResponse:
    """Sign out every device but this one."""
    number = devices.end_others(
        cast(User, request.user), current=_current(request), actor=actors.of_visitor(request)
    )
    words = ngettext(
        "%(number)s other device is signed out.", "%(number)s other devices are signed out.", number
    )
    messages.success(request, words % {"number": number})
    return redirect("accounts:devices")


def _current(request: HttpRequest) -> str:
    return str(request.session.session_key)
