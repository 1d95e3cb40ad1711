"""Lines keep the address of the picture that the buyer saw; when the file gets another name, they follow it.

While a line shows a picture its file stays, also when the product has another one by now, or none.
"""

from collections.abc import Iterator, Sequence

from orders.models import CheckoutLine, OrderLine
from shop.core.pictures import existing, files


@existing.follow
def follow(old: str, new: str) -> None:
    """Let the lines of checkouts and orders that show the picture at `old` show it at `new`."""
    for model in (CheckoutLine, OrderLine):
        model.objects.filter(image=old).update(image=new)


@files.shown_by
def shown(addresses: Sequence[str] | None) -> Iterator[str]:
    """Yield which of these addresses lines of checkouts and orders show; None: all.

    Read through once by whoever replaces or deletes a picture, and once a day by the job: no index that each sale would
    write is kept for it.
    """
    for rows in (OrderLine.everything.all(), CheckoutLine.objects.all()):
        chosen = rows.exclude(image="") if addresses is None else rows.filter(image__in=addresses)
        yield from chosen.order_by().values_list("image", flat=True).distinct()
