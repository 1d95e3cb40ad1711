"""Cash vouchers and the stock.

Which purchases may be paid by voucher, and which vouchers may keep their units for days.
"""

from typing import Final

from django.conf import settings

from inventory.reservations import cash_vouchers
from orders.checkout.frozen_lines import wanted
from orders.models import CheckoutSession
from shop.core.database.kept_queries import Rows, Several

_KNOWN: Final = "_percha_vouchers"


def asked(session: CheckoutSession) -> Several:
    """Return what `may_be_offered` asks first, to be asked `together` with more."""
    return cash_vouchers.asked(wanted(session), session.pk)


def remember(session: CheckoutSession, rows: Rows) -> None:
    """Let a session in memory be judged by these rows (`asked`): for the screen that is being made."""
    setattr(session, _KNOWN, rows)


def may_be_offered(session: CheckoutSession) -> bool:
    """Say whether a cash voucher for this purchase would stay within their share (CASH_VOUCHER_STOCK_SHARE).

    Asked without locks, before paying; `keep` decides when the cash voucher is there.
    """
    return cash_vouchers.has_share_left(
        wanted=wanted(session),
        percent=settings.CASH_VOUCHER_STOCK_SHARE,
        checkout_id=session.pk,
        known=getattr(session, _KNOWN, None),
    )


def keep(session: CheckoutSession) -> bool:
    """Assign the session's reservations to its voucher, if the share allows it; return whether it does.

    The caller has locked the session and lengthens the reservations afterwards (`checkout.mark_awaiting`). Locks the
    stock levels, then the reservations.
    """
    return cash_vouchers.take_share(
        checkout_id=session.pk, wanted=wanted(session), percent=settings.CASH_VOUCHER_STOCK_SHARE
    )
