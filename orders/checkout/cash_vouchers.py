"""Cash vouchers and the stock.

Which purchases may be paid by voucher, and which vouchers may keep their units for days.
"""

from django.conf import settings

from inventory.reservations import cash_vouchers
from orders.checkout.frozen_lines import wanted
from orders.models import CheckoutSession


def may_be_offered(session: CheckoutSession) -> bool:
    """Say whether a cash voucher for this purchase would stay within their share (CASH_VOUCHER_STOCK_SHARE).

    Asked without locks, before paying; `keep` decides when the cash voucher is there.
    """
    return cash_vouchers.has_share_left(
        wanted=wanted(session), percent=settings.CASH_VOUCHER_STOCK_SHARE, checkout_id=session.pk
    )


def keep(session: CheckoutSession) -> bool:
    """Assign the session's reservations to its voucher, if the share allows it; return whether it does.

    The caller has locked the session and lengthens the reservations afterwards (`checkout.mark_awaiting`). Locks the
    stock levels, then the reservations.
    """
    return cash_vouchers.take_share(
        checkout_id=session.pk, wanted=wanted(session), percent=settings.CASH_VOUCHER_STOCK_SHARE
    )
