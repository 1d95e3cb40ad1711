"""Imports that are killed half-way, and the same file twice at once: nothing half-imported, nothing booked twice."""

import multiprocessing
import os
import signal
import threading
from functools import partial
from typing import Any
from unittest import mock

import pytest
from django.core.cache import cache
from django.db import connections

from catalog.exchange import writing
from catalog.models import Brand, Product, Variant
from inventory.checks import runner
from inventory.exchange import jobs, stock, turns
from inventory.models import ImportedRow, ImportJob, StockLevel, StockMovement
from inventory.tests.factories import LocationFactory, make_variant
from shop.core.due import counted
from shop.core.spreadsheets import progress
from tests.races.tools.concurrency import PATIENCE, surprises, together
from tests.races.tools.killing import KILLED, await_their_end
from tests.support.soak import amount

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
MANY = amount("variants that go in at once", usual=2_000, soak=10_000)
ROWS = 1200


def ready(kind: str, text: str) -> ImportJob:
    job = jobs.upload(
        kind=kind, file_name="x.csv", content=text.encode(), language="en", actor="staff:a@example.com"
    )
    assert jobs.run(job.pk) == "checked"
    job.refresh_from_db()
    jobs.confirm(job, actor="staff:a@example.com")
    return job


def catalogue_file() -> str:
    return "SKU;Product;Brand;Category;Price\n" + "".join(
        f"K-{n};P {n};New brand;new/one;10\n" for n in range(ROWS)
    )


def stock_file() -> str:
    LocationFactory.create(code="central")
    for n in range(20):
        make_variant(sku=f"A-{n}")
    return "SKU;Movement;Quantity\n" + "".join(f"A-{n};receive;7\n" for n in range(20))


def die_in(job_id: Any, where: Any, name: str) -> int:
    """Run the job in a process of its own, which SIGKILL ends inside `where.name`; return how it ended."""
    connections.close_all()

    def child() -> None:
        os.environ["PGAPPNAME"] = KILLED
        real = getattr(where, name)

        def fatal(*args: Any, **kwargs: Any) -> None:
            real(*args, **kwargs)
            os.kill(os.getpid(), signal.SIGKILL)

        with mock.patch.object(where, name, fatal):
            jobs.run(job_id)

    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join(PATIENCE)
    await_their_end()
    return process.exitcode


@pytest.mark.parametrize(
    ("kind", "where", "name"),
    [
        ("catalogue", writing, "_let_barcodes_go"),
        ("catalogue", writing, "_write_values"),
        ("stock", stock, "_record"),
        ("stock", jobs, "_finish"),
    ],
)
def test_a_killed_worker_leaves_nothing_and_the_next_run_does_it_all(kind, where, name):
    job = ready(kind, catalogue_file() if kind == "catalogue" else stock_file())
    before = Variant.objects.count(), Product.objects.count(), StockMovement.objects.count()

    assert die_in(job.pk, where, name) == -signal.SIGKILL

    assert (Variant.objects.count(), Product.objects.count(), StockMovement.objects.count()) == before
    assert not Brand.objects.filter(name="New brand").exists()
    assert not ImportedRow.objects.exists()
    job.refresh_from_db()
    assert (job.status, job.attempts) == ("confirmed", 1)

    jobs.run_due()

    job.refresh_from_db()
    assert (job.status, job.attempts) == ("done", 2)
    if kind == "catalogue":
        assert Variant.objects.filter(product__brand__name="New brand").count() == ROWS
    else:
        assert set(StockLevel.objects.values_list("on_hand", flat=True)) == {7}
    assert runner.check() == []


def test_a_file_that_kills_every_worker_fails_after_three_attempts():
    job = ready("stock", stock_file())
    for _ in range(counted.MOST_TRIES):
        die_in(job.pk, stock, "_record")
    jobs.run_due()
    job.refresh_from_db()
    assert job.status == "failed"
    assert not StockMovement.objects.exists()


def test_one_file_by_several_workers_at_once_is_imported_once():
    job = ready("stock", stock_file())
    answers = together([partial(jobs.run, job.pk)] * (2 * counted.MOST_TRIES))
    assert surprises(answers) == []
    job.refresh_from_db()
    assert job.status == "done"
    assert set(StockLevel.objects.values_list("on_hand", flat=True)) == {7}


@pytest.mark.parametrize("kind", ["stock", "catalogue"])
def test_the_same_file_twice_at_once_changes_once(kind):
    text = stock_file() if kind == "stock" else catalogue_file()
    pair = [ready(kind, text) for _ in range(2)]

    assert surprises(together([partial(jobs.run, job.pk) for job in pair])) == []

    found = ImportJob.objects.order_by("created_count", "changed_count").values_list(
        "status", "unchanged_count"
    )
    assert list(found) == [("done", 20 if kind == "stock" else ROWS), ("done", 0)]
    if kind == "stock":
        assert set(StockLevel.objects.values_list("on_hand", flat=True)) == {7}
        assert StockMovement.objects.count() == 20


def test_control_without_the_turn_two_equal_catalogues_collide():
    pair = [ready("catalogue", catalogue_file()) for _ in range(2)]
    meet = threading.Barrier(2, timeout=PATIENCE)
    real = writing.write

    def write(plan: Any, *, tell: Any) -> None:
        meet.wait()
        real(plan, tell=tell)

    with (
        mock.patch.object(turns, "take_turn", return_value=None),
        mock.patch.object(writing, "write", write),
    ):
        results = together([partial(jobs.run, job.pk) for job in pair])

    # Both saw "new" rows; the unique constraints stopped the second, which is rolled back and due again.
    assert sorted(type(result).__name__ for result in results) == ["IntegrityError", "str"]
    assert Variant.objects.count() == ROWS
    jobs.run_due()
    assert set(ImportJob.objects.values_list("status", flat=True)) == {"done"}


@pytest.mark.slow
def test_many_variants_go_in_at_once_and_tell_how_far_they_are():
    text = "SKU;Product;Brand;Category;Price\n" + "".join(f"K-{n};P {n // 20};B;c;10\n" for n in range(MANY))
    # Without options two variants of a product are told apart by nothing but their SKU, which is allowed.
    job = ready("catalogue", text)
    facts: list[tuple[str, int]] = []
    real = cache.set

    def reported_outside(key: str, value: Any, *args: Any) -> None:
        facts.append((value[0], progress.JobProgress(*value).percent))
        real(key, value, *args)

    with (
        mock.patch.object(cache, "set", reported_outside),
        mock.patch.object(progress, "EVERY", 0),
    ):
        assert jobs.run(job.pk) == "done"

    assert Variant.objects.count() == MANY
    assert [stage for stage, _percent in facts if stage == "variants"] == ["variants"] * (MANY // 500)
    percents = [percent for _stage, percent in facts]
    assert percents == sorted(percents)
    assert percents[-1] == 98
