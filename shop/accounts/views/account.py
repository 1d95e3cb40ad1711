"""The account's pages: overview, details, address book. Signing in and out are django-allauth's."""

from typing import cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from shop.accounts import address_book, details
from shop.accounts.forms import AddressForm, ProfileForm
from shop.accounts.models import Address, User
from shop.core.web.methods import require_http_methods, require_POST, require_safe
from shop.core.web.never_cached import never_cache


@require_safe
@never_cache
@login_required
def overview(request: HttpRequest) -> HttpResponse:
    """Show the profile, the latest orders and the default address."""
    user = cast(User, request.user)
    return render(
        request,
        "accounts/overview.html",
        {
            "profile": details.of(user),
            "address": user.addresses.first(),
            # Accounts may not import orders: they are read through the reverse relation.
            "orders": user.orders.with_money().order_by("-placed_at")[:3],
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """Show and change names, phone, document and language."""
    form = ProfileForm(request.POST or None, instance=details.of(cast(User, request.user)))
    if request.method == "POST" and form.is_valid():
        details.change(form.instance, **form.cleaned_data)
        messages.success(request, _("Your details are saved."))
        return redirect("accounts:profile")
    return render(request, "accounts/profile.html", {"form": form}, status=422 if form.errors else 200)


@require_safe
@never_cache
@login_required
def addresses(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/addresses.html", {"addresses": cast(User, request.user).addresses.all()})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def address_add(request: HttpRequest) -> HttpResponse:
    """Add an address to the book."""
    user = cast(User, request.user)
    own = details.of(user)
    form = AddressForm(request.POST or None, initial={"recipient": own.full_name, "phone": own.phone})
    if request.method == "POST" and form.is_valid():
        try:
            address_book.add(user, **form.cleaned_data)
        except address_book.AddressBookFull:
            form.add_error(None, _("Your address book is full. Delete an address you no longer use first."))
        else:
            messages.success(request, _("The address is saved."))
            return redirect("accounts:addresses")
    return render(request, "accounts/address_form.html", {"form": form}, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def address_edit(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change one's own address; another person's does not exist (404)."""
    address = _own_address(request, pk)
    form = AddressForm(request.POST or None, instance=address)
    if request.method == "POST" and form.is_valid():
        address_book.change(address, **form.cleaned_data)
        messages.success(request, _("The address is saved."))
        return redirect("accounts:addresses")
    context = {"form": form, "address": address}
    return render(request, "accounts/address_form.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_required
def address_delete(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask, then delete one's own address."""
    address = _own_address(request, pk)
    if request.method == "POST":
        address_book.remove(address)
        messages.success(request, _("The address is deleted."))
        return redirect("accounts:addresses")
    return render(request, "accounts/address_delete.html", {"address": address})


@require_POST
@login_required
def address_default(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make one's own address the default."""
    address_book.make_default(_own_address(request, pk))
    return redirect("accounts:addresses")


def _own_address(request: HttpRequest, pk: UUID) -> Address:
    return get_object_or_404(Address.objects.select_related("user"), pk=pk, user=cast(User, request.user))
