"""What a report of Lighthouse says, and what docs/performance.md promises. Pure.

The report's format: https://github.com/GoogleChrome/lighthouse/tree/main/docs
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

CATEGORIES: Final = ("performance", "accessibility", "best-practices", "seo")
PAGES: Final = ("home", "category", "product", "search", "cart", "checkout")
# Pages that may be indexed; the others say `noindex`, which Lighthouse counts against them.
INDEXED: Final = PAGES[:3]
# Pages whose pictures are cards alone.
OF_CARDS: Final = ("home", "category", "search")
LEAST: Final = {"performance": 98, "accessibility": 100, "best-practices": 100, "seo": 100}
MOST_LCP, MOST_CLS = 1800, 0.02  # Milliseconds; a share of the screen.
MOST_SCRIPT, MOST_CARD = 40 * 1024, 60 * 1024  # Bytes, compressed.
_CARD: Final = re.compile(r"/media/products/")
# The browser's recording failed, which says nothing of the page: Lighthouse asks to be run again.
# https://github.com/GoogleChrome/lighthouse/blob/main/core/lib/lh-error.js
_UNRECORDED: Final = re.compile(
    r"\b(NO_(?:NAVSTART|TRACING_STARTED|RESOURCE_REQUEST|FCP|DCL|FMP|LCP|SCREENSHOTS|SPEEDLINE_FRAMES)"
    r"|SPEEDINDEX_OF_ZERO|PROTOCOL_TIMEOUT)\b"
)
TRIES: Final = 4


@dataclass(frozen=True)
class Report:
    """One page: scores of 100 by category, milliseconds, bytes as they were sent, and what was not as it should be."""

    scores: Mapping[str, int]
    lcp: float
    cls: float
    script: int
    card: int
    total: int
    requests: int
    faults: tuple[str, ...] = field(default=())


class NotRecorded(Exception):
    """The load of a page could not be recorded; it has Lighthouse's code of why."""


def recorded(run: Callable[[], "Report"], say: Callable[[str], None], *, tries: int = TRIES) -> "Report":
    """Return what `run` reads; a load that could not be recorded is run again, `tries` times in all.

    Raises: NotRecorded by the last of them.
    """
    for turn in range(2, tries + 1):
        try:
            return run()
        except NotRecorded as error:
            say(f"  could not be recorded ({error}); run {turn} of at most {tries}")
    return run()


def refuse_unrecorded(*words: object) -> None:
    """Raise NotRecorded where Lighthouse's words (an error, what it printed) have such a code."""
    for said in words:
        if code := _UNRECORDED.search(str(said)):
            raise NotRecorded(code[1])


def read(found: Mapping[str, Any]) -> Report:
    """Read a report.

    Raises: NotRecorded, or ValueError with Lighthouse's words when it could not judge the page.
    """
    if error := found.get("runtimeError"):
        refuse_unrecorded(error.get("code"), error["message"])
        raise ValueError(error["message"])
    audits, categories = found["audits"], found["categories"]
    refuse_unrecorded(*(audit.get("errorMessage") for audit in audits.values()))
    requests = audits["network-requests"]["details"]["items"]
    scripts = [row["transferSize"] for row in requests if row.get("resourceType") == "Script"]
    cards = [
        row["transferSize"]
        for row in requests
        if row.get("resourceType") == "Image" and _CARD.search(row["url"])
    ]
    return Report(
        scores={name: round(100 * (categories[name]["score"] or 0)) for name in CATEGORIES},
        lcp=audits["largest-contentful-paint"]["numericValue"],
        cls=audits["cumulative-layout-shift"]["numericValue"],
        script=sum(scripts),
        card=max(cards, default=0),
        total=sum(row["transferSize"] for row in requests),
        requests=len(requests),
        faults=tuple(sorted(_faults(audits, categories))),
    )


def _faults(audits: Mapping[str, Any], categories: Mapping[str, Any]) -> set[str]:
    """Return the audits that cost the page points."""
    weighed = {row["id"] for name in CATEGORIES for row in categories[name]["auditRefs"] if row["weight"]}
    return {name for name in weighed if (audits[name]["score"] or 0) < 0.9 and _counts(audits[name])}


def _counts(audit: Mapping[str, Any]) -> bool:
    return audit["scoreDisplayMode"] not in {"notApplicable", "manual", "informative"}


def middle(reports: Sequence[Report]) -> Report:
    """Return the median of several runs, figure by figure; the faults of all."""
    return Report(
        scores={name: round(median(report.scores[name] for report in reports)) for name in CATEGORIES},
        lcp=median(report.lcp for report in reports),
        cls=median(report.cls for report in reports),
        script=round(median(report.script for report in reports)),
        card=max(report.card for report in reports),
        total=round(median(report.total for report in reports)),
        requests=round(median(report.requests for report in reports)),
        faults=tuple(sorted({fault for report in reports for fault in report.faults})),
    )


def missed(page: str, report: Report) -> list[str]:
    """Return which targets a page misses, each as words with the figure."""
    wanted = [name for name in CATEGORIES if name != "seo" or page in INDEXED]
    found = [
        f"{name} {report.scores[name]} < {LEAST[name]}"
        for name in wanted
        if report.scores[name] < LEAST[name]
    ]
    most = {
        "LCP": (report.lcp, MOST_LCP, "ms"),
        "CLS": (report.cls, MOST_CLS, ""),
        "script": (report.script, MOST_SCRIPT, "bytes"),
    }
    if page in OF_CARDS:
        most["picture of a card"] = (report.card, MOST_CARD, "bytes")
    found += [
        f"{name} {value:g} > {limit:g} {unit}".strip()
        for name, (value, limit, unit) in most.items()
        if value > limit
    ]
    return found


def table(reports: Mapping[str, Report]) -> list[str]:
    """Return the lines of the table."""
    head = f"{'':<9} {'perf':>4} {'a11y':>4} {'best':>4} {'SEO':>4} {'LCP':>7} {'CLS':>6} {'script':>8} {'card':>8} {'all':>8} {'requests':>9}"
    return [head, *(_line(page, report) for page, report in reports.items())]


def _line(page: str, report: Report) -> str:
    scores = " ".join(f"{report.scores[name]:>4}" for name in CATEGORIES)
    sizes = " ".join(f"{size / 1024:>5.1f} KB" for size in (report.script, report.card, report.total))
    return f"{page:<9} {scores} {report.lcp / 1000:>5.2f} s {report.cls:>6.3f} {sizes} {report.requests:>9}"
