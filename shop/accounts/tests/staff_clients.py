"""Signed-in staff clients, for the admin tests of every app."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from shop.accounts import devices
from shop.accounts.models import User
from shop.accounts.staff import roles
from shop.accounts.tests.factories import UserFactory


class StaffBrowser(Client):
    """A client that submits a form's hidden fields, as a browser does: the fingerprints of what it showed."""

    def post(self, path: Any, data: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Send a form; that of a row is opened first, unless the test did so itself."""
        is_form = str(path).partition("?")[0].endswith(("/change/", "/delete/")) and isinstance(
            data, dict | None
        )
        if is_form and "shown" not in (data or {}):
            with CaptureQueriesContext(connection):
                context: Any = self.get(path).context
            if context is not None and context.get("shown"):
                data = {**(data or {}), "shown": context["shown"]}
        return super().post(path, data, *args, **kwargs)


def signed_in(user: User) -> Client:
    """Return a client in which this person is signed in."""
    client = StaffBrowser()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    # As if a page had been seen a moment ago: the first one here writes nothing of the device.
    key = client.cookies[settings.SESSION_COOKIE_NAME].value
    cache.set(devices.seen_key(key), 1, devices.SEEN_EVERY)
    return client


def boss() -> Client:
    """Return the client of a superuser."""
    return signed_in(UserFactory.create(is_staff=True, is_superuser=True))


def clerk(*names: str) -> Client:
    """Return the client of a member of staff with these roles."""
    roles.seed()
    user = UserFactory.create(is_staff=True)
    user.groups.set(Group.objects.filter(name__in=names))
    return signed_in(user)


def queries(client: Client, address: str) -> int:
    """Open a page and return how many queries it cost."""
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    return len(captured)


def token(client: Client, address: str) -> str:
    """Open a verb's form and return its token."""
    context: Any = client.get(address).context
    return str(context["form"]["token"].value())


def carried(client: Client, address: str, asking: dict[str, Any] | None = None) -> dict[str, str]:
    """Open a verb's form (by POST of `asking`, where a bulk action asks first); return its hidden fields."""
    answer: Any = client.get(address) if asking is None else client.post(address, asking)
    form = answer.context["form"]
    return {name: str(form[name].value()) for name in ("token", "shown") if name in form.fields}
