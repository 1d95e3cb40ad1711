"""What answers a dispute: which evidence each reason asks for, and what of it the shop can show from its own rows.

Sources: https://docs.stripe.com/disputes/categories (by reason) and Mercado Pago's guide "Manage chargebacks". What the
shop has not kept is stated; nothing is made up.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from catalog.policies import find
from orders.models import AddressSnapshot, Order, Purchase
from orders.pricing.purchases import charges_of
from payments.models import Dispute, DisputeEvidence, Payment, Refund
from shop.core.models import EmailLog
from shop.core.money import display as money
from shop.core.user_input.emails import is_address

Kind = DisputeEvidence.Kind
Reason = Dispute.Reason

_ALWAYS: Final = (Kind.ORDER, Kind.CUSTOMER)
# It was somebody else, they say: who bought, from where, and where it went.
_WHO: Final = (
    Kind.CUSTOMER_IP,
    Kind.BILLING_ADDRESS,
    Kind.SHIPPING_ADDRESS,
    Kind.TRACKING,
    Kind.DELIVERY,
    Kind.COMMUNICATION,
    Kind.TERMS,
    Kind.INVOICE,
)
_ASKED: Final[Mapping[str, tuple[str, ...]]] = {
    Reason.FRAUD: _WHO,
    Reason.UNRECOGNIZED: _WHO,
    Reason.NOT_RECEIVED: (Kind.SHIPPING_ADDRESS, Kind.TRACKING, Kind.DELIVERY, Kind.COMMUNICATION),
    Reason.NOT_AS_DESCRIBED: (Kind.PRODUCT, Kind.COMMUNICATION, Kind.REFUND_POLICY, Kind.TERMS),
    Reason.DUPLICATE: (Kind.DUPLICATE, Kind.REFUND, Kind.INVOICE),
    Reason.CREDIT_NOT_PROCESSED: (Kind.REFUND_POLICY, Kind.REFUND, Kind.COMMUNICATION, Kind.TERMS),
    Reason.CANCELLED: (
        Kind.REFUND_POLICY,
        Kind.TERMS,
        Kind.COMMUNICATION,
        Kind.SHIPPING_ADDRESS,
        Kind.TRACKING,
    ),
    Reason.WRONG_AMOUNT: (Kind.PRODUCT, Kind.TERMS, Kind.INVOICE, Kind.REFUND),
    Reason.OTHER: (
        Kind.PRODUCT,
        Kind.SHIPPING_ADDRESS,
        Kind.TRACKING,
        Kind.DELIVERY,
        Kind.COMMUNICATION,
        Kind.TERMS,
        Kind.REFUND_POLICY,
        Kind.INVOICE,
    ),
}
_MOST: Final = 20


def list_for(reason: str) -> tuple[str, ...]:
    """Return the evidence that a reason asks for, in the order in which it is given."""
    return (*_ALWAYS, *_ASKED.get(reason, _ASKED[Reason.OTHER]))


@dataclass(frozen=True, slots=True)
class File:
    """What a dispute is about: its purchase, with the rows that prove something (a fixed number of queries)."""

    dispute: Dispute
    payment: Payment
    session: Purchase
    order: Order | None

    @property
    def buyer(self) -> Order | Purchase:
        return self.order or self.session


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the checklist as the shop can fill it. `words`: what its own rows say, none when they say nothing."""

    kind: str
    label: str
    words: list[str]
    row: DisputeEvidence | None = None

    @property
    def is_known(self) -> bool:
        return bool(self.words)


def open_file(dispute: Dispute) -> File:
    """Gather what a dispute is about."""
    payment = Payment.objects.select_related(
        "attempt__purchase__shipping_address",
        "attempt__purchase__billing_address",
        "attempt__purchase__user",
        "order__shipping_address",
        "order__billing_address",
        "order__user",
    ).get(pk=dispute.payment_id)
    session = payment.purchase
    order = payment.order
    return File(dispute, payment, session, order)


def facts(dispute: Dispute, *, file: File | None = None) -> list[Fact]:
    """Return the dispute's checklist with what the shop can show for each line, in the language in use."""
    file = file or open_file(dispute)
    rows = {row.kind: row for row in dispute.evidence.all()}
    labels = dict(Kind.choices)
    known = [kind for kind in Kind.values if kind in rows or kind in list_for(dispute.reason)]
    order = {kind: place for place, kind in enumerate(list_for(dispute.reason))}
    known.sort(key=lambda kind: order.get(kind, len(order)))
    return [Fact(kind, str(labels[kind]), _WORDS[kind](file), rows.get(kind)) for kind in known]


def as_text(dispute: Dispute, *, file: File | None = None) -> str:
    """Return everything as plain text, to be pasted into a provider's panel."""
    file = file or open_file(dispute)
    parts = [
        f"{_('Dispute')} {dispute.external_id} · {money(dispute.amount, dispute.currency)}",
        f"{_('Payment')} {file.payment.external_id} · {money(file.payment.amount, file.payment.currency)}",
    ]
    for fact in facts(dispute, file=file):
        own = [fact.row.note] if fact.row and fact.row.note else []
        if fact.words or own:
            parts += ["", fact.label.upper(), *fact.words, *own]
    return "\n".join(parts) + "\n"


# -- What the shop's own rows say -------------------------------------------------------------------------------------
def _day(moment: object) -> str:
    return date_format(localtime(moment), "SHORT_DATETIME_FORMAT")  # type: ignore[arg-type]


def _lines(file: File) -> list[str]:
    lines = (file.order or file.session).lines.all()
    return [
        f"{line.quantity} × {line.sku} {line.name} · {money(line.total, file.buyer.currency)}"
        for line in lines
    ]


def _order(file: File) -> list[str]:
    total = money(file.buyer.total, file.buyer.currency)
    if file.order is None:
        return [_("No order was made of this purchase (%s).") % total, *_lines(file)]
    head = _("Order #%(number)s of %(when)s, %(total)s") % {
        "number": file.order.number,
        "when": _day(file.order.placed_at),
        "total": total,
    }
    return [head, *_lines(file), *_charges(file.order)]


def _charges(order: Order) -> list[str]:
    """Return what was added and deducted, the shipping last."""
    others = [charge for charge in charges_of(order) if not charge.is_shipping]
    return [
        *(f"{charge.label}: {money(charge.amount, order.currency)}" for charge in others),
        _("Shipping: %s") % money(order.shipping_total, order.currency),
    ]


def _product(file: File) -> list[str]:
    lines = (file.order or file.session).lines.select_related("variant__product")
    return [
        f"{line.name}: {(line.variant.product.description if line.variant else '')[:400]}".strip(": ")
        for line in lines
    ]


def _customer(file: File) -> list[str]:
    buyer = file.buyer
    words = [
        buyer.full_name,
        buyer.email,
        buyer.phone,
        f"{buyer.document_type} {buyer.document_number}".strip(),
    ]
    if buyer.user:
        words.append(_("Has an account since %s.") % _day(buyer.user.date_joined))
    return [word for word in words if word]


def _address(address: AddressSnapshot | None) -> list[str]:
    if address is None:
        return []
    street = ", ".join(filter(None, (address.street, address.apartment)))
    return [
        address.recipient,
        street,
        f"{address.postal_code} {address.city}, {address.state}",
        address.country,
    ]


def _mails(file: File) -> list[str]:
    sent = EmailLog.objects.filter(
        trail=file.session.pk, status=EmailLog.Status.SENT, to=file.buyer.email
    ).defer("text", "html")
    return [f"{_day(mail.sent_at)} · {mail.to} · {mail.subject}" for mail in sent.order_by("sent_at")[:_MOST]]


def _terms(file: File) -> list[str]:
    if file.session.accepted_terms_at is None:
        return []
    return [_("Accepted at the checkout: %s") % _day(file.session.accepted_terms_at), *_pages("terminos")]


def _pages(*slugs: str) -> list[str]:
    found = [policy for policy in map(find, slugs) if policy]
    return [f"{policy.title}: {settings.SITE_URL}{policy.url}" for policy in found]


def _refunds(file: File) -> list[str]:
    done = file.payment.refunds.exclude(status=Refund.Status.FAILED).order_by("created_at")
    return [
        f"{_day(row.succeeded_at or row.created_at)} · {money(row.amount, row.currency)} · "
        f"{row.get_status_display()} · {row.external_id}"
        for row in done[:_MOST]
    ]


def _others(file: File) -> list[str]:
    others = Order.objects.filter(is_address("email", file.buyer.email)).order_by("-placed_at")
    if file.order:
        others = others.exclude(pk=file.order.pk)
    return [
        f"#{row.number} · {_day(row.placed_at)} · {money(row.total, row.currency)} · {row.transaction_id}"
        for row in others[:_MOST]
    ]


def _invoice(file: File) -> list[str]:
    return [file.order.invoice_number] if file.order and file.order.invoice_number else []


def _not_kept(_file: File) -> list[str]:
    """Return nothing: the shop stores no IP addresses, and has no shipments yet. A person adds what there is."""
    return []


_WORDS: Final[Mapping[str, Callable[[File], list[str]]]] = {
    Kind.ORDER: _order,
    Kind.PRODUCT: _product,
    Kind.CUSTOMER: _customer,
    Kind.CUSTOMER_IP: _not_kept,
    Kind.BILLING_ADDRESS: lambda file: _address(file.buyer.billing_address),
    Kind.SHIPPING_ADDRESS: lambda file: _address(file.buyer.shipping_address),
    Kind.TRACKING: _not_kept,
    Kind.DELIVERY: _not_kept,
    Kind.COMMUNICATION: _mails,
    Kind.TERMS: _terms,
    Kind.REFUND_POLICY: lambda _file: _pages("cambios-y-devoluciones", "arrepentimiento"),
    Kind.REFUND: _refunds,
    Kind.DUPLICATE: _others,
    Kind.INVOICE: _invoice,
}
