"""Whose turn it is when a job comes by: what is due, by provider, so that one that does not answer fills no list."""

from typing import Any

from django.db.models import QuerySet


def in_turn(due: "QuerySet[Any]", *, provider: str, limit: int) -> list[tuple[Any, str]]:
    """Return the keys of what is due, each with its provider: at most `limit` of each provider, in the order of `due`.

    `provider` names the field (`payment__gateway`). What a silent provider leaves due stands at the head of the line
    for as long as it is silent; taken together, it would leave no room for the others.
    """
    codes = due.order_by().values_list(provider, flat=True).distinct()
    return [
        row
        for code in sorted(codes)
        for row in due.filter(**{provider: code}).values_list("pk", provider)[:limit]
    ]
