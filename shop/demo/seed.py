"""Fill an empty shop with the demo brand; leave a filled one as it is."""

from collections.abc import Callable
from datetime import datetime

from django.conf import settings

from catalog.listing import rebuilding
from inventory.tasks import check_invariants
from shop.demo import photographing
from shop.demo.seeding import (
    claims,
    exchanges,
    goods,
    installments,
    people,
    pictures,
    places,
    returns,
    sales,
    showcase,
    stockroom,
)
from shop.demo.seeding.section import section
from shop.demo.seeding.taxonomy import build_taxonomy

Say = Callable[[str], None]


class DemoRefused(Exception):
    """The demo's accounts have public passwords; it is never seeded into a real shop. Trying again does not help."""


def seed(*, now: datetime, say: Say) -> int:
    """Add what is missing of the demo shop at `now`, passing each step to `say`; return how many rows changed.

    Accounts, places and shipping are found by their own keys. The catalogue is made in one transaction, and left alone
    once any of its products exists; only lost picture files and ended drop windows are renewed.

    Raises:
        DemoRefused: DEBUG is off.
    """
    if not settings.DEBUG:
        raise DemoRefused(
            "The demo runs only with DEBUG=on: its accounts have a password that everybody knows."
        )
    with section():
        changed = _announced(say, "accounts", people.make_accounts())
        changed += _announced(say, "locations", places.open_locations())
        changed += _announced(say, "shipping methods", places.offer_shipping())
    with section():
        if goods.are_there():
            changed += _announced(say, "lost pictures drawn again", pictures.redraw_lost())
            changed += _announced(say, "drops given a new window", showcase.wind_clocks(now=now))
        else:
            changed += _fill(now, say)
    photographing.ask_for_photographs()
    if changed:
        # The worker would do it within seconds; whoever seeds without one sees full lists at once, too.
        say(f"rows of the lists: {rebuilding.catch_up(seconds=600)['rows']}")
        # So that the dashboard does not show "never" before the first run by beat.
        say("the stock agrees" if not check_invariants()["violations"] else "the stock does NOT agree")
    return changed


def _fill(now: datetime, say: Say) -> int:
    """Make the whole catalogue with its stock and pictures."""
    taxonomy = build_taxonomy()
    products = goods.stack_products(taxonomy, now=now)
    items = goods.stack_variants(taxonomy, products)
    changed = _announced(say, "products", len(products))
    changed += _announced(say, "variants", len(items))
    changed += _announced(say, "units received", goods.stack_stock(items))
    changed += _announced(say, "pictures drawn", pictures.hang_pictures(taxonomy, products))
    changed += _announced(say, "alerts, orders and counts", stockroom.work(now=now))
    changed += _announced(say, "collections", showcase.show_collections(products, now=now))
    changed += _announced(say, "offers of instalments", installments.offer())
    changed += _announced(say, "plans of instalments", installments.sell())
    changed += _announced(say, "orders, some of them sent", sales.sell())
    changed += _announced(say, "returns", returns.bring_back())
    changed += _announced(say, "exchanges", exchanges.swap())
    return changed + _announced(say, "claims", claims.complain())


def _announced(say: Say, noun: str, count: int) -> int:
    if count:
        say(f"{noun}: {count}")
    return count
