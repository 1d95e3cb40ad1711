"""What is read of a report, and when a target is missed."""

from typing import Any

import pytest

from tests.lighthouse import reports


def found(**changes: Any) -> dict[str, Any]:
    """Return a report as Lighthouse writes it, of a page that reaches every target."""
    rows = [
        {"url": "https://x/static/js/a.js", "resourceType": "Script", "transferSize": 20_000},
        {"url": "https://x/static/js/b.js", "resourceType": "Script", "transferSize": 10_000},
        {"url": "https://x/media/products/a-r1-480.avif", "resourceType": "Image", "transferSize": 30_000},
        {"url": "https://x/static/icons/big.png", "resourceType": "Image", "transferSize": 90_000},
    ]
    audit = {"score": 1, "scoreDisplayMode": "numeric"}
    return {
        "audits": {
            "network-requests": {**audit, "details": {"items": rows}},
            "largest-contentful-paint": {**audit, "numericValue": 1700.0},
            "cumulative-layout-shift": {**audit, "numericValue": 0.0},
            "color-contrast": {"score": 1, "scoreDisplayMode": "binary"},
        },
        "categories": {
            name: {
                "score": 0.98 if name == "performance" else 1,
                "auditRefs": [{"id": "color-contrast", "weight": 7}],
            }
            for name in reports.CATEGORIES
        },
    } | changes


def test_a_page_that_reaches_every_target_misses_none():
    report = reports.read(found())
    assert (report.script, report.card, report.requests) == (30_000, 30_000, 4)
    assert reports.missed("home", report) == []
    assert len(reports.table({"home": report, "cart": report})) == 3


def test_what_misses_is_named_with_its_figure():
    data = found()
    data["audits"]["largest-contentful-paint"]["numericValue"] = 1900.0
    data["audits"]["network-requests"]["details"]["items"][2]["transferSize"] = 70_000
    data["audits"]["color-contrast"]["score"] = 0
    data["categories"]["accessibility"]["score"] = data["categories"]["seo"]["score"] = 0.95
    report = reports.read(data)
    assert report.faults == ("color-contrast",)
    wanted = [
        "accessibility 95 < 100",
        "seo 95 < 100",
        "LCP 1900 > 1800 ms",
        "picture of a card 70000 > 61440 bytes",
    ]
    assert reports.missed("home", report) == wanted
    # What may not be indexed is not judged by it, and a page of one product has larger pictures.
    assert reports.missed("cart", report) == [wanted[0], wanted[2]]


def test_the_middle_of_three_runs_counts():
    def run(score: float, lcp: float) -> reports.Report:
        data = found()
        data["categories"]["performance"]["score"] = score
        data["audits"]["largest-contentful-paint"]["numericValue"] = lcp
        return reports.read(data)

    middle = reports.middle([run(0.90, 2500.0), run(0.99, 1500.0), run(0.98, 1600.0)])
    assert (middle.scores["performance"], middle.lcp) == (98, 1600.0)


def test_a_page_that_could_not_be_judged_says_why():
    with pytest.raises(ValueError, match="did not paint"):
        reports.read(found(runtimeError={"message": "The page did not paint any content."}))


class Runs:
    """Runs of one page, one after the other: reports, or the code of why it could not be recorded."""

    def __init__(self, *answers: str) -> None:
        self.answers = [*answers]
        self.said: list[str] = []

    def __call__(self) -> reports.Report:
        code = self.answers.pop(0)
        data = found()
        if code:
            data["runtimeError"] = {"code": code, "message": "Please run Lighthouse again."}
        return reports.read(data)


def test_a_page_that_could_not_be_recorded_is_run_again_and_it_is_said():
    runs = Runs("NO_NAVSTART", "NO_FCP", "", "")
    assert reports.missed("home", reports.recorded(runs, runs.said.append, tries=4)) == []
    assert runs.said == [
        "  could not be recorded (NO_NAVSTART); run 2 of at most 4",
        "  could not be recorded (NO_FCP); run 3 of at most 4",
    ]
    assert runs.answers == [""]


def test_a_page_that_cannot_be_recorded_at_all_fails():
    runs = Runs(*["NO_NAVSTART"] * 5)
    with pytest.raises(reports.NotRecorded, match="NO_NAVSTART"):
        reports.recorded(runs, runs.said.append, tries=3)
    assert len(runs.answers) == 2


def test_what_says_something_of_the_page_is_not_run_again():
    runs = Runs("ERRORED_DOCUMENT_REQUEST", "")
    with pytest.raises(ValueError, match="run Lighthouse again"):
        reports.recorded(runs, runs.said.append)
    assert runs.said == []


def test_an_audit_without_its_recording_is_noticed():
    data = found()
    data["audits"]["largest-contentful-paint"] = {
        "score": None,
        "errorMessage": "Something went wrong (NO_NAVSTART)",
    }
    with pytest.raises(reports.NotRecorded):
        reports.read(data)
    with pytest.raises(reports.NotRecorded, match="PROTOCOL_TIMEOUT"):
        reports.refuse_unrecorded("Runtime error encountered: PROTOCOL_TIMEOUT")
