"""What keeps the difference of an exchange from being paid now, in words for the buyer."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from orders.checkout.issues import CheckoutIssue, Kind

NOT_OWED: Final = CheckoutIssue(
    Kind.CLOSED, _("This difference is not asked for any more: the exchange was paid, or has ended.")
)
