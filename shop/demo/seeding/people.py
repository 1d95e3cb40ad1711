"""The demo's accounts: staff by role, and two shoppers with profile and address."""

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from shop.accounts.models import Address, Profile, User
from shop.accounts.staff import roles
from shop.demo.logins import DEMO_PASSWORD, LOGINS, Login

# Documents are invented, in the format of a DNI.
SHOPPERS = {
    "ana@percha.test": {
        "phone": "+54 9 11 5555-0134",
        "document_number": "34567890",
        "label": "Casa",
        "street": "Av. Boedo 1450",
        "apartment": "4° B",
        "city": "Buenos Aires",
        "state": "Ciudad Autónoma de Buenos Aires",
        "postal_code": "C1239AAL",
    },
    "bruno@percha.test": {
        "phone": "+54 9 341 555-0177",
        "document_number": "29876543",
        "label": "Trabajo",
        "street": "Bv. Oroño 845",
        "apartment": "",
        "city": "Rosario",
        "state": "Santa Fe",
        "postal_code": "S2000DSM",
    },
}


def make_accounts() -> int:
    """Make the accounts of `LOGINS` that are missing, able to sign in at once; return how many."""
    known = set(
        User.objects.filter(email__in=[login.email for login in LOGINS]).values_list("email", flat=True)
    )
    missing = [login for login in LOGINS if login.email not in known]
    if missing:
        roles.seed()
        # One hash for all: it is the same public password, and hashing is slow on purpose.
        password = make_password(DEMO_PASSWORD)
        for login in missing:
            _make_account(login, password)
    return len(missing)


def _make_account(login: Login, password: str) -> None:
    user = User.objects.create(
        email=login.email,
        password=password,
        is_staff=login.is_staff,
        is_superuser=login.is_staff and not login.role,
    )
    EmailAddress.objects.create(user=user, email=login.email, verified=True, primary=True)
    first, last = login.name.split(" ", 1)
    shopper = SHOPPERS.get(login.email, {})
    Profile.objects.update_or_create(
        user=user,
        defaults={
            "first_name": first,
            "last_name": last,
            "phone": shopper.get("phone", ""),
            "document_type": "DNI" if shopper else "",
            "document_number": shopper.get("document_number", ""),
        },
    )
    if login.role:
        user.groups.add(Group.objects.get(name=login.role))
    if shopper:
        lines = {
            key: shopper[key]
            for key in ("label", "street", "apartment", "city", "state", "postal_code", "phone")
        }
        Address.objects.create(user=user, recipient=login.name, is_default=True, **lines)
