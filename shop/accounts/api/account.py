"""`/api/v1/account`: who is signed in, and `/api/v1/country`: what forms of a person may hold."""

from typing import Any

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.forms import model_to_dict
from django.http import HttpRequest
from ninja import Router

from shop.accounts import details
from shop.accounts.api.auth import bearer, user_of
from shop.accounts.api.schemas import AccountBody, AccountInput, CountryBody
from shop.accounts.forms import ProfileForm
from shop.accounts.models import Profile, User
from shop.core import countries
from shop.core.api.forms import invalid
from shop.core.money import shop_currency

router = Router(tags=["account"], auth=bearer)
country_router = Router(tags=["account"])


@router.get("", response=AccountBody)
def read_account(request: HttpRequest) -> object:
    """Show the account and its owner's details."""
    user = user_of(request)
    return _body(user, details.of(user))


@router.patch("", response=AccountBody)
def change_account(request: HttpRequest, body: AccountInput) -> object:
    """Change details of the account's owner."""
    user = user_of(request)
    own = details.of(user)
    changes = body.dict(exclude_unset=True)
    form = ProfileForm({**model_to_dict(own, fields=ProfileForm.Meta.fields), **changes}, instance=own)
    if not form.is_valid():
        raise invalid(form)
    # What was not sent is not written: another request may be changing it.
    return _body(user, details.change(own, **{name: form.cleaned_data[name] for name in changes}))


@country_router.get("", response=CountryBody, auth=None)
def read_country(request: HttpRequest) -> object:
    """Show the shop's country: states, postal codes and documents as addresses and contacts take them."""
    country = countries.current()
    return {
        "code": country.code,
        "name": country.name,
        "currency": shop_currency(),
        "phone_prefix": country.phone_prefix,
        "region": country.region_label,
        "states": list(country.states),
        "postal_code": {
            "is_required": country.is_postal_code_required,
            "example": country.postal_examples or country.postal_example,
        },
        "documents": [
            {"code": document.code, "label": str(document.label), "example": document.example}
            for document in country.accepted_documents
        ],
        "tax_conditions": [
            {"code": one.code, "label": str(one.label), "document": one.document}
            for one in country.tax_conditions
        ],
        "languages": [code for code, _name in settings.LANGUAGES],
    }


def _body(user: User, own: Profile) -> dict[str, Any]:
    return {
        "number": user.public_number,
        "email": user.email,
        **model_to_dict(own, fields=ProfileForm.Meta.fields),
        "has_password": user.has_usable_password(),
        "has_second_step": is_mfa_enabled(user),
        "joined_at": user.date_joined,
    }
