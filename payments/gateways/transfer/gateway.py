"""The gateway's calls answered from the shop's own books: there is no provider, no HTTP, no notification.

A buyer transfers the amount to the shop's account with a reference code; people or a bank statement say that it came
(`payments.transfers`). Until then the payment is pending, like a cash voucher.
"""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Final, NoReturn

from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from payments.gateways.base import (
    BadSignature,
    CheckoutRequest,
    CheckoutSnapshot,
    CheckoutState,
    GatewayError,
    HostedCheckout,
    ListedPage,
    ListedPayment,
    NotFoundAtProvider,
    Notification,
    Patience,
    PaymentSnapshot,
    PaymentState,
    RawWebhook,
    Reason,
    RefundSnapshot,
)
from payments.gateways.errors import NOT_REFUNDABLE
from payments.gateways.limits import Bounds
from payments.gateways.transfer.ledger import Credited, Instructed, Ledger, NoAccount, books

_NOTHING: Final = Decimal("0.00")


def from_settings(patience: Patience) -> "BankTransfer":
    """Make the gateway; the books have time-outs of their own (the database's)."""
    return BankTransfer()


class BankTransfer:
    """Transfers to the shop's account. The external id of a checkout is its reference code, and of its first payment;
    later payments are numbered (`CODE-2`)."""

    code = "transfer"
    words = _(
        "From your bank's app or website, to our account. We confirm your order when the money arrives."
    )
    # The shop's account is in the shop's currency; which one that is, the settings say.
    currencies: frozenset[str] = frozenset()
    limits: dict[str, Bounds] = {}
    max_installments = 1
    is_outside = False
    return_hint = ""
    forged_status = 403
    notifies = False
    has_vouchers = True
    pays_at_once = False
    stays_payable = False
    # No payment of this gateway has a method: all of them go back by hand.
    by_hand = frozenset({""})
    refund_days = 0

    @property
    def label(self) -> str:
        """The name in the reader's language."""
        return gettext("Bank transfer")

    @property
    def _books(self) -> Ledger:
        return books()

    # -- The checkout -----------------------------------------------------------------------------------------------

    def create_checkout(self, request: CheckoutRequest) -> HostedCheckout:
        """Write the instruction. The same request again finds it.

        Raises:
            GatewayError: `ACCOUNT`: the shop's account is not set.
        """
        try:
            made = self._books.instruct(
                reference=request.reference,
                amount=request.total,
                currency=request.currency,
                valid_until=request.voucher_expires_at,
            )
        except NoAccount as error:
            raise GatewayError(
                "The shop's bank account is not set", permanent=True, reason=Reason.ACCOUNT
            ) from error
        return HostedCheckout(made.code, made.address, request.expires_at)

    def close_checkout(self, external_id: str, *, reference: str) -> CheckoutSnapshot:
        """Offer the instruction no longer. Nobody can be kept from transferring: such money is late money."""
        fetched_at = timezone.now()
        return _snapshot(self._books.close(external_id) or _unknown(external_id), fetched_at)

    def fetch(self, subject: str, *, reference: str = "", checkout_id: str = "") -> CheckoutSnapshot:
        """Read the instruction and its credits."""
        fetched_at = timezone.now()
        found = self._books.read(reference=reference, code=checkout_id or subject.partition("-")[0])
        return _snapshot(found or _unknown(reference or checkout_id or subject), fetched_at)

    def find(self, reference: str, *, since: datetime) -> CheckoutSnapshot | None:
        """Read the instruction of an attempt."""
        fetched_at = timezone.now()
        found = self._books.read(reference=reference)
        return _snapshot(found, fetched_at) if found else None

    def list_payments(self, *, since: datetime, until: datetime, cursor: str = "") -> ListedPage:
        """Return one page of the credits by the moment at which they were assigned."""
        found, following = self._books.page(since=since, until=until, cursor=cursor)
        return ListedPage(
            tuple(
                ListedPayment(
                    external_id=one.credit.number,
                    reference=one.reference,
                    state=PaymentState.APPROVED,
                    amount=one.credit.amount,
                    currency=one.credit.currency,
                    refunded_amount=_NOTHING,
                    made_at=one.credit.noted_at,
                    is_ours=True,
                )
                for one in found
            ),
            following,
        )

    # -- Money back -------------------------------------------------------------------------------------------------

    def refund(
        self,
        payment_id: str,
        *,
        amount: Decimal,
        currency: str,
        idempotency_key: str,
        known: Collection[str] = (),
    ) -> RefundSnapshot:
        """Refuse: people send the money back, to the account that the buyer names (`payments.refunds.bank_requests`).

        Raises:
            GatewayError: `NOT_REFUNDABLE`, always.
        """
        raise GatewayError("A bank transfer goes back by another one", permanent=True, code=NOT_REFUNDABLE)

    def parse_webhook(self, raw: RawWebhook) -> Notification:
        """Refuse: nobody notifies of bank transfers.

        Raises:
            BadSignature: always.
        """
        raise BadSignature("bank transfers have no notifications")


def _unknown(name: str) -> NoReturn:
    raise NotFoundAtProvider(f"There is no bank transfer {name}")


def _snapshot(found: Instructed, fetched_at: datetime) -> CheckoutSnapshot:
    state = CheckoutState.EXPIRED if found.closed_at else CheckoutState.OPEN
    return CheckoutSnapshot(
        external_id=found.code,
        reference=found.reference,
        state=CheckoutState.COMPLETE if found.credits else state,
        redirect_url=found.address,
        payments=tuple(_credited(found, one) for one in found.credits) or (_awaited(found),),
        fetched_at=fetched_at,
    )


def _awaited(found: Instructed) -> PaymentSnapshot:
    """Return the payment that is waited for, or was until the instruction was closed."""
    is_open = found.closed_at is None
    return _payment(
        found,
        Credited(found.code, found.amount, found.currency, found.made_at, found.made_at),
        state=PaymentState.PENDING if is_open else PaymentState.CANCELLED,
        status="awaited" if is_open else "closed",
        updated_at=found.closed_at or found.made_at,
        voucher_expires_at=found.valid_until,
    )


def _credited(found: Instructed, credit: Credited) -> PaymentSnapshot:
    """Return a credit as a payment. It is newer than the closing, whose answer would otherwise win over it."""
    return _payment(
        found,
        credit,
        state=PaymentState.APPROVED,
        status="credited",
        updated_at=max(credit.noted_at, found.closed_at or credit.noted_at),
        approved_at=credit.paid_at,
    )


def _payment(
    found: Instructed,
    credit: Credited,
    *,
    state: PaymentState,
    status: str,
    updated_at: datetime,
    approved_at: datetime | None = None,
    voucher_expires_at: datetime | None = None,
) -> PaymentSnapshot:
    return PaymentSnapshot(
        external_id=credit.number,
        reference=found.reference,
        state=state,
        status=status,
        status_detail="",
        amount=credit.amount,
        currency=credit.currency,
        refunded_amount=_NOTHING,
        refunds=(),
        method="",
        installments=1,
        approved_at=approved_at,
        updated_at=updated_at,
        voucher_url=found.address if voucher_expires_at else "",
        voucher_expires_at=voucher_expires_at,
        is_ours=True,
        raw={"code": found.code, "status": status, "amount": str(credit.amount)},
    )
