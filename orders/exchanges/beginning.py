"""What happens to an exchange when its return is approved: its units stay reserved, and a difference is asked for."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from inventory import reservations
from orders.exchanges import mails
from orders.exchanges.rows import write
from orders.models import Exchange, ExchangeCharge, Payable
from shop.core.ids import uuid7
from shop.core.states import record


def begin(exchange: Exchange, *, actor: str) -> None:
    """Begin an exchange whose return is approved; the order and the return are locked. Again: changes nothing.

    Its units stay reserved until the return is to be sent, and some days more. What the buyer has to pay is asked for
    by a link, for some days.
    """
    grace = timedelta(days=settings.EXCHANGE_GRACE_DAYS)
    if exchange.rma.send_by:
        keep_reserved(exchange, until=exchange.rma.send_by + grace, actor=actor)
    if exchange.settlement > 0 and not ExchangeCharge.objects.filter(exchange=exchange).exists():
        charge = _charge(exchange)
        data = {"amount": str(charge.amount), "currency": charge.currency}
        record(exchange, "difference asked for", actor=actor, data=data)
        mails.to_pay(charge)


def _charge(exchange: Exchange) -> ExchangeCharge:
    key = uuid7()
    payable = Payable.objects.create(id=key, kind=Payable.EXCHANGE, purchase_id=exchange.order.checkout_id)
    return ExchangeCharge.objects.create(
        payable=payable,
        exchange=exchange,
        amount=exchange.settlement,
        currency=exchange.order.currency,
        expires_at=timezone.now() + timedelta(days=settings.EXCHANGE_PAY_DAYS),
    )


def keep_reserved(exchange: Exchange, *, until: datetime, actor: str) -> None:
    """Let the units of a locked exchange stay reserved at least until then. Locks its reservations."""
    reservations.extend(checkout_id=exchange.pk, until=until, actor=actor)
    if until > exchange.reserved_until:
        write(exchange, reserved_until=until)
