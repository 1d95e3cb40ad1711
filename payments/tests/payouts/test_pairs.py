"""Which refund a line of a payout report stands for, and which lines of a payment are summed."""

import pytest

from payments.payouts import matching
from payments.tests.payouts.report_files import mp, mp_row, returned, sold, stripe, stripe_row

pytestmark = pytest.mark.django_db


def test_an_explained_line_counts_no_more_when_its_payment_is_summed():
    sold("101")
    wrong = mp(mp_row("101", gross="900.00")).lines.get()
    assert matching.explain(wrong, note="the panel's mistake", actor="staff:a@example.com")
    right = mp(mp_row("101"))
    wrong.refresh_from_db()
    assert (wrong.match, right.lines.get().match) == ("explained", "matched")


def test_refunds_are_known_by_their_numbers_first_and_else_by_their_age():
    payment = sold("pi_1", gateway="stripe")
    older, younger = returned(payment, "10.00", "re_1"), returned(payment, "10.00", "re_2")
    about = {"source_id": "re_2", "payment_intent_id": "pi_1"}
    report = stripe(
        stripe_row("1", "refund", "-10.00", **about),
        stripe_row("2", "refund", "-10.00", **about | {"source_id": "unknown"}),
    )
    assert [line.refund for line in report.lines.order_by("row")] == [younger, older]

    payment = sold("102")
    older, younger = returned(payment, "10.00", "a"), returned(payment, "10.00", "b")
    assert mp(mp_row("102", "refund", "-10.00")).lines.get().refund == older
