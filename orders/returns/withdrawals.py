"""Withdrawing from a purchase: the declaration is kept and confirmed at once; what follows is agreed with the staff.

Rules: Argentina, Ley 24.240 art. 34 and Disposición 954/2025 (a button at first sight, no account asked for, a code
for the request); the days of each country are in `shop.core.countries`.
"""

import re
from typing import Final

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from orders.models import Order, WithdrawalRequest
from orders.models.withdrawals import ANSWER_WITHIN
from shop.core.ids import readable_code
from shop.core.mail import outbox
from shop.core.states import move, record
from shop.core.user_input.emails import is_address

Status = WithdrawalRequest.Status
MESSAGE_LENGTH: Final = 1000
_BIGGEST_NUMBER: Final = 2**31 - 1


def clean_order_number(text: str) -> str:
    """Return the digits of an order number as people write it (`#10.007`, `Pedido 10007`).

    Raises:
        ValueError: no digits, or more than any order number has.
    """
    digits = re.sub(r"\D", "", text, flags=re.ASCII).lstrip("0")
    if not digits or int(digits) > _BIGGEST_NUMBER:
        raise ValueError(text)
    return digits


def request(*, order_number: str, email: str, message: str, language: str, actor: str) -> WithdrawalRequest:
    """Keep a declaration of withdrawal and queue the mails that confirm it, to the buyer and to the shop.

    `order_number` is clean (`clean_order_number`). The same number and address again, while the first request is not
    answered, return that request and send nothing. Whether such an order exists is not revealed.
    """
    address = email.strip().lower()
    order = Order.objects.filter(is_address("email", address), number=int(order_number)).first()
    row = WithdrawalRequest(
        code=readable_code(8),
        order=order,
        order_number=order_number,
        email=address,
        message=message[:MESSAGE_LENGTH],
        language=language,
        answer_by=timezone.now() + ANSWER_WITHIN,
    )
    with transaction.atomic():
        # ON CONFLICT DO NOTHING waits for a concurrent transaction, so the row is there to be read afterwards.
        WithdrawalRequest.objects.bulk_create([row], ignore_conflicts=True)
        kept = WithdrawalRequest.objects.get(
            is_address("email", address), order_number=order_number, status=Status.RECEIVED
        )
        if kept.pk == row.pk:
            record(kept, "withdrawal requested", actor=actor)
            if order is not None:
                record(order, "withdrawal requested", actor=actor, data={"code": kept.code})
            _confirm(kept)
    return kept


class AnsweredAlready(Exception):
    """Somebody has noted an answer to this request. Trying again does not help."""


def answer(asked: WithdrawalRequest, *, words: str, actor: str) -> None:
    """Store what was agreed with the buyer.

    Raises:
        AnsweredAlready: there is an answer already; nothing was changed.
    """
    is_open = asked.status == Status.RECEIVED
    if not is_open or not move(asked, Status.ANSWERED, actor=actor, answer=words, answered_at=timezone.now()):
        raise AnsweredAlready


def _confirm(asked: WithdrawalRequest) -> None:
    page = reverse("admin:orders_withdrawalrequest_change", args=[asked.pk])
    outbox.queue(
        kind="withdrawal_received",
        to=asked.email,
        template="withdrawal_received",
        context={"asked": asked, "request_code": asked.code},
        dedupe_key=f"withdrawal-received:{asked.pk}",
        language=asked.language,
        user=asked.order.user if asked.order else None,
        trail=asked.order.trail if asked.order else None,
    )
    outbox.queue(
        kind="withdrawal_asked",
        to=settings.SHOP_EMAIL,
        template="withdrawal_asked",
        context={"asked": asked, "request_code": asked.code, "admin_url": settings.SITE_URL + page},
        dedupe_key=f"withdrawal-asked:{asked.pk}",
        language=settings.LANGUAGE_CODE,
    )
