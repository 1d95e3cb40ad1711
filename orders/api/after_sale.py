"""What the API of returns, exchanges and claims has in common: an order's secret, refusals, turns, lists."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _

from orders.models import Order
from shop.core.api import paging
from shop.core.api.problems import NOT_FOUND, TOO_MANY, ProblemKind
from shop.core.web import throttle

_WITHIN: Final = 3600
# Exceptions, and what says why in the words of the pages.
Refusals = Mapping[tuple[type[Exception], ...], Callable[[Any], str]]


@contextmanager
def refused_as(kind: ProblemKind, words_of: Refusals) -> Iterator[None]:
    """Turn a refusal of a verb into a problem with the words of the pages."""
    every = tuple(error for group in words_of for error in group)
    try:
        yield
    except every as error:
        words = next(words for group, words in words_of.items() if isinstance(error, group))
        raise kind(words(error)) from error


def order_of(secret: str) -> Order:
    """Return the order of a secret. Raises: NOT_FOUND."""
    order = Order.objects.filter(secret=secret).first()
    if order is None:
        raise NOT_FOUND(_("There is no such order."))
    return order


def demand_turn(request: HttpRequest, what: str, *, limit: int) -> None:
    """Count a request of an address, so many an hour. Raises: TOO_MANY."""
    if not throttle.allow(what, throttle.address_of(request), limit=limit, seconds=_WITHIN):
        raise TOO_MANY(
            _("Nothing was sent. Try again later, or write to us."), headers={"Retry-After": str(_WITHIN)}
        )


def newest(
    request: HttpRequest, rows: QuerySet[Any], show: Callable[[Any], object], *, cursor: str, limit: int
) -> object:
    """Return a page of rows, the newest first."""
    found = paging.read(rows, order=("-created_at", "-pk"), cursor=cursor, limit=limit)
    return paging.page(request, found, [show(one) for one in found.rows])
