"""A clerk as a process that calls the shop's verbs, one JSON line in, one out. Only a chaos run starts it."""

import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")
django.setup()

from allauth.account.models import EmailAddress  # noqa: E402
from django.contrib.auth.hashers import make_password  # noqa: E402
from django.db import close_old_connections, connection  # noqa: E402
from django.utils.module_loading import import_string  # noqa: E402

from orders.cancellation import cancelling, quotes  # noqa: E402
from orders.models import InstallmentOffer  # noqa: E402
from payments.models import BankCredit, Payment, Refund, StatementColumns, TransferInstruction  # noqa: E402
from payments.refunds import refund_requests  # noqa: E402
from payments.settlement import settle  # noqa: E402
from payments.transfers import codes, crediting, settling  # noqa: E402
from payments.transfers.statements import importing, matching  # noqa: E402
from shop.accounts.models import User  # noqa: E402
from shop.beat_schedule import SCHEDULE  # noqa: E402
from tests.chaos.people.accounts import PASSWORD, account_of  # noqa: E402
from tests.chaos.people.order_acts import after_sale  # noqa: E402

if os.environ.get("CHAOS_WITHOUT"):
    import tests.chaos.without_guards  # noqa: F401

CLERK = "staff:chaos"
BANK = "banco de prueba"
COLUMNS = {
    "date": "Fecha",
    "amount": "Importe",
    "reference": "Concepto",
    "detail": "",
    "payer_name": "",
    "payer_document": "",
    "number": "",
    "date_order": "dmy",
    "decimals": "auto",
}


def refund(data: dict[str, Any]) -> str:
    """Send money back: `payment`, `amount` (or nothing: the rest), `key`."""
    payment = Payment.objects.get(pk=data["payment"])
    amount = Decimal(data["amount"]) if data.get("amount") else refund_requests.refundable(payment)
    made = refund_requests.request(payment, amount, Refund.Origin.STAFF, "chaos", data["key"], actor=CLERK)
    return str(made.status)


def cancel_order(data: dict[str, Any]) -> str:
    """Cancel all that is left of an order, or its first unit: `payment` that paid it, `partly`, `key`."""
    order = Payment.objects.select_related("order").get(pk=data["payment"]).order
    if order is None:
        return "no order"
    units = {order.lines.order_by("pk")[0].pk: 1} if data["partly"] else None
    try:
        made = cancelling.cancel(
            order, units=units, by="staff", reason="other", expected=None, key=data["key"], actor=CLERK
        )
    except (quotes.CannotCancel, quotes.WrongUnits) as error:
        return type(error).__name__
    return "whole" if made.is_whole else "in part"


def resolve(data: dict[str, Any]) -> str:
    """Decide about a payment that does not fit."""
    row = Payment.objects.get(pk=data["payment"])
    settle.resolve(row, actor=CLERK, accept=bool(data["accept"]))
    return "accepted" if data["accept"] else "returned"


def retry(data: dict[str, Any]) -> str:
    """Try a failed refund again."""
    return (
        "retried"
        if refund_requests.retry(Refund.objects.get(pk=data["refund"]), actor=CLERK)
        else "not failed"
    )


def night(data: dict[str, Any]) -> str:
    """Run the jobs that beat schedules for the night."""
    names = [entry["task"] for entry in SCHEDULE.values() if not isinstance(entry["schedule"], int | float)]
    for name in names:
        import_string(name)()
    return f"{len(names)} jobs"


def statement(data: dict[str, Any]) -> str:
    """Upload the bank's statement, book what is certain, and assign what names a transfer of the shop."""
    StatementColumns.objects.update_or_create(bank=BANK, defaults={**COLUMNS, "actor": CLERK})
    with suppress(importing.ReadBefore):
        read = importing.upload(
            bank=BANK, file_name="chaos.csv", content=data["file"].encode(), language="es", actor=CLERK
        )
        matching.book(read, actor=CLERK)
    assigned = 0
    for match in matching.classify(list(BankCredit.objects.filter(status=BankCredit.Status.OPEN))):
        named = TransferInstruction.objects.filter(code__in=codes.within(match.credit.reference)).first()
        if named is not None:
            crediting.assign(match.credit, named, actor=CLERK, is_another=True)
            assigned += 1
    settling.settle_due()
    return f"statement read, {'some' if assigned else 'none'} assigned by hand"


def prepare(data: dict[str, Any]) -> str:
    """Offer the shop's own instalments, and make an account for each shopper."""
    InstallmentOffer.objects.filter(count__gt=1).update(is_active=True)
    password = make_password(PASSWORD)
    emails = [account_of(number) for number in range(data["shoppers"])]
    User.objects.bulk_create(User(email=email, password=password) for email in emails)
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True)
        for user in User.objects.filter(email__in=emails)
    )
    return f"{len(emails)} accounts"


ACTS: dict[str, Callable[[dict[str, Any]], str]] = {
    "after_sale": after_sale,
    "cancel": cancel_order,
    "refund": refund,
    "resolve": resolve,
    "retry": retry,
    "night": night,
    "prepare": prepare,
    "statement": statement,
}


def main() -> None:
    """Serve until the input ends; an act that fails answers with its error and leaves a new connection."""
    for line in sys.stdin:
        data = json.loads(line)
        try:
            answer = {"done": ACTS[data["act"]](data)}
        except Exception as error:  # noqa: BLE001  (whatever it is, the clerk sees it and goes on)
            answer = {"error": f"{type(error).__name__}: {error}"}
            connection.close()
        close_old_connections()
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
