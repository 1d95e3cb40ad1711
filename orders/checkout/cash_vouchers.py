"""Cash vouchers and the stock.

Which purchases may be paid by voucher, and which vouchers may keep their units for days.
"""

from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet, Subquery

from inventory.reservations import cash_vouchers
from orders.checkout.frozen_lines import wanted
from orders.models import CheckoutLine, CheckoutSession
from shop.core.database.kept_queries import Rows, Several

_KNOWN: Final = "_percha_vouchers"


def _checkout(token: str) -> Subquery:
    return Subquery(CheckoutSession.objects.filter(token=token).order_by().values("pk"))


def _variants(token: str) -> QuerySet[CheckoutLine, tuple[UUID | None]]:
    lines = CheckoutLine.objects.filter(checkout__token=token, variant__isnull=False)
    return lines.order_by().values_list("variant_id")


_OF_CHECKOUT: Final = cash_vouchers.kept_by(_checkout, _variants, str)


def asked(token: str) -> Several:
    """Return what `may_be_offered` asks first of the checkout of a token, to be asked `together` with more."""
    return tuple(one.asked(token) for one in _OF_CHECKOUT)


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
