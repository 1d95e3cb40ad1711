"""Offers and quotes: what is offered to whom for what, and what a quote binds."""

from datetime import date, timedelta
from decimal import Decimal

import pgtrigger
import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Collection, CustomerGroup, Product
from orders.checkout import sessions
from orders.installments import offers, quotes
from orders.installments.quotes import QuoteOutdated
from orders.models import InstallmentOffer, InstallmentQuote
from orders.tests.factories import make_user
from orders.tests.installments.clock import Clock
from orders.tests.installments.plans import make_checkout, make_goods, make_offer
from shop.accounts.models import User
from shop.core import countries

pytestmark = pytest.mark.django_db
PRICE = Decimal("168.00")


def totals(user: User | None = None) -> list[Decimal]:
    return [shown.total for shown in offers.offered_to(user).for_price(PRICE, "ARS")]


def test_the_defaults_are_there_and_not_offered_before_the_merchant_says_so():
    rows = InstallmentOffer.objects.order_by("count").values_list("count", "factor", "is_active")
    assert list(rows) == [
        (1, Decimal(0), False),
        (3, Decimal("0.19"), False),
        (6, Decimal("0.15"), False),
        (12, Decimal("0.12"), False),
    ]
    assert totals() == []
    InstallmentOffer.objects.update(is_active=True)
    assert totals() == [Decimal("175.98"), Decimal("180.60"), Decimal("188.16")]


@pytest.mark.parametrize(
    "fields",
    [
        {"is_active": False},
        {"starts_at": timezone.now() + timedelta(hours=1)},
        {"ends_at": timezone.now() - timedelta(hours=1)},
        {"min_amount": Decimal("168.01")},
        {"max_amount": Decimal("167.99")},
    ],
)
def test_what_is_not_offered_now_or_for_this_amount_is_not_shown(fields):
    make_offer(**fields)
    assert totals() == []


def test_an_offer_for_some_customers_and_groups_is_shown_to_them_alone():
    one, member, other = make_user(), make_user(), make_user()
    group = CustomerGroup.objects.create(name="Regulars")
    group.members.add(member)
    offer = make_offer()
    offer.customers.add(one)
    offer.groups.add(group)
    assert [bool(totals(user)) for user in (one, member, other, None)] == [True, True, False, False]


def test_an_offer_for_some_goods_covers_a_purchase_only_when_it_covers_every_line():
    in_scope, outside = make_goods().product, make_goods().product
    collection = Collection.objects.create(name="Drop", slug="drop")
    by_product, by_category, by_collection = make_offer(2), make_offer(4), make_offer(5)
    by_product.products.add(in_scope)
    by_category.categories.add(in_scope.category)
    by_collection.collections.add(collection)
    collection.entries.create(product=in_scope)

    def counts(*products: Product) -> list[int]:
        current = offers.offered_to()
        assert current.needs_goods
        shown = current.for_price(PRICE, "ARS", offers.goods_of([product.pk for product in products]))
        return [one.count for one in shown]

    assert counts(in_scope) == [2, 4, 5]
    assert counts(outside) == [4]  # The same category.
    assert counts(in_scope, outside) == [4]


def test_a_page_of_goods_asks_no_query_for_each():
    make_offer().products.add(make_goods().product)
    with CaptureQueriesContext(connection) as first:
        current = offers.offered_to()
    with CaptureQueriesContext(connection) as more:
        for price in range(100, 124):
            current.for_price(Decimal(price), "ARS")
    assert len(first) <= 6
    assert len(more) == 0


def test_a_price_of_fewer_units_than_instalments_is_not_offered_in_them():
    make_offer(12, "0")
    current = offers.offered_to()
    assert current.for_price(Decimal("0.11"), "ARS") == []
    assert [str(shown.total) for shown in current.for_price(Decimal("0.12"), "ARS")] == ["0.12"]


def test_brazil_forbids_the_defaults_by_its_ceiling_of_one_per_cent_a_month():
    brazil = countries.get("BR")
    lawful = make_offer(12, "0.0661")
    rows = [*InstallmentOffer.objects.filter(code__startswith="cuotas-", count__gt=1), lawful]
    assert [offers.is_lawful(offer, brazil) for offer in rows] == [False, False, False, True]
    assert all(offers.is_lawful(offer, countries.get("AR")) for offer in rows)


def test_a_change_of_terms_makes_a_new_version_with_the_same_scopes():
    offer = make_offer()
    offer.products.add(product := make_goods().product)
    new = offers.revise(offer, {"factor": Decimal("0.25")}, actor="staff")
    assert (new.version, new.factor, new.is_current) == (2, Decimal("0.25"), True)
    assert list(new.products.all()) == [product]
    offer.refresh_from_db()
    assert (offer.factor, offer.is_current) == (Decimal("0.19"), False)
    renamed = offers.revise(new, {"name": "Three"}, actor="staff")
    assert renamed.pk == new.pk


def test_the_database_refuses_other_terms_for_a_version():
    offer = make_offer()
    with pytest.raises(Exception, match="Cannot update"), transaction.atomic():
        InstallmentOffer.objects.filter(pk=offer.pk).update(factor=Decimal("0.5"))
    with pytest.raises(IntegrityError), transaction.atomic():
        InstallmentOffer.objects.create(code=offer.code, version=2, name="x", count=3)


def test_a_quote_is_written_once_and_says_what_the_seed_says():
    make_offer()
    session = make_checkout()
    (quote,) = quotes.for_checkout(session)
    assert [str(amount) for amount in quote.amounts] == ["58.66", "58.66", "58.66"]
    assert (quote.base, quote.total, quote.rate_text) == (PRICE, Decimal("175.98"), "CFTEA 32.25 %")
    assert [again.pk for again in quotes.for_checkout(session)] == [quote.pk]
    assert quote.valid_until >= timezone.now() + timedelta(hours=47)
    assert quotes.shown_terms(quote).total == quote.total


def test_a_quote_is_honoured_though_the_offer_changes_and_ends_when_it_said():
    offer = make_offer()
    session = make_checkout()
    (quote,) = quotes.for_checkout(session)
    offers.revise(offer, {"factor": Decimal("0.40"), "is_active": False}, actor="staff")
    assert [again.pk for again in quotes.for_checkout(session)] == [quote.pk]
    assert quotes.for_checkout(make_checkout()) == []  # Nobody else was promised it.

    # Another base: a new quote by the same version, which does not last longer than what was promised.
    assert session.cart
    session.cart.lines.update(quantity=2)
    sessions.revalidate(session)
    (other,) = quotes.for_checkout(session)
    assert (other.base, other.offer_id, other.valid_until) == (PRICE * 2, offer.pk, quote.valid_until)
    with pytest.raises(QuoteOutdated) as refused:
        quotes.find(session, quote.pk)
    assert refused.value.quote == other


def test_nobody_was_promised_a_larger_amount_or_other_goods_than_the_offer_is_for():
    goods, other = make_goods(), make_goods("150.00")
    small, own = make_offer(max_amount=Decimal(200)), make_offer(6)
    own.products.add(goods.product)
    session = make_checkout(variant=goods)
    assert {quote.offer_id for quote in quotes.for_checkout(session)} == {small.pk, own.pk}
    assert session.cart
    session.cart.lines.update(quantity=2)
    sessions.revalidate(session)
    assert [quote.offer_id for quote in quotes.for_checkout(session)] == [own.pk]
    session.cart.lines.update(variant=other)
    sessions.revalidate(session)
    assert quotes.for_checkout(session) == []


def test_an_offer_that_became_better_is_offered_to_whoever_was_shown_the_old_one():
    offer = make_offer(3, "0.19")
    session = make_checkout()
    quotes.for_checkout(session)
    better = offers.revise(offer, {"factor": Decimal("0.10")}, actor="staff")
    assert [quote.offer_id for quote in quotes.for_checkout(session)] == [better.pk]
    worse = offers.revise(better, {"factor": Decimal("0.40")}, actor="staff")
    assert [quote.offer_id for quote in quotes.for_checkout(session)] == [better.pk]
    offers.revise(worse, {"factor": Decimal("0.05"), "count": 6}, actor="staff")
    assert [quote.count for quote in quotes.for_checkout(session)] == [3, 6]


def test_a_quote_is_of_its_day_also_where_the_due_days_stay_the_same(clock: Clock):
    clock.go_to(date(2027, 3, 12))
    make_offer(due_policy="fixed_day", due_day=10)
    session = make_checkout()
    (before,) = quotes.for_checkout(session)
    clock.pass_days(1)
    sessions.revalidate(session)
    (now,) = quotes.for_checkout(session)
    assert now.due_dates == before.due_dates
    assert now.rate > before.rate
    assert quotes.shown_terms(now).sale_date == date(2027, 3, 13)


def test_a_promise_ends():
    offer = make_offer()
    session = make_checkout()
    (quote,) = quotes.for_checkout(session)
    offers.revise(offer, {"factor": Decimal("0.40")}, actor="staff")
    past = timezone.now() - timedelta(seconds=1)
    with pgtrigger.ignore("orders.InstallmentQuote:frozen"):
        InstallmentQuote.objects.update(valid_until=past)
    (new,) = quotes.for_checkout(session)
    assert new.factor == Decimal("0.40")
    with pytest.raises(QuoteOutdated):
        quotes.find(session, quote.pk)


def test_a_quote_is_never_changed():
    make_offer()
    (quote,) = quotes.for_checkout(make_checkout())
    with pytest.raises(Exception, match="Cannot update"), transaction.atomic():
        InstallmentQuote.objects.filter(pk=quote.pk).update(total=Decimal(1))


@pytest.mark.parametrize("key", ["", "x" * 36, "not a key", "00000000-0000-0000-0000-000000000000"])
def test_a_quote_of_no_checkout_of_ours_is_outdated(key):
    make_offer()
    with pytest.raises(QuoteOutdated):
        quotes.find(make_checkout(), key)


def test_a_small_price_whose_rounding_exceeds_the_cap_is_not_quoted():
    """0.75 becomes 0.77 in three: 1.3 % a month, though the offer itself is below one per cent."""
    brazil, offer, today = countries.get("BR"), make_offer(3, "0.08"), timezone.localdate()
    assert offers.is_lawful(offer, brazil)
    assert offers.priced(offer, Decimal("1000.00"), "BRL", today, brazil)
    assert offers.priced(offer, Decimal("0.75"), "BRL", today, brazil) is None
