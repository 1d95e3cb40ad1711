"""Payout reports matched with the books: every cent has its payment, refund or dispute once; the rest is shown."""

from datetime import timedelta
from decimal import Decimal
from threading import Barrier, Thread
from typing import Any

import pytest
from django.db import connection, connections, transaction
from django.db.utils import IntegrityError
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from payments.models import Dispute, Payment, PayoutLine, PayoutReport, StrayPayment
from payments.payouts import importing, matching, residue
from payments.tests.payouts.report_files import (
    mp,
    mp_row,
    returned,
    sold,
    stripe,
    stripe_row,
    upload,
    written,
)
from payments.unmatched import unmatched_payments

pytestmark = pytest.mark.django_db


def snapshot(report: PayoutReport) -> dict[str, tuple[str, Decimal]]:
    """Return match and difference of each line of a report, by its number and word."""
    assert report.status == "done", (report.refusal, report.issues)
    return {f"{line.source} {line.word}": (line.match, line.difference) for line in report.lines.all()}


def dispute(payment: Payment, status: str, number: str = "d1", amount: str = "") -> Dispute:
    return Dispute.objects.create(
        payment=payment,
        gateway=payment.gateway,
        external_id=number,
        status=status,
        currency="ARS",
        amount=Decimal(amount) if amount else payment.amount,
        opened_at=timezone.now(),
        fetched_at=timezone.now(),
        closed_at=timezone.now() if status in {"won", "lost"} else None,
    )


def test_a_realistic_month_of_mercado_pago_agrees_to_the_cent():
    first, second, third = sold("101"), sold("102", "2500.50"), sold("103", "80.00")
    part, rest = returned(second, "500.50"), returned(second, "2000.00")
    dispute(third, "lost")
    report = mp(
        mp_row("101"),
        mp_row("102", gross="2500.50"),
        mp_row("103", gross="80.00"),
        mp_row("102", "refund", "-500.50"),
        mp_row("102", "refund", "-2000.00"),
        mp_row("103", "chargeback", "-80.00"),
        mp_row("101", "tax_withholding_iibb", "-12.00"),
        mp_row("900", "reserve_for_payout", "-500.00"),
        mp_row("900", "reserve_for_payout", "500.00"),
        mp_row("900", "payout", "-500.00"),
    )

    assert residue.counts() == (0, 0)
    assert {line.match for line in report.lines.all()} == {"matched", "own"}
    assert set(report.lines.filter(kind="refund").values_list("refund", flat=True)) == {part.pk, rest.pk}
    assert report.lines.get(kind="tax").payment == first
    (balance, paid_out) = residue.summary(report)
    assert (balance["sales"], balance["refunded"], balance["disputed"]) == (
        Decimal("3580.50"),
        Decimal("-2500.50"),
        Decimal("-80.00"),
    )
    assert balance["sales"] + balance["refunded"] + balance["disputed"] + balance["held"] + balance[
        "other"
    ] == (balance["added"] + balance["fees"] + balance["taxes"])
    assert (paid_out["payout"], paid_out["paid_out"]) == ("900", Decimal("-500.00"))
    assert balance["taxes"] == Decimal("33.48")  # 0.6 % of each, and the withholding.


def test_a_realistic_payout_of_stripe_agrees_to_the_cent():
    first, second = sold("pi_1", gateway="stripe"), sold("pi_2", "350.25", "stripe")
    refund = returned(first, "100.00", "re_1")
    dispute(second, "won")
    report = stripe(
        stripe_row("1", gross="1000.00", fee="36.60"),
        stripe_row("2", gross="350.25", fee="15.20"),
        stripe_row("3", "refund", "-100.00", source_id="re_1", payment_intent_id="pi_1"),
        stripe_row("4", "dispute", "-350.25", "15.00", source_id="dp_1", payment_intent_id="pi_2"),
        stripe_row("5", "dispute_reversal", "350.25", source_id="dp_1", payment_intent_id="pi_2"),
        stripe_row("6", "fee", "-9.50", source_id="", payment_intent_id=""),
    )

    assert residue.counts() == (0, 0)
    assert report.lines.get(source="re_1").refund == refund
    (payout,) = residue.summary(report)
    assert (payout["payout"], payout["added"], payout["fees"]) == (
        "po_1",
        Decimal("1173.95"),
        Decimal("76.30"),
    )


def test_the_same_file_again_leads_to_the_first_report():
    content = written([mp_row("101")])
    first = upload(content)
    with pytest.raises(importing.ReadBefore) as again:
        upload(content, name="another name.csv")
    assert again.value.report == first
    assert PayoutLine.objects.count() == 1


def test_a_refused_file_may_be_uploaded_again():
    content = written([mp_row("101", DATE="?")])
    assert [upload(content).status, upload(content).status] == ["refused", "refused"]


def test_overlapping_reports_count_no_line_twice_in_whatever_time_zone_they_are_written():
    rows = [mp_row(number) for number in ("1", "22", "333")]
    mp(rows[0], rows[1])
    again = {**rows[1], "DATE": "2026-10-01T12:02:00.000-03:00"}
    second = mp(again, rows[2], comma=";")

    assert (second.line_count, second.repeated_count) == (1, 1)
    assert PayoutLine.objects.count() == 3
    assert PayoutLine.objects.filter(source="22").get().report != second


def test_equal_lines_of_one_file_are_two_movements_and_stay_two_in_the_next():
    row = mp_row("1", "reserve_for_dispute", "-5.00")
    assert mp(row, row).line_count == 2
    assert mp(row, row, mp_row("2")).line_count == 1


def test_a_balance_transaction_that_stands_twice_in_a_file_is_one():
    sold("pi_1", gateway="stripe")
    report = stripe(stripe_row("1"), stripe_row("1"))
    assert (report.line_count, report.repeated_count) == (1, 1)
    assert snapshot(report) == {"ch_1 charge": ("matched", Decimal("0.00"))}


@pytest.mark.parametrize(
    ("gross", "difference"), [("999.99", "-0.01"), ("1000.01", "0.01"), ("1.00", "-999.00")]
)
def test_a_payment_of_another_amount_differs_by_the_cent(gross: str, difference: str):
    sold("101")
    assert snapshot(mp(mp_row("101", gross=gross))) == {"101 payment": ("differs", Decimal(difference))}


def test_a_payment_released_in_parts_agrees_when_all_parts_are_there():
    sold("101")
    first = mp(mp_row("101", gross="600.00"))
    assert snapshot(first) == {"101 payment": ("differs", Decimal("-400.00"))}
    second = mp(mp_row("101", gross="400.00"))
    assert snapshot(first) == snapshot(second) == {"101 payment": ("matched", Decimal("0.00"))}


def test_a_payment_that_is_paid_out_twice_differs():
    sold("101")
    mp(mp_row("101"))
    second = mp(mp_row("101", DATE="2026-10-09T10:00:00.000-03:00"))
    assert residue.lines().count() == 2
    assert snapshot(second) == {"101 payment": ("differs", Decimal("1000.00"))}


def test_a_line_without_a_payment_is_left_over_until_its_payment_arrives():
    report = mp(mp_row("101"))
    assert snapshot(report) == {"101 payment": ("missing", Decimal("1000.00"))}

    sold("101")
    assert matching.match_again() == {"matched": 1}
    assert residue.counts() == (0, 0)
    assert matching.match_again() == {}


def test_our_reference_finds_the_payment_where_its_number_is_not_told():
    payment = sold("pi_9", gateway="stripe")
    row = stripe_row("1", payment_intent_id="", **{"payment_metadata[attempt]": payment.attempt.reference})
    assert stripe(row).lines.get().payment == payment


def test_our_reference_names_no_payment_where_two_have_it():
    first = sold("pi_8", gateway="stripe")
    second = sold("pi_9", gateway="stripe", attempt=first.attempt)
    row = stripe_row("1", payment_intent_id="", **{"payment_metadata[attempt]": first.attempt.reference})
    line = stripe(row).lines.get()
    assert (line.match, line.payment) == ("missing", None)

    Payment.objects.filter(pk=second.pk).update(role="none")  # An attempt that brought nothing is no rival.
    assert matching.match_again() == {"matched": 1}
    line.refresh_from_db()
    assert line.payment == first


def test_a_number_of_another_provider_is_not_this_ones_payment():
    sold("101", gateway="stripe")
    assert snapshot(mp(mp_row("101"))) == {"101 payment": ("missing", Decimal("1000.00"))}


def test_refunds_that_nobody_here_knows_or_of_another_amount_differ():
    payment = sold("101")
    returned(payment, "30.00")
    report = mp(mp_row("101"), mp_row("101", "refund", "-30.00"), mp_row("101", "refund", "-7.00"))
    matches = sorted(report.lines.filter(kind="refund").values_list("match", "difference"))
    assert matches == [("differs", Decimal("-7.00")), ("matched", Decimal("0.00"))]


def test_one_refund_is_claimed_by_one_line():
    payment = sold("101")
    returned(payment, "30.00")
    report = mp(mp_row("101"), mp_row("101", "refund", "-30.00"), mp_row("101", "refund", "-30.00"))
    assert sorted(report.lines.filter(kind="refund").values_list("match", flat=True)) == [
        "differs",
        "matched",
    ]


def test_a_refund_that_failed_came_back_and_both_lines_agree():
    sold("pi_1", gateway="stripe")
    report = stripe(
        stripe_row("1"),
        stripe_row("2", "refund", "-100.00", source_id="re_1", payment_intent_id="pi_1"),
        stripe_row("3", "refund_failure", "100.00", source_id="re_1", payment_intent_id="pi_1"),
    )
    assert {line.match for line in report.lines.all()} == {"matched"}


def test_what_was_sent_by_hand_is_looked_for_in_no_report():
    payment = sold("101")
    refund = returned(payment, "30.00")
    refund.external_id = ""
    refund.save()
    assert snapshot(mp(mp_row("101"), mp_row("101", "refund", "-30.00")))["101 refund"][0] == "differs"


@pytest.mark.parametrize(
    ("status", "lines", "match"),
    [
        ("lost", ["-80.00"], "matched"),
        ("needs_response", ["-80.00"], "matched"),
        ("won", ["-80.00", "80.00"], "matched"),
        ("won", ["-80.00"], "differs"),
        ("inquiry", ["-80.00"], "differs"),
        ("lost", ["-79.99"], "differs"),
    ],
)
def test_disputes_have_taken_what_they_should(status: str, lines: list[str], match: str):
    dispute(sold("101", "80.00"), status)
    rows = [
        mp_row("101", "chargeback", amount, DATE=f"2026-10-0{day}T10:00:00.000Z")
        for day, amount in enumerate(lines, start=2)
    ]
    report = mp(mp_row("101", gross="80.00"), *rows)
    assert set(report.lines.filter(kind="dispute").values_list("match", flat=True)) == {match}


def test_a_dispute_that_is_not_known_here_differs():
    sold("101", "80.00")
    assert snapshot(mp(mp_row("101", gross="80.00"), mp_row("101", "dispute", "-80.00")))["101 dispute"] == (
        "differs",
        Decimal("-80.00"),
    )


def test_an_account_in_another_currency_is_compared_by_what_the_shopper_paid():
    sold("pi_1", gateway="stripe", currency="BRL")
    row = stripe_row(
        "1", gross="190.00", currency="usd", customer_facing_amount="1000.00", customer_facing_currency="brl"
    )
    assert snapshot(stripe(row)) == {"ch_1 charge": ("matched", Decimal("0.00"))}
    sold("pi_2", gateway="stripe", currency="BRL")
    assert snapshot(stripe(stripe_row("2", currency="usd")))["ch_2 charge"][0] == "differs"


def test_payments_that_no_report_has_are_listed_once_their_time_has_come(settings: Any):
    settings.PAYOUT_REPORT_DAYS = 30
    missing, data_of = sold("101", days_ago=45), sold("102", days_ago=45)
    sold("103", days_ago=5)
    sold("104", days_ago=400)  # Before the first report.
    sold("105", gateway="stripe", days_ago=45)  # No report of this provider is uploaded.
    sold("106", days_ago=45, approved_at=None, status="rejected", role="none")
    assert not residue.payments().exists()

    mp(mp_row("102", DATE=(timezone.now() - timedelta(days=60)).isoformat(timespec="milliseconds")))

    assert list(residue.payments()) == [missing]
    assert data_of.payout_lines.get().match == "matched"


def test_a_payment_of_another_shop_leaves_the_list_when_people_have_said_so():
    unmatched_payment = StrayPayment.objects.create(
        gateway="mercadopago",
        external_id="101",
        status="approved",
        amount=1000,
        currency="ARS",
        last_seen_at=timezone.now(),
    )
    report = mp(mp_row("101"))
    assert snapshot(report)["101 payment"][0] == "missing"
    unmatched_payments.decide(
        unmatched_payment, "another_shop", note="the outlet", actor="staff:a@example.com"
    )

    assert matching.match_again() == {"own": 1}
    assert "the outlet" in report.lines.get().finding


def test_an_explained_line_stays_explained():
    report = mp(mp_row("101"))
    line = report.lines.get()
    assert matching.explain(line, note="sold by telephone", actor="staff:a@example.com")
    assert not matching.explain(line, note="again", actor="staff:b@example.com")
    matching.match([line.pk])
    line.refresh_from_db()
    assert (line.match, line.note, line.noted_by) == ("explained", "sold by telephone", "staff:a@example.com")
    assert residue.counts() == (0, 0)


def test_matching_costs_the_same_queries_for_few_lines_and_for_many():
    def cost(number: int, start: int) -> int:
        for place in range(start, start + number):
            returned(sold(f"{place}"), "10.00")
        rows = [mp_row(f"{place}") for place in range(start, start + number)]
        rows += [mp_row(f"{place}", "refund", "-10.00") for place in range(start, start + number)]
        report = mp(*rows)
        with CaptureQueriesContext(connection) as captured:
            matching.match(report.lines.values_list("pk", flat=True))
        return len(captured)

    assert cost(3, 100) == cost(40, 200) <= 14
    assert residue.counts() == (0, 0)


def test_the_database_refuses_a_line_that_does_not_add_up():
    line = mp(mp_row("1")).lines.get()
    with pytest.raises(IntegrityError), transaction.atomic():
        PayoutLine.objects.filter(pk=line.pk).update(net=Decimal("1.00"))


def test_a_large_report_is_read_by_the_job_and_a_killed_one_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importing, "READ_AT_ONCE", 10)
    report = mp(mp_row("101"))
    assert (report.status, report.line_count) == ("uploaded", 0)

    def killed(report: PayoutReport, found: Any) -> int:
        PayoutLine.objects.bulk_create(
            [importing._line(report, k, r, x) for k, (r, x) in found.lines.items()]
        )
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(importing, "_write", killed)
        importing.run_due()
    assert not PayoutLine.objects.exists()

    assert importing.run_due() == {"reports": 1, "files dropped": 0}
    report.refresh_from_db()
    assert (report.status, report.line_count, report.attempts) == ("done", 1, 2)
    assert importing.run(report.pk) == ""


def test_a_report_that_ends_three_times_without_a_verdict_fails(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importing, "READ_AT_ONCE", 10)
    report = mp(mp_row("101"))
    PayoutReport.objects.update(attempts=3)
    importing.run_due()
    report.refresh_from_db()
    assert (report.status, bool(report.refusal)) == ("failed", True)


def test_the_bytes_of_reports_are_dropped_a_week_after_they_were_read():
    mp(mp_row("101"))
    PayoutReport.objects.update(finished_at=timezone.now() - timedelta(days=6))
    assert importing.run_due() == {}
    PayoutReport.objects.update(finished_at=timezone.now() - timedelta(days=8))
    assert importing.run_due() == {"reports": 0, "files dropped": 1}
    assert bytes(PayoutReport.objects.get().content) == b""
    assert importing.run_due() == {}


@pytest.mark.django_db(transaction=True)
def test_two_overlapping_reports_read_at_once_count_each_line_once(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importing, "READ_AT_ONCE", 10)
    payment = sold("101")
    returned(payment, "10.00")
    shared = [mp_row("101"), mp_row("101", "refund", "-10.00")]
    reports = [mp(*shared, mp_row(str(number))) for number in range(2)]
    barrier = Barrier(2)

    def read(report: PayoutReport) -> None:
        try:
            barrier.wait(timeout=10)
            importing.run(report.pk)
        finally:
            connections.close_all()

    threads = [Thread(target=read, args=(report,)) for report in reports]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert PayoutLine.objects.count() == 4
    assert set(PayoutLine.objects.filter(payment=payment).values_list("match", flat=True)) == {"matched"}
    assert sorted(PayoutReport.objects.values_list("line_count", flat=True)) == [1, 3]
