"""What became of a credit, in words for the clerk who has booked it."""

import logging

from django.utils.translation import gettext

from payments.models import BankCredit, Payment
from payments.transfers import settling

log = logging.getLogger(__name__)


def settled_words(credit: BankCredit, actor: str) -> str:
    """Settle what was booked, and say what became of it; outside every transaction."""
    credit.refresh_from_db()
    if credit.status == BankCredit.Status.CONFIRMS:
        return gettext("It was confirmed by hand before, and counts once.")
    try:
        settling.settle_credit(credit.pk, actor=actor)
    except Exception:  # booked it is: the job settles it
        log.exception("Credit %s is booked and not settled", credit.pk)
        return gettext("It is booked; what becomes of it is decided in a minute.")
    payment = Payment.objects.filter(
        attempt_id=credit.booked_to.attempt_id, external_id=credit.payment_number
    ).first()
    match payment.role if payment else "":
        case Payment.Role.ORDER:
            return gettext("Order %s was made of it.") % (payment.order if payment else "")
        case Payment.Role.MISMATCH:
            return gettext("It does not fit the purchase: decide about it on the payment's page.")
        case Payment.Role.SURPLUS:
            return gettext("The money goes back to the buyer.")
    return gettext("It is booked; what becomes of it is decided in a minute.")
