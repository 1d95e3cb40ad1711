"""Every mail of what follows a sale, in every language: both parts, nothing unfilled, what its reader needs.

`MAILS_TO=<folder>` keeps them as pages, which `python -m docs.screenshots.mails <folder>` photographs.
"""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.template import engines

from orders.checkout import mails as of_checkout
from orders.claims import approving, opening, resolving
from orders.exchanges import mails as of_exchanges
from orders.fulfilment import mails as of_fulfilment
from orders.fulfilment import remaining
from orders.invoices import papers
from orders.models import ExchangeCharge, Invoice, Order
from orders.returns import answering, withdrawals
from orders.tests.exchanges.exchanges import approve, order_with_sizes
from orders.tests.exchanges.exchanges import ask as ask_exchange
from orders.tests.factories import make_variant
from orders.tests.returns.returns import STAFF, ask, delivered_order, line_of
from orders.tests.test_order_timeline import lived
from payments import notices
from shop.core.mail import outbox
from shop.core.web import languages

LANGUAGES = ("es", "en", "pt-br")
# What must be written after a sale; `exchange` and `claim` are one template each for all of their steps.
KINDS = {
    "order_confirmation",
    "order_cancelled",
    "order_late",
    "order_refunded",
    "shipment_dispatched",
    "shipment_delivered",
    "shipment_delayed",
    "shipment_ready",
    "return_requested",
    "return_approved",
    "return_received",
    "return_paid_back",
    "return_ended",
    "exchange_requested",
    "exchange_to_pay",
    "exchange_paid",
    "exchange_released",
    "exchange_waits",
    "exchange_cancelled",
    "claim_opened",
    "claim_resolved",
    "claim_ended",
    "invoice",
    "withdrawal_received",
}
UNFILLED = "¿unfilled?"
# Kinds that are about money; the sum stands in them with its currency.
WITH_MONEY = {
    "order_cancelled",
    "order_refunded",
    "return_requested",
    "return_approved",
    "return_paid_back",
    "exchange_to_pay",
    "exchange_paid",
    "claim_resolved",
    "invoice",
}
# Kinds that name the units: what it is, with size and colour, and its SKU.
WITH_UNITS = KINDS - {"order_refunded", "withdrawal_received", "invoice"}


@dataclass(frozen=True)
class Written:
    """A mail as it was queued."""

    kind: str
    template: str
    context: Any
    order: Order | None


@pytest.fixture(scope="module")
def written(shared_rows: Any) -> Iterator[list[Written]]:
    """Live through everything and keep what each mail was written from."""
    found: list[Written] = []
    queue = outbox.queue

    def kept(**given: Any) -> Any:
        order = given["context"].get("order")
        found.append(Written(given["kind"], given["template"], given["context"], order))
        return queue(**given)

    with shared_rows(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(outbox, "queue", kept)
        _write_all()
        yield found


def _write_all() -> None:
    refused = ask(delivered_order(), note="no")
    answering.reject(refused, reason="Tiene signos de uso.", actor=STAFF)
    denied = delivered_order()
    claim = opening.open_claim(
        denied, {line_of(denied, 3).pk: 1}, reason="wrong_item", key=f"d{denied.pk}", actor="shopper"
    )
    opening.deny(claim, answer="La costura está bien.", actor=STAFF)
    other = opening.open_claim(
        denied, {line_of(denied, 3).pk: 1}, reason="wrong_item", key=f"o{denied.pk}", actor="shopper"
    )
    approving.approve(other, approving.Answer(replace={other.lines.get().pk: 1}), actor=STAFF)
    resolving.resolve(other, actor=STAFF)
    _dearer_exchange()
    order = lived()
    shipment = order.shipments.get()
    of_fulfilment.delayed(shipment)
    of_fulfilment.ready(shipment)
    Order.objects.filter(pk=order.pk).update(promised_by=order.placed_at.date())
    order.refresh_from_db()
    of_fulfilment.late(order, [(line, 1) for line in remaining.sold().filter(order=order)])
    of_checkout.confirm(order)
    withdrawals.request(
        order_number=str(order.number), email=order.email, message="", language="es", actor="shopper"
    )
    payment: Any = order.payments.get()
    notices.tell_returned(payment.refunds.first())
    credit = Invoice.objects.filter(order=order, status=Invoice.Status.AUTHORISED).earliest("issued_at")
    credit.kind = Invoice.Kind.CREDIT_NOTE
    papers.mail(credit, again=":credit")


def _dearer_exchange() -> None:
    order, line, _size = order_with_sizes()
    exchange = ask_exchange(order, line, make_variant(units=3, price=line.unit_price + 900))
    approve(exchange)
    charge = ExchangeCharge.objects.get(exchange=exchange)
    of_exchanges.paid(charge)
    of_exchanges.out_of_stock(exchange)
    units = list(exchange.units.select_related("replaced"))
    of_exchanges.released(exchange, units, line.unit_price)
    exchange.end_reason = "Ya no hay de esa talla."
    of_exchanges.cancelled(exchange, units)


@pytest.mark.django_db
def test_each_kind_is_written(written: list[Written]):
    assert KINDS - {one.kind for one in written} == set()


@pytest.mark.django_db
@pytest.mark.parametrize("language", LANGUAGES)
def test_each_mail_has_both_parts_and_nothing_unfilled(
    written: list[Written], language: str, monkeypatch: pytest.MonkeyPatch
):
    engine = engines["django"].engine  # type: ignore[attr-defined]
    monkeypatch.setattr(engine, "string_if_invalid", UNFILLED)
    seen: dict[str, int] = {}
    for one in written:
        if one.kind not in KINDS:
            continue
        subject, text, page = outbox.render(one.template, one.context, language)
        seen[one.kind] = seen.get(one.kind, 0) + 1
        _keep(f"{one.kind}-{seen[one.kind]}-{language}", page)
        for part in (subject, text, page):
            assert part.strip(), one.kind
            assert UNFILLED not in part, (one.kind, language, part)
            assert not re.search(r"\{\{|\{%|%\(|\bNone\b|<QuerySet", part), (one.kind, language, part)
        number = str(one.order.number) if one.order else ""
        assert number in text, one.kind
        assert number in page, one.kind
        assert not re.search(r"&(#|amp;)", text), (one.kind, text)
        # A return for other units, or a claim answered with new ones, brings no money.
        brings = one.context.get("shown", {"total": 1})["total"] and one.context.get("amount", 1)
        if one.kind in WITH_MONEY and brings:
            assert re.search(r"\$\s?\d", text), (one.kind, text)
            assert re.search(r"\$\s?\d", page), one.kind
        if one.kind in WITH_UNITS:
            assert re.search(r"Negro", text), (one.kind, text)
            assert re.search(r"Negro", page), one.kind
        said = languages.addresses_in(language, one.context)
        links = [value for name, value in said.items() if name.endswith("_url")]
        assert all(link in text and link.replace("&", "&amp;") in page for link in links), (one.kind, links)


@pytest.mark.django_db
def test_the_languages_differ(written: list[Written]):
    for one in written:
        if one.kind in KINDS:
            subjects = {outbox.render(one.template, one.context, language)[0] for language in LANGUAGES}
            assert len(subjects) == len(LANGUAGES), (one.kind, subjects)


def _keep(name: str, page: str) -> None:
    folder = os.environ.get("MAILS_TO")
    if folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / f"{name}.html").write_text(page)
