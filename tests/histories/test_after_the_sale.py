"""Histories of an order after its sale: sent, cancelled, returned, exchanged, claimed, refunded, charged back, in
whatever order, in parts and twice, while jobs run and days pass.

After every act goods and money agree with a plain model, and the rules of `check_stock` find nothing; at the end all
that is owed has arrived, and the credit notes say so.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.histories.after_sale import books
from tests.histories.after_sale.whole import ACTS, OFTEN, Whole, begin
from tests.support import soak

MANY = soak.amount("histories after the sale", usual=6, soak=300)
KINDS = ("plain", "discount", "plan")
_ACT = st.tuples(st.sampled_from([*ACTS, *OFTEN]), st.integers(0, 5039))


@pytest.fixture(scope="module")
def sold(shared_rows: Any) -> Iterator[dict[str, Whole]]:
    with shared_rows():
        histories = {kind: begin(kind) for kind in KINDS}
        stock = histories["plan"].counted()
        for history in histories.values():
            history.stock = stock.copy()
        yield histories


@pytest.mark.django_db
@settings(max_examples=MANY, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.sampled_from(KINDS), st.lists(_ACT, min_size=12, max_size=40))
def test_goods_and_money_agree_whatever_happens(sold, kind: str, acts: list[tuple[str, int]]):
    with transaction.atomic():
        history = sold[kind].again()
        for at, (name, number) in enumerate(acts):
            if history.act(name, number):
                books.check(history)
                if soak.IS_SOAK or at % 4 == 0:
                    books.check_rules(history)
        books.settle(history)
        transaction.set_rollback(True)
