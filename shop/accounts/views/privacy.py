"""The account's page about one's own data: download or erasure. Both ask for the password again."""

import io
import json
import zipfile
from typing import cast

from allauth.account.decorators import reauthentication_required
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from shop.accounts import erasure, own_data
from shop.accounts.models import ErasureRequest, User
from shop.accounts.privacy import person_of
from shop.core import countries
from shop.core.privacy import personal_data
from shop.core.web.methods import require_http_methods, require_POST, require_safe
from shop.core.web.never_cached import never_cache
from shop.core.web.views import too_many


class CodeForm(forms.Form):
    """The code from the mail."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "autocapitalize": "characters"}),
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})  # type: ignore[arg-type]


@require_safe
@never_cache
@login_required
def page(request: HttpRequest) -> HttpResponse:
    """Show what the shop keeps, and the status of an erasure."""
    user = cast(User, request.user)
    person = person_of(user)
    return render(
        request,
        "accounts/privacy.html",
        {
            "parts": [part.label for part in personal_data.parts()],
            "counts": personal_data.counts(person),
            "erasure": erasure.open_request(user),
            "waiting": erasure.waiting_for_code(user),
            "retention": countries.current().retention,
            "country": countries.current(),
        },
    )


@require_safe
@never_cache
@login_required
@reauthentication_required
def download(request: HttpRequest) -> HttpResponse:
    """Return all personal data of the person: a ZIP with one JSON file and a README."""
    user = cast(User, request.user)
    try:
        values = own_data.export(user)
    except own_data.TooOften:
        words = _("You have downloaded your data several times just now. Try again in an hour.")
        return too_many(request, seconds=own_data.WITHIN, words=words)
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("data.json", json.dumps(values, indent=2, ensure_ascii=False, default=str))
        packed.writestr("README.txt", _note())
    day = timezone.localdate().isoformat()
    return HttpResponse(
        body.getvalue(),
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="data-{day}.zip"'},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
@reauthentication_required
def erase(request: HttpRequest) -> HttpResponse:
    """Show what an erasure means and what postpones it; on POST, mail a code."""
    user = cast(User, request.user)
    if erasure.open_request(user):
        return redirect("accounts:privacy")
    if request.method == "POST":
        try:
            own_data.ask_for_erasure(user, language=get_language() or settings.LANGUAGE_CODE)
        except erasure.AlreadyAsked:
            return redirect("accounts:privacy")
        except own_data.TooOften:
            words = _("Too many codes were asked for. Try again in an hour.")
            return too_many(request, seconds=own_data.WITHIN, words=words)
        return redirect("accounts:erase_confirm")
    return render(
        request,
        "accounts/erase.html",
        {"obstacles": personal_data.obstacles(person_of(user)), "retention": countries.current().retention},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def erase_confirm(request: HttpRequest) -> HttpResponse:
    """Check the code, and start the erasure."""
    user = cast(User, request.user)
    if erasure.waiting_for_code(user) is None:
        return redirect("accounts:privacy")
    form = CodeForm(request.POST or None)
    status = _confirmed(user, form) if request.method == "POST" and form.is_valid() else ""
    if status:
        if status == ErasureRequest.Status.POSTPONED:
            messages.info(
                request, _("Your wish is noted. We erase your data as soon as nothing is under way any more.")
            )
            return redirect("accounts:privacy")
        logout(request)
        return render(request, "accounts/erase_begun.html")
    context = {"form": form, "email": user.email}
    return render(request, "accounts/erase_confirm.html", context, status=422 if form.errors else 200)


def _confirmed(user: User, form: CodeForm) -> str:
    """Check the code and return the status of the erasure; "" with an error beside the field."""
    try:
        return own_data.confirm_erasure(user, form.cleaned_data["code"])
    except erasure.WrongCode as error:
        if error.tries_left:
            form.add_error("code", _("This is not the code. Look at the mail once more."))
        else:
            form.add_error("code", _("That was one try too many. Ask for another code."))
    except erasure.CodeExpired:
        form.add_error("code", _("This code does not work any more. Ask for another one."))
    return ""


@require_POST
@never_cache
@login_required
def erase_cancel(request: HttpRequest) -> HttpResponse:
    """Cancel the erasure."""
    if own_data.withdraw_erasure(cast(User, request.user)):
        messages.success(request, _("Your account stays as it is."))
    else:
        messages.error(request, _("There is nothing to take back."))
    return redirect("accounts:privacy")


def _note() -> str:
    words = _(
        "These are all the data that %(shop)s has of you, in a form that people and programs can read (JSON, UTF-8). "
        "Amounts are text with two decimals in the currency beside them; instants are in ISO 8601. "
        "Passwords, security codes and card numbers are not in it: we have no card numbers, and of passwords only what "
        "cannot be turned back. Questions: %(email)s"
    )
    return words % {"shop": settings.SHOP_NAME, "email": settings.SHOP_EMAIL} + "\n"
