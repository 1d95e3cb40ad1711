"""The interface of a payment provider: one small protocol, frozen values in and out.

A gateway uses no ORM, request or HTML. Amounts are `Decimal` in major units; minor units exist only inside
a gateway. Every call may raise `GatewayError`.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, runtime_checkable

from payments.gateways.errors import (
    BadSignature,
    GatewayError,
    NotAsked,
    NotFoundAtProvider,
    Reason,
    Trouble,
)
from payments.gateways.limits import Bounds
from shop.core.protection.deadline import Patience

__all__ = [
    "BadSignature",
    "Bounds",
    "Buyer",
    "CheckoutRequest",
    "CheckoutSnapshot",
    "CheckoutState",
    "DisputeReason",
    "DisputeSnapshot",
    "DisputeState",
    "Gateway",
    "GatewayError",
    "HostedCheckout",
    "Item",
    "ListedPage",
    "ListedPayment",
    "NotAsked",
    "NotFoundAtProvider",
    "Notification",
    "Patience",
    "PaymentSnapshot",
    "PaymentState",
    "RawWebhook",
    "Reason",
    "RefundSnapshot",
    "RefundState",
    "TakesIntents",
    "Trouble",
]


class PaymentState(StrEnum):
    """The neutral states of a provider's payment (docs/providers/README.md#neutral-states)."""

    PENDING = "pending"
    AUTHORIZED = "authorized"
    APPROVED = "approved"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    CHARGED_BACK = "charged_back"


class CheckoutState(StrEnum):
    """Whether a hosted checkout can still be paid."""

    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


class RefundState(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    IMPOSSIBLE = "impossible"


class DisputeState(StrEnum):
    """The neutral states of a dispute. `inquiry`: the bank only asks, and no money was taken yet."""

    INQUIRY = "inquiry"
    NEEDS_RESPONSE = "needs_response"
    UNDER_REVIEW = "under_review"
    WON = "won"
    LOST = "lost"
    WITHDRAWN = "withdrawn"


class DisputeReason(StrEnum):
    """What the buyer's bank says, in neutral words; each asks for other evidence."""

    FRAUD = "fraud"
    UNRECOGNIZED = "unrecognized"
    NOT_RECEIVED = "not_received"
    NOT_AS_DESCRIBED = "not_as_described"
    DUPLICATE = "duplicate"
    CREDIT_NOT_PROCESSED = "credit_not_processed"
    CANCELLED = "cancelled"
    WRONG_AMOUNT = "wrong_amount"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Item:
    """One line on the provider's page; `unit_price` with taxes."""

    sku: str
    title: str
    quantity: int
    unit_price: Decimal
    image_url: str = ""


@dataclass(frozen=True, slots=True)
class Buyer:
    email: str
    first_name: str
    last_name: str
    phone: str = ""
    document_type: str = ""
    document_number: str = ""


@dataclass(frozen=True, slots=True)
class CheckoutRequest:
    """All a provider needs for a hosted checkout. Σ items + shipping = `total`, checked by the gateway.

    Nothing in it may change between two tries with the same key (Stripe answers `idempotency_error`), so every clock
    is counted from `made_at`.
    """

    reference: str
    idempotency_key: str
    currency: str
    items: Sequence[Item]
    shipping: Decimal
    total: Decimal
    buyer: Buyer
    made_at: datetime
    return_url: str
    cancel_url: str
    webhook_url: str
    expires_at: datetime
    voucher_expires_at: datetime
    max_installments: int
    language: str
    shipping_label: str = "Shipping"
    # False: no method may be offered that is paid days later; the units cannot wait so long.
    offers_vouchers: bool = True
    # Ends of single methods' vouchers, by the provider's own word, where they differ from `voucher_expires_at`.
    voucher_ends: Mapping[str, datetime] = field(default_factory=dict)

    def voucher_end(self, method: str) -> datetime:
        """Return until when a voucher of this method shall be payable."""
        return self.voucher_ends.get(method, self.voucher_expires_at)


@dataclass(frozen=True, slots=True)
class HostedCheckout:
    """The answer of `create_checkout`: the provider's id and where the shopper pays."""

    external_id: str
    redirect_url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class RefundSnapshot:
    external_id: str
    amount: Decimal
    state: RefundState
    created_at: datetime | None = None
    idempotency_reference: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class DisputeSnapshot:
    """A dispute of a payment as fetched now. `state` None: a status unknown to us, which changes nothing.

    `subject` is what to ask about (`Gateway.fetch`) to read it again; "" where asking about the payment is enough.
    """

    external_id: str
    state: DisputeState | None
    status: str
    reason: DisputeReason
    reason_code: str
    # What is disputed, major units: the whole payment or a part of it.
    amount: Decimal
    currency: str
    opened_at: datetime | None
    respond_by: datetime | None
    closed_at: datetime | None = None
    # Whether the provider still lets us refund the payment meanwhile.
    is_refundable: bool = False
    # The provider has our answer.
    is_answered: bool = False
    # It is no object of its own at the provider: it lasts as long as the payment's status says so.
    follows_payment: bool = False
    subject: str = ""
    # The provider's own page, where evidence is given.
    panel_url: str = ""
    raw: Mapping[str, object] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class PaymentSnapshot:
    """A payment as fetched now. `state` None: a status unknown to us, which changes nothing."""

    external_id: str
    reference: str
    state: PaymentState | None
    status: str
    status_detail: str
    amount: Decimal
    currency: str
    refunded_amount: Decimal
    refunds: tuple[RefundSnapshot, ...]
    method: str
    installments: int
    approved_at: datetime | None
    updated_at: datetime | None
    voucher_url: str
    voucher_expires_at: datetime | None
    is_ours: bool
    raw: Mapping[str, object] = field(repr=False)
    # The last four digits of the card; "": none, or not given.
    card_last4: str = ""
    # What the buyer's card is charged in all and each time, with the provider's interest; None: not told. It is never
    # the shop's money.
    charged_total: Decimal | None = None
    charged_installment: Decimal | None = None
    # Those known to the provider; an older answer may leave out what is not disputed any more.
    disputes: tuple[DisputeSnapshot, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckoutSnapshot:
    """A hosted checkout as fetched now, with every payment made through it.

    `state` None: only its payments were asked about. `fetched_at` is our clock when the asking began, so that of two
    answers without a date of the provider's own the later one wins.
    """

    external_id: str
    reference: str
    state: CheckoutState | None
    redirect_url: str
    payments: tuple[PaymentSnapshot, ...]
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class ListedPayment:
    """A payment as it stands in the provider's list.

    Lists lag and lack fields (docs/providers/mercadopago.md#lists), so it is only compared with our row; what differs
    is fetched again. `state` None: nothing worth comparing yet.
    """

    external_id: str
    reference: str
    state: PaymentState | None
    amount: Decimal
    currency: str
    refunded_amount: Decimal
    made_at: datetime | None
    is_ours: bool


@dataclass(frozen=True, slots=True)
class ListedPage:
    """One page of the provider's list. `following` is where the next one begins; "": this was the last."""

    payments: tuple[ListedPayment, ...]
    following: str


@dataclass(frozen=True, slots=True)
class Notification:
    """A notification: what to ask about. `should_store` False: nothing to do with us, answered 200 and forgotten, or
    kept unread where `ignored` says why (a test of the panel, the other mode).

    `event_id` is made of what the provider signed only, so that a replay with other words is still the same event.
    """

    event_id: str
    topic: str
    subject: str
    reference: str
    payload: Mapping[str, object] = field(repr=False)
    should_store: bool = True
    # False: the sender is not authenticated (a provider whose keys are not set); so few of these are stored.
    is_signed: bool = True
    ignored: str = ""


@dataclass(frozen=True, slots=True)
class RawWebhook:
    """A request to the webhook endpoint, as received."""

    body: bytes
    headers: Mapping[str, str]
    query: Mapping[str, str]


@runtime_checkable
class TakesIntents(Protocol):
    """What a gateway offers besides when an app may confirm the payment itself, with the provider's own SDK.

    An intent is found, fetched and closed by the calls for checkouts, under its own id.
    """

    def create_intent(self, request: CheckoutRequest) -> HostedCheckout:
        """Make an intent, without an address to pay at; the same `idempotency_key` never makes two."""
        ...

    def client_secret(self, intent_id: str) -> str:
        """Return the secret by which the app confirms an intent. It is asked for each time and never stored."""
        ...


class Gateway(Protocol):
    """The seven calls every provider module offers, and what it says of itself."""

    code: str
    # The name as shoppers know it, and one sentence on what can be paid with (lazy, in the reader's language).
    label: str
    words: object
    # The currencies it takes, ISO codes; empty: the account decides.
    currencies: frozenset[str]
    # What it takes at once, by ISO currency, in major units; "": every currency that is not named.
    limits: Mapping[str, Bounds]
    # Most cuotas that its page offers; 1: none.
    max_installments: int
    # Whether its calls leave the shop, and may take their time; False: its answers are the shop's own rows.
    is_outside: bool
    # The parameter of its return address that names a payment, digits only; "": it names none (a hint, no more).
    return_hint: str
    # The HTTP status with which the endpoint answers a forged notification.
    forged_status: int
    # Whether it sends notifications of what happens, so that their absence is an alarm.
    notifies: bool
    # Whether its page may offer cash vouchers that are paid days later, and whether anything that is paid at once.
    has_vouchers: bool
    pays_at_once: bool
    # Whether a checkout that is paid can be paid again, so that it must be ended after the payment
    # (docs/providers/mercadopago.md#preferences).
    stays_payable: bool
    # Methods (`PaymentSnapshot.method`) whose money cannot go back through the provider, and for how many days that of
    # the others can, 0 for no known limit. A forecast for people; what the provider answers to the refund counts.
    by_hand: frozenset[str]
    refund_days: int

    def create_checkout(self, request: CheckoutRequest) -> HostedCheckout:
        """Make the hosted checkout; the same `idempotency_key` never makes two."""
        ...

    def close_checkout(self, external_id: str, *, reference: str) -> CheckoutSnapshot:
        """Make the hosted checkout unpayable (and cancel its pending payments); return its state afterwards.

        "Already complete" is no error: the returned snapshot says so.
        """
        ...

    def fetch(self, subject: str, *, reference: str = "", checkout_id: str = "") -> CheckoutSnapshot:
        """Return the present state of a checkout and all its payments.

        `subject` is whatever a notification or a return address named: the id of a checkout, a payment or a dispute
        at this provider, or "". `reference` and `checkout_id` are those of our own row; they win over the subject,
        which is only a hint.

        Raises:
            NotFoundAtProvider: nothing is known under these names (yet).
        """
        ...

    def find(self, reference: str, *, since: datetime) -> CheckoutSnapshot | None:
        """Look for the checkout made under our reference, when its own id is not known here; None: there is none."""
        ...

    def list_payments(self, *, since: datetime, until: datetime, cursor: str = "") -> ListedPage:
        """Return one page of the payments that changed (or were made) within the window, ours and others'.

        Begin with no cursor, go on with each page's `following`. What changes while the pages are read may come twice,
        and is never passed over.

        Raises:
            GatewayError: this page could not be read; a page that failed is never an empty one
                (docs/providers/mercadopago.md#lists).
        """
        ...

    def refund(
        self,
        payment_id: str,
        *,
        amount: Decimal,
        currency: str,
        idempotency_key: str,
        known: Collection[str] = (),
    ) -> RefundSnapshot:
        """Send money back; the same `idempotency_key` never refunds twice, across time-outs and crashes.

        `known` are the provider's ids of this payment's other refunds: what is not among them may be ours.
        """
        ...

    def parse_webhook(self, raw: RawWebhook) -> Notification:
        """Verify and read a notification.

        Raises:
            BadSignature: it was not signed with any of our secrets.
        """
        ...
