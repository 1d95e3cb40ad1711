"""A payout report is read in every format of the panel; anything else is refused with a message."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from payments.models import PayoutLine, PayoutReport
from payments.payouts import importing, reading
from payments.tests.payouts.report_files import (
    MP_COLUMNS,
    STRIPE_COLUMNS,
    mp,
    mp_balance,
    mp_row,
    stripe,
    stripe_row,
    upload,
    written,
)

pytestmark = pytest.mark.django_db


def only(report: PayoutReport) -> PayoutLine:
    assert report.status == "done", (report.refusal, report.issues)
    return report.lines.get()


def test_the_documentations_own_example_is_read_to_the_cent():
    """https://www.mercadopago.com.ar/developers (released money): 269.00 - 43.04 = 225.96, a withdrawal costs 3.00."""
    text = (
        "DATE,SOURCE_ID,EXTERNAL_REFERENCE,RECORD_TYPE,DESCRIPTION,NET_CREDIT_AMOUNT,NET_DEBIT_AMOUNT,GROSS_AMOUNT,"
        "MP_FEE_AMOUNT,FINANCING_FEE_AMOUNT,SHIPPING_FEE_AMOUNT,TAXES_AMOUNT,COUPON_AMOUNT,INSTALLMENTS,PAYMENT_METHOD\n"
        "2018-04-17T15:07:53.000-04:00,,,initial_available_balance,,813439.19,0.00,813439.19,0.00,0.00,0.00,0.00,0.00,1,\n"
        "2018-04-17T15:07:53.000-04:00,7,,release,withdrawal,0.00,813363.45,-813360.45,-3.00,0.00,0.00,0.00,0.00,1,\n"
        "2018-04-17T15:11:12.000-04:00,8,,release,payment,225.96,0.00,269.00,-43.04,0.00,0.00,0.00,0.00,1,account_money\n"
    )
    report = upload(text.encode())

    assert (report.row_count, report.line_count) == (3, 2)
    paid_out, payment = report.lines.order_by("happened_at")
    assert (paid_out.kind, paid_out.gross, paid_out.fee, paid_out.net) == (
        "payout",
        Decimal("-813360.45"),
        Decimal("3.00"),
        Decimal("-813363.45"),
    )
    assert (payment.kind, payment.gross, payment.fee, payment.tax, payment.net) == (
        "payment",
        Decimal("269.00"),
        Decimal("43.04"),
        Decimal("0.00"),
        Decimal("225.96"),
    )
    assert payment.happened_at == datetime(2018, 4, 17, 19, 11, 12, tzinfo=UTC)
    assert report.first_at == paid_out.happened_at


@pytest.mark.parametrize(
    ("encoding", "comma"),
    [("utf-8", ","), ("utf-8-sig", ";"), ("cp1252", ";"), ("cp1252", ","), ("utf-16", ";"), ("utf-8", "\t")],
)
def test_encodings_and_separators(encoding: str, comma: str):
    row = mp_row("1", PAYMENT_METHOD="Pago Fácil", TAXES_DISAGGREGATED='[{"amount":-6.00,"detail":"iibb ñ"}]')
    line = only(mp(row, encoding=encoding, comma=comma))
    assert (line.gross, line.fee, line.tax, line.net) == (
        Decimal("1000.00"),
        Decimal("45.00"),
        Decimal("6.00"),
        Decimal("949.00"),
    )


def test_decimals_with_a_comma_are_read_as_such():
    row = {
        name: value.replace(".", ",") if "AMOUNT" in name else value for name, value in mp_row("1").items()
    }
    assert only(mp(row, comma=";")).net == Decimal("949.00")


def test_headings_in_the_panels_language_carry_their_code():
    content = (
        written([mp_row("1")])
        .decode()
        .replace("DATE,SOURCE_ID", "Fecha de liberación (DATE),ID (SOURCE_ID)", 1)
    )
    assert only(upload(content.encode())).source == "1"


@pytest.mark.parametrize(
    ("word", "record", "kind"),
    [
        ("payment", "release", "payment"),
        ("refund", "release", "refund"),
        ("chargeback", "release", "dispute"),
        ("mediation_cancel", "release", "dispute"),
        ("payout", "release", "payout"),
        ("shipping", "release", "fee"),
        ("reserve_for_dispute", "release", "reserve"),
        ("tax_withholding_sirtac", "release", "tax"),
        ("asset_management", "release", "other"),
        ("dispute", "block", "reserve"),
    ],
)
def test_the_words_of_mercado_pago(word: str, record: str, kind: str):
    assert only(mp(mp_row("1", word, "-50.00", RECORD_TYPE=record))).kind == kind


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("charge", "payment"),
        ("refund", "refund"),
        ("refund_failure", "refund"),
        ("dispute", "dispute"),
        ("dispute_reversal", "dispute"),
        ("fee", "fee"),
        ("tax", "tax"),
        ("payout", "payout"),
        ("something_new", "other"),
    ],
)
def test_the_words_of_stripe(word: str, kind: str):
    line = only(stripe(stripe_row("1", word, "-50.00")))
    assert (line.kind, line.payout, line.currency, line.net) == (kind, "po_1", "ARS", Decimal("-50.00"))


def test_a_movement_that_is_only_a_cost_has_no_gross():
    fee, tax = stripe(stripe_row("1", "fee", "-50.00"), stripe_row("2", "tax", "-8.00")).lines.order_by("key")
    assert (fee.gross, fee.fee, fee.net) == (Decimal(0), Decimal("50.00"), Decimal("-50.00"))
    assert (tax.gross, tax.tax, tax.net) == (Decimal(0), Decimal("8.00"), Decimal("-8.00"))


def test_balances_and_sums_are_no_movements():
    report = mp(mp_balance("initial_available_balance", "9.00"), mp_row("1"), mp_balance("total", "958.00"))
    assert (report.row_count, report.line_count) == (3, 1)


@pytest.mark.parametrize(
    ("gateway", "content", "words"),
    [
        ("mercadopago", b"", "empty"),
        ("mercadopago", b"\x89PNG\r\n\x1a\n\x00\x00", "picture"),
        ("mercadopago", b"a,b\n1,2\n", "columns are missing: DATE"),
        ("stripe", written([mp_row("1")]), "payment_intent_id"),
        ("mercadopago", written([], MP_COLUMNS), "no rows"),
        (
            "mercadopago",
            b"SOURCE_ID,TRANSACTION_TYPE,SETTLEMENT_NET_AMOUNT\n1,SETTLEMENT,5\n",
            "account balance report",
        ),
        ("mercadopago", written([mp_balance("total", "5.00")]), "no movements"),
        ("stripe", written([stripe_row("1")], STRIPE_COLUMNS[:-2]), "payment_intent_id"),
        ("mercadopago", written([mp_row("1")], (*MP_COLUMNS, "DATE")), "twice: DATE"),
    ],
)
def test_another_file_is_refused_in_words(gateway: str, content: bytes, words: str):
    with translation.override("en"):
        try:
            refusal = upload(content, gateway).refusal
        except reading.Unreadable as error:
            refusal = str(error)
    assert words in refusal
    assert not PayoutLine.objects.exists()


@pytest.mark.parametrize(
    ("changes", "column"),
    [
        ({"DATE": "yesterday"}, "DATE"),
        ({"DATE": ""}, "DATE"),
        ({"GROSS_AMOUNT": "a lot"}, "GROSS_AMOUNT"),
        ({"NET_CREDIT_AMOUNT": "1.005"}, "NET_CREDIT_AMOUNT"),
        ({"GROSS_AMOUNT": "9" * 20}, "GROSS_AMOUNT"),
        ({"RECORD_TYPE": "nonsense"}, "RECORD_TYPE"),
        ({"TAXES_AMOUNT": "NaN"}, "TAXES_AMOUNT"),
    ],
)
def test_a_row_that_cannot_be_read_is_named_and_nothing_is_counted(changes: dict[str, str], column: str):
    report = mp(mp_row("1"), mp_row("2", **changes))

    assert (report.status, report.line_count) == ("refused", 0)
    assert [issue[:2] for issue in report.issues] == [[3, column]]
    assert all(report.issues[0][3:])
    assert not PayoutLine.objects.exists()


def test_stripes_gross_less_fees_must_be_net():
    report = stripe(stripe_row("1", net="999.00", fee="2.00"))
    assert [issue[1] for issue in report.issues] == ["net"]


@pytest.mark.parametrize("currency", ["pesos", "A1", "€"])
def test_a_currency_is_three_letters(currency: str):
    assert stripe(stripe_row("1", currency=currency)).issues[0][1] == "currency"


def test_errors_speak_the_uploaders_language(settings: Any):
    report = importing.upload(
        gateway="mercadopago",
        file_name="x.csv",
        content=written([mp_row("1", DATE="ayer")]),
        language="es",
        actor="s",
    )
    assert report.language == "es"
    assert report.status == "refused"


def test_too_large_a_file_is_refused_before_it_is_kept(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reading, "MOST_BYTES", 100)
    with pytest.raises(reading.Unreadable, match="MB"):
        mp(mp_row("1"))
    assert not PayoutReport.objects.exists()


def test_a_gateway_without_a_recipe_is_not_offered(settings: Any):
    settings.PAYMENT_GATEWAYS = ["mercadopago", "stripe", "conekta"]
    assert [code for code, _label, _name in reading.readable()] == ["mercadopago", "stripe"]
    with pytest.raises(reading.Unreadable):
        reading.read(b"a,b\n1,2\n", "x.csv", "conekta")
