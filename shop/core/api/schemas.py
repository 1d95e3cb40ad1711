"""Types of bodies and answers: what is written the same way in every endpoint."""

import re
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any

from django.conf import settings
from ninja import Schema as NinjaSchema
from ninja.params.functions import Query
from pydantic import ConfigDict, PlainSerializer, Strict, WithJsonSchema

from shop.core.moments import moment
from shop.core.money import CENT


def values(choices: type[Enum]) -> WithJsonSchema:
    """Return what the document says of a text that is one of these: `Annotated[str, values(Order.Status)]`.

    A class of choices in a schema would be named in the document by its own name, which several have.
    """
    return WithJsonSchema({"type": "string", "enum": [str(choice.value) for choice in choices]})


def one_of(choices: Iterable[str]) -> Any:
    """Return the parameter of a query that takes one of these, or nothing: `Annotated[str, one_of(Status.values)]`."""
    return Query("", pattern=f"^({'|'.join(map(re.escape, choices))})?$")


class Schema(NinjaSchema):
    """An answer, or a part of one. Every key is always there; what is not known is null."""


class Input(NinjaSchema):
    """A body, or a part of one. Unknown keys are refused, so that a misspelt one is not ignored."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


def amount(value: Decimal) -> str:
    """Return an amount in major units as text with two decimals, "58.66": the books keep two in every currency."""
    return str(value.quantize(CENT))


# JSON numbers and booleans as they are: neither "1", 1.0 nor true is the whole number 1.
Whole = Annotated[int, Strict()]
Flag = Annotated[bool, Strict()]
Moment = Annotated[
    datetime,
    PlainSerializer(moment, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
Amount = Annotated[
    Decimal,
    PlainSerializer(amount, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d+\.\d\d$"}, mode="serialization"),
]
# An amount as a JSON number, where a contract has one. A float can hold every amount of the books exactly enough to be
# written with its two decimals; nothing is computed with it.
AmountNumber = Annotated[
    Decimal,
    PlainSerializer(float, return_type=float),
    WithJsonSchema({"type": "number"}, mode="serialization"),
]


def picture(address: str) -> str:
    """Return a picture's address as an app can ask for it, which knows no page that it would be relative to."""
    return f"{settings.SITE_URL}{address}" if address.startswith("/") else address


Picture = Annotated[str, PlainSerializer(picture, return_type=str)]


class ProblemBody(Schema):
    """Problem details (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    errors: list["FieldProblemBody"] | None = None


class FieldProblemBody(Schema):
    """One value that cannot be taken: a JSON pointer into the body, or `query/<name>`, and why."""

    pointer: str
    detail: str


class ErrorBody(Schema):
    """A refusal as the client and the sales contract have it."""

    error: str


class MessageBody(Schema):
    """A refusal as the stock contract has it."""

    message: str
