"""Claims of the demo: two open ones, one approved, one carried out, one denied, one cancelled by its buyer."""

import io
from collections.abc import Callable
from itertools import islice
from typing import Final

from django.conf import settings
from PIL import Image, ImageDraw

from orders.claims import approving, opening, resolving
from orders.claims.approving import Answer
from orders.fulfilment import shipments
from orders.models import Claim, Order, OrderLine
from orders.returns import files
from payments.gateways.transfer.gateway import BankTransfer
from shop.accounts.models import User
from shop.core.audit import actors
from shop.core.money import quantize
from shop.demo.seeding.purchases import CLERK, buy
from shop.demo.seeding.sales import BUYERS, delivered, plenty

Act = Callable[[Claim], object]
_WORDS: Final = {
    "damaged_in_transit": "La caja llegó abierta y el paquete mojado.",
    "wrong_item": "Pedí negro y llegó otro color.",
    "defective": "Tiene una costura abierta, pero me la quedo si hay un descuento.",
    "never_arrived": "El seguimiento no se mueve desde hace una semana.",
    "missing": "En el paquete había una sola prenda.",
}


def _replaced(claim: Claim) -> None:
    approving.approve(
        claim,
        Answer(replace={claim.lines.get().pk: 1}, words="Te mandamos una nueva. Perdón por la molestia."),
        actor=CLERK,
    )
    resolving.resolve(claim, actor=CLERK)


def _credited(claim: Claim) -> None:
    line = claim.lines.select_related("order_line").get()
    part = quantize(line.order_line.unit_price / 5, claim.order.currency)
    approving.approve(
        claim, Answer(partial=part, words="Te devolvemos la quinta parte del precio."), actor=CLERK
    )


def _denied(claim: Claim) -> None:
    words = "El peso del paquete dice que salieron las dos prendas. Escribinos si no es así."
    opening.deny(claim, answer=words, actor=CLERK)


def _cancelled(claim: Claim) -> None:
    opening.cancel(claim, actor=actors.of_account(claim.order.user_id))


# What happened, and what becomes of it, by order; the newest is the last.
ORDERS: Final[tuple[tuple[tuple[str, Act], ...], ...]] = (
    (("damaged_in_transit", _replaced), ("missing", _denied)),
    (("wrong_item", _cancelled), ("defective", _credited)),
    (("never_arrived", lambda claim: None),),
    (("damaged_in_transit", lambda claim: None),),
)


def complain() -> int:
    """Sell and send orders with a line for each state of a claim, and claim a unit of each; return how many claims."""
    if BankTransfer.code not in settings.PAYMENT_GATEWAYS or Claim.objects.exists():
        return 0
    users = [User.objects.get(email=email) for email in BUYERS]
    made, variants = 0, iter(plenty(sum(map(len, ORDERS))))
    for at, acts in enumerate(ORDERS):
        wanted = dict.fromkeys(islice(variants, len(acts)), 2)
        order = buy(users[at % len(users)], wanted) if len(wanted) == len(acts) else None
        if order is None:
            continue
        if acts[0][0] == Claim.Reason.NEVER_ARRIVED:
            _lost(order)
        else:
            delivered(order)
        for line, (reason, act) in zip(order.lines.order_by("pk"), acts, strict=True):
            act(_claimed(order, line, reason))
            made += 1
    return made


def _lost(order: Order) -> None:
    """Let an order leave, and never arrive."""
    parcel = shipments.prepare(order, key=f"demo:{order.pk}", actor=CLERK)
    shipments.ship(parcel, tracking_number=f"36000077{order.number}", actor=CLERK)


def _claimed(order: Order, line: OrderLine, reason: str) -> Claim:
    photos = [_photo()] if reason in (Claim.Reason.DAMAGED, Claim.Reason.DEFECTIVE) else []
    return opening.open_claim(
        order,
        {line.pk: 1},
        reason=reason,
        note=_WORDS[reason],
        photos=files.photos(photos),
        key=f"demo:{line.pk}",
        actor=actors.of_account(order.user_id),
    )


def _photo() -> io.BytesIO:
    """Draw a parcel with an open corner."""
    image = Image.new("RGB", (640, 480), (214, 203, 182))
    draw = ImageDraw.Draw(image)
    draw.rectangle((120, 110, 520, 390), fill=(170, 124, 78))
    draw.line((120, 250, 520, 250), fill=(140, 98, 58), width=8)
    draw.polygon([(400, 110), (520, 110), (520, 230)], fill=(60, 42, 28))
    body = io.BytesIO()
    image.save(body, "JPEG")
    body.seek(0)
    return body
