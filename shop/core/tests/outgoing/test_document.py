"""docs/webhooks.md names every type that the shop sends, and no other."""

import re

from django.conf import settings

from shop.core.outgoing import types


def documented() -> set[str]:
    """Return the types in the first column of the document's table; `.paid` after `order.placed` is `order.paid`."""
    text = (settings.BASE_DIR / "docs" / "webhooks.md").read_text()
    found: set[str] = set()
    for row in text.partition("## The types")[2].splitlines():
        if row.startswith("| `"):
            family = ""
            for name in re.findall(r"`([^`]+)`", row.split("|")[1]):
                family = family if name.startswith(".") else name.split(".", 1)[0]
                found.add(f"{family}{name}" if name.startswith(".") else name)
    return found


def test_every_type_is_documented_and_no_other():
    assert documented() == {*types.all_types(), types.PING}
