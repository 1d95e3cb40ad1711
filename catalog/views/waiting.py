"""Pages of the waiting lists. Links from mails only show a page; a POST acts: a mail scanner changes nothing."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from catalog import waiting
from catalog.models import Collection, Variant, WaitingEntry
from shop.core.audit import actors
from shop.core.user_input.lines import MailField
from shop.core.web import throttle
from shop.core.web.methods import require_POST, require_safe
from shop.core.web.never_cached import never_cache
from shop.core.web.own_forms import posted_from_shared_pages
from shop.core.web.views import too_many


class WaitingForm(forms.Form):
    """An address, and what it waits for: a variant or a drop."""

    email = MailField(max_length=254)
    variant = forms.UUIDField(required=False)
    collection = forms.UUIDField(required=False)

    def clean(self) -> dict[str, object]:
        """Refuse a form that names nothing, or two things."""
        cleaned = super().clean() or {}
        if bool(cleaned.get("variant")) == bool(cleaned.get("collection")):
            raise forms.ValidationError(_("Say what you are waiting for."))
        return cleaned


@posted_from_shared_pages
@never_cache
@require_POST
def join(request: HttpRequest) -> HttpResponse:
    """Join a list. Whatever the address, a well-formed request gets the same answer."""
    form = WaitingForm(request.POST)
    back = _back(request)
    if not form.is_valid():
        messages.error(request, _("That is not an e-mail address. Look at it once more."))
        return redirect(back)
    if not waiting.may_ask(throttle.address_of(request)):
        return too_many(request, seconds=waiting.WITHIN)
    data = form.cleaned_data
    user = request.user if request.user.is_authenticated else None
    try:
        waiting.join(
            email=data["email"],
            variant=_variant(data["variant"]),
            collection=_collection(data["collection"]),
            user=user,
            language=get_language() or "es",
            actor=actors.of_visitor(request),
        )
    except (waiting.NothingToWaitFor, Variant.DoesNotExist, Collection.DoesNotExist):
        messages.error(request, _("There is nothing to wait for here any more."))
        return redirect(back)
    if user is not None and user.email.lower() == data["email"].strip().lower():
        messages.success(request, _("You are on the list. We write to you when it is time."))
        return redirect(back)
    request.session["waiting_email"] = data["email"]
    return redirect("catalog:waiting_sent")


@never_cache
@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """Show where the mail was sent: the same page for every address."""
    return render(request, "catalog/waiting_sent.html", {"email": request.session.get("waiting_email", "")})


@never_cache
@require_safe
def page(request: HttpRequest, token: str) -> HttpResponse:
    """Show an entry to whoever has its link, with the one action possible now."""
    entry = _entry(token)
    is_waiting = entry.status == WaitingEntry.Status.CONFIRMED
    place = waiting.place_in_line(entry) if is_waiting and entry.variant_id else 0
    return render(
        request, "catalog/waiting.html", {"entry": entry, "place": place, **waiting.mail_context(entry)}
    )


@never_cache
@require_POST
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    """Take the entry into its line."""
    entry = _entry(token)
    if not waiting.confirm(entry, actor=actors.of_account(entry.user_id)):
        messages.error(request, _("That link is too old. Ask again: it takes a moment."))
    return redirect(entry)


@never_cache
@require_POST
def leave(request: HttpRequest, token: str) -> HttpResponse:
    """Take the entry out of its line."""
    entry = _entry(token)
    waiting.leave(entry, actor=actors.of_account(entry.user_id))
    return redirect(entry)


def _entry(token: str) -> WaitingEntry:
    entry = waiting.find(token)
    if entry is None:
        raise Http404
    return entry


def _variant(key: object) -> Variant | None:
    return Variant.objects.select_related("product").get(pk=str(key)) if key else None


def _collection(key: object) -> Collection | None:
    return Collection.objects.get(pk=str(key)) if key else None


def _back(request: HttpRequest) -> str:
    """Return the page of ours that the form came from, or the shop's first page."""
    target = request.POST.get("next", "")
    # `redirect` treats a value without a slash as the name of a view.
    if target.startswith("/") and url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return target
    return reverse("catalog:home")
