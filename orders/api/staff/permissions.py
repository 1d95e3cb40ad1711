"""What an act of the staff asks for besides the permission of its endpoint, by what it would do."""

from django.http import HttpRequest
from django.utils.translation import gettext as _

from shop.accounts.api.auth import user_of
from shop.core.api.problems import FORBIDDEN


def demand_refunds(request: HttpRequest) -> None:
    """Require the permission of whoever pays money back. Raises: FORBIDDEN."""
    if not user_of(request).has_perm("payments.add_refund"):
        raise FORBIDDEN(_("Paying back asks for the permission of refunds."))
