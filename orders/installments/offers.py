"""What instalments the shop offers now: to whom, for which goods, for which amounts.

Nothing here prices a purchase: a quote does (`orders.installments.quotes`), and for a mere price `for_price`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db import transaction
from django.db.models import Model, OuterRef, Q, QuerySet
from django.utils import timezone

from catalog.models import CollectionProduct, Product
from orders.models import InstallmentOffer
from shop.core import countries
from shop.core.countries import Country
from shop.core.countries.base import Credit
from shop.core.database.kept_queries import Asked, KeptQuery
from shop.core.installments import country_rules, quotation
from shop.core.installments.country_rules import OfferProblem
from shop.core.installments.quotation import Installments
from shop.core.installments.rates import NoRate
from shop.core.installments.schedule import DuePolicy
from shop.core.states import record

if TYPE_CHECKING:
    from shop.accounts.models import User

# What an edit makes a new version of.
TERMS = ("count", "factor", "due_policy", "due_day", "late_monthly_rate", "grace_days")
_SCOPES = ("customers", "groups", "products", "categories", "collections")


@dataclass(frozen=True, slots=True)
class Goods:
    """Where a product stands in the catalogue, for the scopes of offers: its category's path and its collections."""

    product_id: UUID
    category_path: str = ""
    collections: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Offered:
    """An offer with its scopes read, so that many products are asked about without a query."""

    offer: InstallmentOffer
    customers: frozenset[object] = frozenset()
    groups: frozenset[object] = frozenset()
    products: frozenset[object] = frozenset()
    category_paths: tuple[str, ...] = ()
    collections: frozenset[object] = frozenset()

    @property
    def is_for_some_goods(self) -> bool:
        return bool(self.products or self.category_paths or self.collections)

    def is_for(self, user: "User | None", groups: frozenset[object]) -> bool:
        """Say whether this customer may have it; a guest may see what is offered to everybody."""
        if not self.customers and not self.groups:
            return True
        return user is not None and (user.pk in self.customers or bool(groups & self.groups))

    def covers(self, goods: Iterable[Goods]) -> bool:
        """Say whether all of the goods are within its scope."""
        return not self.is_for_some_goods or all(self._covers(one) for one in goods)

    def fits(self, amount: Decimal) -> bool:
        """Say whether it is offered for this amount, in the shop's currency."""
        most = self.offer.max_amount
        return amount > 0 and self.offer.min_amount <= amount and (most is None or amount <= most)

    def _covers(self, goods: Goods) -> bool:
        return (
            goods.product_id in self.products
            or any(
                goods.category_path.startswith(path) for path in self.category_paths if goods.category_path
            )
            or bool(goods.collections & self.collections)
        )


@dataclass(frozen=True, slots=True)
class CurrentOffers:
    """The offers of this moment for one customer, read once for a page (one query, however many goods it shows)."""

    offered: Sequence[Offered]
    country: Country
    today: date
    currency: str = field(default="")

    @property
    def needs_goods(self) -> bool:
        """Say whether an offer is for some goods only, so that `goods_of` must be asked."""
        return any(one.is_for_some_goods for one in self.offered)

    def for_price(self, price: Decimal, currency: str, goods: Sequence[Goods] = ()) -> list[Installments]:
        """Return what a price costs in each number of instalments, the fewest first; pure, no query."""
        fitting = [one for one in self.offered if one.fits(price) and one.covers(goods)]
        return [
            found
            for one in fitting
            if (found := priced(one.offer, price, currency, self.today, self.country))
        ]


def offered_to(
    user: "User | None" = None,
    *,
    country: Country | None = None,
    rows: Iterable[InstallmentOffer] | None = None,
    generation: str = "",
) -> CurrentOffers:
    """Return the offers that this customer may have now; those that the country's law forbids are left out.

    `rows`: the answer to `asked`, where that was asked already. `generation` (of the catalogue) asks for those of this
    generation, of which `generation()` is a part: they are read once in a process, not for each page.
    """
    rules = country or countries.current()
    if rows is not None:
        known = [_offered(row) for row in rows]
    else:
        known = _of_generation(generation) if generation else current()
    found = [one for one in known if is_lawful(one.offer, rules)]
    groups: frozenset[object] = frozenset()
    if user is not None and any(one.groups for one in found):
        groups = frozenset(user.customer_groups.values_list("pk", flat=True))
    mine = [one for one in found if one.is_for(user, groups)]
    return CurrentOffers(mine, rules, timezone.localdate())


def _current(now: datetime) -> "QuerySet[InstallmentOffer]":
    """Return the versions that are offered, of more than one instalment, with their scopes; fewest first."""
    found = InstallmentOffer.objects.filter(
        Q(starts_at=None) | Q(starts_at__lte=now),
        Q(ends_at=None) | Q(ends_at__gt=now),
        is_current=True,
        is_active=True,
        count__gt=1,
    )
    return _with_scopes(found).order_by("count", "factor")


def generation() -> str:
    """Return a text that is another one whenever other offers are current, also by time alone. One query."""
    shown = [
        (one.offer.pk, one.offer.updated_at, *map(sorted, map(_as_texts, _scopes(one)))) for one in current()
    ]
    return blake2b(repr(shown).encode(), digest_size=8).hexdigest() if shown else ""


def _scopes(one: Offered) -> tuple[Iterable[object], ...]:
    return one.customers, one.groups, one.products, one.category_paths, one.collections


def _as_texts(keys: Iterable[object]) -> Iterable[str]:
    return map(str, keys)


def read(offers: "QuerySet[InstallmentOffer]") -> list[Offered]:
    """Read offers with their scopes; one query."""
    return [_offered(offer) for offer in _with_scopes(offers)]


def _with_scopes(offers: "QuerySet[InstallmentOffer]") -> "QuerySet[InstallmentOffer]":
    through = InstallmentOffer
    return offers.annotate(
        for_customers=_keys(through.customers.through, "user_id"),
        for_groups=_keys(through.groups.through, "customergroup_id"),
        for_products=_keys(through.products.through, "product_id"),
        for_paths=_keys(through.categories.through, "category__path"),
        for_collections=_keys(through.collections.through, "collection_id"),
    )


def _offered(offer: Any) -> Offered:
    return Offered(
        offer=offer,
        customers=frozenset(offer.for_customers),
        groups=frozenset(offer.for_groups),
        products=frozenset(offer.for_products),
        category_paths=tuple(offer.for_paths),
        collections=frozenset(offer.for_collections),
    )


def _keys(through: type[Model], column: str) -> ArraySubquery:
    links = through._default_manager.filter(installmentoffer=OuterRef("pk"))
    return ArraySubquery(links.values(column))


_CURRENT: Final = KeptQuery(_current, datetime)


def asked() -> Asked[InstallmentOffer]:
    """Return what `current` asks, to be asked `together` with more."""
    return _CURRENT.asked(timezone.now())


def current() -> list[Offered]:
    """Return the versions that are offered now, of more than one instalment, fewest first; one query."""
    return [_offered(offer) for offer in _CURRENT(timezone.now())]


@lru_cache(maxsize=4)
def _of_generation(_generation: str) -> list[Offered]:
    return current()


def is_lawful(offer: InstallmentOffer, country: Country) -> bool:
    """Say whether the country allows the shop to offer it (Brazil: at most 1 % a month)."""
    return not _is_forbidden(country.credit, offer.factor, offer.count, DuePolicy(offer.due_policy))


@lru_cache(maxsize=512)
def _is_forbidden(credit: Credit, factor: Decimal, count: int, policy: DuePolicy) -> bool:
    problems = country_rules.offer_problems(credit, factor, count, policy)
    return any(problem.is_forbidden for problem in problems)


def problems_of(offer: InstallmentOffer, country: Country) -> list[OfferProblem]:
    """Return what the country has against an offer, in words for the staff; the forbidden first.

    Raises:
        ValueError: its factor is below zero, or its count is not one of 1 to 60.
    """
    return country_rules.offer_problems(
        country.credit, offer.factor, offer.count, DuePolicy(offer.due_policy)
    )


def priced(
    offer: InstallmentOffer, base: Decimal, currency: str, sale_date: date, country: Country
) -> Installments | None:
    """Return what `base` costs by an offer; None where that has no rate, or one above what the country allows.

    Nor where the price has fewer units than instalments: one of nothing is none. An offer just below a country's cap
    may be above it for a small price, of which the total is rounded up.
    """
    shown = computed(offer, base, currency, sale_date, country)
    if (
        shown is None
        or not shown.amounts[-1]
        or country_rules.is_above_cap(country.credit, shown.rate.monthly)
    ):
        return None
    return shown


def computed(
    offer: InstallmentOffer, base: Decimal, currency: str, sale_date: date, country: Country
) -> Installments | None:
    """Return what `base` would cost by an offer, lawful or not; None where it has no rate."""
    try:
        return quotation.quote(
            base,
            factor=offer.factor,
            count=offer.count,
            currency=currency,
            credit=country.credit,
            sale_date=sale_date,
            policy=DuePolicy(offer.due_policy),
            day=offer.due_day if offer.due_policy == DuePolicy.FIXED_DAY else None,
        )
    except NoRate:
        return None


def goods_of(product_ids: Iterable[UUID]) -> list[Goods]:
    """Return where products stand in the catalogue, in the order given (one query)."""
    keys = list(product_ids)
    shown_in = CollectionProduct.objects.filter(product=OuterRef("pk")).values("collection_id")
    rows = Product.objects.filter(pk__in=keys).values_list("pk", "category__path", ArraySubquery(shown_in))
    found = {key: Goods(key, path or "", frozenset(collections)) for key, path, collections in rows}
    return [found.get(key) or Goods(key) for key in keys]


def revise(offer: InstallmentOffer, changes: dict[str, Any], *, actor: str) -> InstallmentOffer:
    """Change an offer. Changed terms make a new version, which takes over its scopes; the old one stays for its quotes.

    Locks all versions. `changes` name columns; the scopes are changed on the row that is returned.
    """
    with transaction.atomic():
        # All versions: of two who change it at once the second waits here, and then reads what the first has made.
        list(InstallmentOffer.objects.select_for_update().filter(code=offer.code).order_by("pk"))
        locked = InstallmentOffer.objects.get(code=offer.code, is_current=True)
        if all(getattr(locked, name) == changes.get(name, getattr(locked, name)) for name in TERMS):
            changes = {name: value for name, value in changes.items() if name not in TERMS}
            for name, value in changes.items():
                setattr(locked, name, value)
            locked.save(update_fields=[*changes, "updated_at"])
            record(locked, "changed", actor=actor)
            return locked
        scopes = {name: list(getattr(locked, name).all()) for name in _SCOPES}
        InstallmentOffer.objects.filter(pk=locked.pk).update(is_current=False)
        kept = {
            column.attname: getattr(locked, column.attname)
            for column in InstallmentOffer._meta.concrete_fields
            if column.attname not in {"id", "created_at", "updated_at", "version", "is_current"}
        }
        made = InstallmentOffer.objects.create(**{**kept, **changes, "version": locked.version + 1})
        for name, rows in scopes.items():
            getattr(made, name).set(rows)
        record(made, "revised", actor=actor, data={"version": made.version})
    return made
