"""What kinds of payables have in common whose own row is a bill: paid once, by its link, without stock of its own."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Generic, TypeVar

from django.db.models import QuerySet

from orders.checkout.free import NotFree
from orders.models import ExchangeCharge, InstallmentBill, Order, Payable
from orders.payables.protocol import Bill, BillLine, Buyer, State
from shop.core.money import ZERO
from shop.core.states import IllegalTransition, move

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from shop.accounts.models import User

Row = TypeVar("Row", InstallmentBill, ExchangeCharge)


class BillKind(ABC, Generic[Row]):
    """The plain answers of such a kind. Its states are those of its row; what it costs depends on no way to pay."""

    opens_order = False
    # The model of its rows.
    rows: type[Row]

    def by_token(self, token: str) -> Payable | None:
        row = self.rows._default_manager.select_related("payable").filter(token=token).first()
        return row.payable if row else None

    @abstractmethod
    def row(self, payable: Payable) -> Row:
        """Return the bill with its order; no lock."""

    def locked_row(self, payable: Payable) -> Row:
        """Return the bill as it is below the lock that `lock` took."""
        return self.row(payable)

    @abstractmethod
    def bill(self, payable: Payable) -> Bill:
        """Return what is to be paid as it stands now; no lock."""

    @abstractmethod
    def lock(self, payable: Payable) -> State:
        """Lock it for the rest of the transaction; return its state."""

    @abstractmethod
    def order(self, payable: Payable) -> Order | None:
        """Return the order that its payment belongs to; None while it is not paid."""

    def lock_with_bill(self, payable: Payable) -> tuple[Order | None, Bill | None]:
        """Lock the row; return what is to be paid below the lock, or the order of one that is paid already."""
        self.lock(payable)
        order = self.order(payable)
        return order, None if order else self.bill(payable)

    def visible_to(self, payable: Payable, user: "User | AnonymousUser") -> bool:
        return True

    def priced(self, payable: Payable) -> Row:
        return self.row(payable)

    def rivals(self, payable: Payable) -> "QuerySet[Payable]":
        return Payable.objects.none()

    def set_way(self, payable: Payable, way: str) -> None:
        """Its price depends on no way to pay."""

    def await_payment(
        self,
        payable: Payable,
        *,
        reserve_until: datetime,
        expires_at: datetime,
        actor: str,
        is_frozen: bool = False,
    ) -> None:
        row = self.locked_row(payable)
        until = max(row.expires_at, expires_at)
        if row.status == State.AWAITING:
            type(row)._default_manager.filter(pk=row.pk).update(expires_at=until)
        elif row.status == State.OPEN:
            move(row, State.AWAITING, actor=actor, expires_at=until)
        else:
            raise IllegalTransition(row, row.status, State.AWAITING)

    def reopen(self, payable: Payable, *, actor: str, reason: str) -> None:
        row = self.locked_row(payable)
        if row.status == State.AWAITING:
            move(row, State.OPEN, actor=actor, reason=reason)

    def renew(self, payable: Payable, *, actor: str) -> None:
        """Nothing is reserved for the bill itself."""

    def reserved_until(self, payable: Payable) -> datetime | None:
        return None

    def may_offer_vouchers(self, payable: Payable) -> bool:
        return True

    def keep_for_voucher(self, payable: Payable) -> bool:
        return True

    def confirm_free(self, payable: Payable, *, actor: str) -> Order:
        raise NotFree(str(payable))


def offer(
    row: InstallmentBill | ExchangeCharge, order: Order, lines: Sequence[BillLine], *, page: str
) -> Bill:
    """Return what is offered to the provider for a bill of an order's buyer; `page` is where it is paid."""
    return Bill(
        token=row.token,
        page=page,
        contact_page="",
        state=State(row.status),
        currency=row.currency,
        lines=lines,
        shipping_name="",
        shipping=ZERO,
        total=row.amount,
        buyer=Buyer(
            email=order.email,
            first_name=order.first_name,
            last_name=order.last_name,
            phone=order.phone,
            document_type=order.document_type,
            document_number=order.document_number,
        ),
        language=order.language,
    )
