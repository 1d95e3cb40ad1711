"""What is done about exchanges by the process that is killed (`killed_process`)."""

from uuid import UUID


def act(verb: str, *keys: str) -> None:
    """Do an act of an exchange, as its buyer, the staff or a job does."""
    from django.test import override_settings

    from orders.exchanges import ending, releasing
    from orders.models import Exchange, ExchangeCharge, Return
    from orders.returns import answering
    from payments.checkout import attempts

    if verb == "exchange.ask":
        ask(*keys)
    elif verb == "exchange.approve":
        answering.approve(Return.objects.get(exchanges=UUID(keys[0])), actor="staff:ana@example.com")
    elif verb == "exchange.pay":
        charge = ExchangeCharge.objects.select_related("payable").get(exchange=UUID(keys[0]))
        attempts.start(payable=charge.payable, gateway=keys[1], actor="shopper")
    elif verb == "exchange.release":
        releasing.release_due()
    elif verb == "exchange.advance":
        with override_settings(EXCHANGE_ADVANCE=True):
            exchange = Exchange.objects.get(pk=keys[0])
            releasing.release(exchange, is_advance=True, reason="known", actor="staff:ana@example.com")
    elif verb == "exchange.cancel":
        exchange = Exchange.objects.get(pk=keys[0])
        ending.cancel(exchange, end=Exchange.End.BUYER, actor="buyer")
    elif verb == "exchange.end_unpaid":
        ending.end_unpaid()
    elif verb == "exchange.expire":
        answering.expire_due()
    else:
        raise SystemExit(f"no such verb: {verb}")


def ask(order_key: str, line_key: str, variant_key: str, key: str) -> None:
    """Ask to exchange one unit of a line."""
    from catalog.models import Variant
    from orders.models import Order, OrderLine
    from orders.tests.exchanges import exchanges

    order, line = Order.objects.get(pk=order_key), OrderLine.objects.get(pk=line_key)
    exchanges.ask(order, line, Variant.objects.get(pk=variant_key), key=key)
