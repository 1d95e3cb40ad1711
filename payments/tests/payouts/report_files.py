"""Payout reports in the format of the providers' panels, built from rows; and payments that they may name."""

import csv
import io
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone

from orders import payables
from orders.models import CheckoutSession
from orders.tests.factories import make_session
from payments.models import Payment, PaymentAttempt, PayoutReport, Refund
from payments.payouts import importing

MP_COLUMNS = (
    "DATE",
    "SOURCE_ID",
    "EXTERNAL_REFERENCE",
    "RECORD_TYPE",
    "DESCRIPTION",
    "NET_CREDIT_AMOUNT",
    "NET_DEBIT_AMOUNT",
    "GROSS_AMOUNT",
    "MP_FEE_AMOUNT",
    "FINANCING_FEE_AMOUNT",
    "SHIPPING_FEE_AMOUNT",
    "TAXES_AMOUNT",
    "COUPON_AMOUNT",
    "INSTALLMENTS",
    "PAYMENT_METHOD",
    "TAXES_DISAGGREGATED",
)
STRIPE_COLUMNS = (
    "automatic_payout_id",
    "automatic_payout_effective_at_utc",
    "balance_transaction_id",
    "created_utc",
    "available_on_utc",
    "currency",
    "gross",
    "fee",
    "net",
    "reporting_category",
    "source_id",
    "description",
    "customer_facing_amount",
    "customer_facing_currency",
    "charge_id",
    "payment_intent_id",
    "payment_metadata[attempt]",
)
START = datetime(2026, 10, 1, 15, 0, tzinfo=UTC)


def sold(
    number: str, amount: str = "1000.00", gateway: str = "mercadopago", *, days_ago: int = 50, **changes: Any
) -> Payment:
    """Return an approved payment of a purchase."""
    session = CheckoutSession.objects.first() or make_session()
    approved_at = timezone.now() - timedelta(days=days_ago)
    attempt = PaymentAttempt.objects.create(
        payable=payables.of_purchase(session),
        purchase=session,
        gateway=gateway,
        amount=Decimal(amount),
        currency="ARS",
        fingerprint="f",
        status="paid",
        expires_at=approved_at,
        external_id=f"checkout-{number}",
    )
    values: dict[str, Any] = {
        "attempt": attempt,
        "gateway": gateway,
        "external_id": number,
        "status": "approved",
        "role": "surplus",
        "amount": Decimal(amount),
        "currency": "ARS",
        "approved_at": approved_at,
    }
    return Payment.objects.create(**values | changes)


def returned(payment: Payment, amount: str, number: str = "") -> Refund:
    """Return a refund of a payment that the provider has made."""
    number = number or f"refund-{payment.refunds.count() + 1}-{payment.external_id}"
    return Refund.objects.create(
        payment=payment,
        amount=Decimal(amount),
        currency=payment.currency,
        status="succeeded",
        external_id=number,
        dedupe_key=number,
        succeeded_at=timezone.now(),
    )


def mp_row(number: str = "", word: str = "payment", gross: str = "1000.00", **changes: str) -> dict[str, str]:
    """Return one movement: 4.5 % fee of a payment and 0.6 % tax, as the panel writes them."""
    amount = Decimal(gross)
    fee = (amount * Decimal("0.045")).quantize(Decimal("0.01")) if word == "payment" else Decimal(0)
    tax = (amount * Decimal("0.006")).quantize(Decimal("0.01")) if word == "payment" else Decimal(0)
    net = amount - fee - tax
    return {
        "DATE": (START + timedelta(minutes=len(number))).isoformat(timespec="milliseconds"),
        "SOURCE_ID": number,
        "EXTERNAL_REFERENCE": "",
        "RECORD_TYPE": "release",
        "DESCRIPTION": word,
        "NET_CREDIT_AMOUNT": f"{max(net, Decimal(0)):.2f}",
        "NET_DEBIT_AMOUNT": f"{max(-net, Decimal(0)):.2f}",
        "GROSS_AMOUNT": f"{amount:.2f}",
        "MP_FEE_AMOUNT": f"{-fee:.2f}",
        "FINANCING_FEE_AMOUNT": "0.00",
        "SHIPPING_FEE_AMOUNT": "0.00",
        "TAXES_AMOUNT": f"{-tax:.2f}",
        "COUPON_AMOUNT": "0.00",
        "INSTALLMENTS": "1",
        "PAYMENT_METHOD": "visa" if word == "payment" else "",
        "TAXES_DISAGGREGATED": "[]",
    } | changes


def mp_balance(word: str, amount: str) -> dict[str, str]:
    """Return a row that is no movement."""
    return mp_row("", "", amount, RECORD_TYPE=word)


def stripe_row(
    number: str, word: str = "charge", gross: str = "1000.00", fee: str = "0.00", **changes: str
) -> dict[str, str]:
    """Return one balance transaction of the payout `po_1`."""
    return {
        "automatic_payout_id": "po_1",
        "automatic_payout_effective_at_utc": "2026-10-05 00:00:00",
        "balance_transaction_id": f"txn_{number}",
        "created_utc": "2026-10-01 15:00:00",
        "available_on_utc": "2026-10-03 00:00:00",
        "currency": "ars",
        "gross": gross,
        "fee": fee,
        "net": f"{Decimal(gross) - Decimal(fee):.2f}",
        "reporting_category": word,
        "source_id": f"ch_{number}",
        "description": "Order, with a comma",
        "customer_facing_amount": "",
        "customer_facing_currency": "",
        "charge_id": f"ch_{number}",
        "payment_intent_id": f"pi_{number}",
        "payment_metadata[attempt]": "",
    } | changes


def written(
    rows: list[dict[str, str]],
    columns: tuple[str, ...] = MP_COLUMNS,
    *,
    comma: str = ",",
    encoding: str = "utf-8",
) -> bytes:
    """Return a CSV file."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, delimiter=comma, extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def upload(content: bytes, gateway: str = "mercadopago", name: str = "report.csv") -> PayoutReport:
    return importing.upload(
        gateway=gateway, file_name=name, content=content, language="en", actor="staff:a@example.com"
    )


def mp(*rows: dict[str, str], **options: Any) -> PayoutReport:
    """Upload a report of Mercado Pago's with these movements."""
    return upload(written(list(rows), **options))


def stripe(*rows: dict[str, str], **options: Any) -> PayoutReport:
    """Upload a report of Stripe's with these balance transactions."""
    return upload(written(list(rows), STRIPE_COLUMNS, **options), "stripe")
