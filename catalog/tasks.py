"""Celery tasks of the catalogue. Each may run twice, or on two workers at once, without harm."""

from functools import partial

from celery import shared_task

from catalog import waiting
from catalog.drops import access
from catalog.listing import rebuilding, version
from catalog.search import misses, snapshots
from catalog.search.postgres import engine
from shop.core.jobs import job, run_job


@shared_task(ignore_result=True)
@job("remind_drops")
def remind_drops() -> dict[str, int]:
    """Mail those who asked to be reminded of a drop that is about to open."""
    return {"notified": waiting.remind_due()}


@shared_task(ignore_result=True)
@job("fold_catalogue_changes")
def fold_catalogue_changes() -> dict[str, int]:
    """Add up what was noted of changes of the catalogue, and tell the triggers which units are few."""
    return {"folded": version.fold(), "hints": int(version.adopt_hint())}


@shared_task(ignore_result=True)
@job("purge_waiting")
def purge_waiting() -> dict[str, int]:
    """Expire entries unconfirmed or waiting for too long; delete old ended entries, early access grants and what
    was searched in vain."""
    return {
        "expired": waiting.expire_due(),
        "purged": waiting.purge(),
        "accesses": access.purge(),
        "misses": misses.purge(),
    }


@shared_task(ignore_result=True)
def update_listing() -> None:
    """Make rows of the lists again when something has changed: asked every second, most often for nothing."""
    if rebuilding.is_due():
        rebuild_listing()


@job("rebuild_listing")
def rebuild_listing() -> dict[str, int]:
    """Make the rows of the lists again of which something has changed."""
    return rebuilding.catch_up()


@shared_task(ignore_result=True)
@job("count_sales")
def count_sales() -> dict[str, int]:
    """Count what was sold in thirty days, by which lists are sorted."""
    try:
        return {"rows": rebuilding.count_sales()}
    except rebuilding.Busy:
        return {"busy": 1}


@shared_task(ignore_result=True)
@job("rebuild_search")
def rebuild_search() -> None:
    """Count the words of the search, and make its snapshot (every hour)."""
    engine.rebuild()


@shared_task(ignore_result=True)
def refresh_snapshot() -> None:
    """Bring the snapshot of the search up to date when there are many rows and it is far behind; asked every minute."""
    if snapshots.is_due():
        run_job("rebuild_search", partial(snapshots.make, is_whole=False))


@shared_task(ignore_result=True)
def note_miss(text: str, corrected: str = "") -> None:
    """Count a search that found nothing, or only what was searched instead."""
    misses.count(text[:100], corrected[:100])
