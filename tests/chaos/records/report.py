"""A run's figures in words."""

from collections.abc import Iterator

from tests.chaos.driver import Report


def lines(report: Report) -> Iterator[str]:
    """Return a run as lines: seed, purchases, faults by kind, outcomes, sums, verdict."""
    log = report.log
    yield f"Chaos, seed {report.seed}: {report.purchases} purchases in {report.currency}, {report.seconds:.0f} s"
    yield f"The clock was moved by {report.moved_days:.1f} days while they bought, then in {report.rounds} steps to rest."
    for title, book in (
        ("Shoppers' manners", log.scripts),
        ("How it ended for them", log.done),
        ("Faults", log.struck),
        ("Acts of the staff and of banks", log.staff),
        ("What shoppers saw fail", log.seen),
        ("Errors in the logs, by process", report.errors),
    ):
        yield f"\n{title}:"
        for kind, times in sorted(book.items(), key=lambda item: (-item[1], item[0])):
            if times:
                yield f"  {times:5}  {kind.removesuffix(' (armed)')}"
    yield f"  {log.forged_refused + log.forged_taken:5}  forged webhooks, {log.forged_refused} refused"
    yield "\nMoney:"
    for end, times in report.ends.items():
        yield f"  {times:5}  {end}"
    for currency, sums in sorted(report.sums.items()):
        yield (
            f"  {currency}: in {sums.came_in} = orders {sums.orders} + refunds {sums.refunds}"
            f" + listed {sums.pending} + disputed {sums.disputed}"
            + (f" + NOWHERE {sums.nowhere}" if sums.nowhere else "")
        )
    yield "\nVerdict:"
    for issue in report.issues:
        yield f"  {'BROKEN' if issue.broken else 'holds '}  {issue.rule} ({issue.looked})"
        for words in issue.broken[:20]:
            yield f"          {words}"
    yield f"\n{'Everything holds.' if report.is_good else 'NOT everything holds.'} Seed {report.seed}."
