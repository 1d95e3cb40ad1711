"""What keeps a bill of instalments from being paid, in sentences for its buyer."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from orders.checkout.issues import CheckoutIssue, Kind

NOT_OWED: Final = CheckoutIssue(
    Kind.CLOSED, _("What you chose has been paid or changed meanwhile. Choose again what you want to pay.")
)
FIRST_TOO_LATE: Final = CheckoutIssue(
    Kind.EXPIRED, _("The time to pay the first instalment is over: this purchase is being cancelled.")
)
ANOTHER_DAY: Final = CheckoutIssue(
    Kind.EXPIRED, _("This amount was of an earlier day. Choose again, and you see what it is today.")
)
