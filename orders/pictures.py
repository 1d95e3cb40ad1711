"""Lines keep the address of the picture that the buyer saw; when the file gets another name, they follow it."""

from orders.models import CheckoutLine, OrderLine
from shop.core.pictures import existing


@existing.follow
def follow(old: str, new: str) -> None:
    """Let the lines of checkouts and orders that show the picture at `old` show it at `new`."""
    for model in (CheckoutLine, OrderLine):
        model.objects.filter(image=old).update(image=new)
