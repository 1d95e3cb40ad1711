"""An API of its own for the tests of what every endpoint is built on: addresses, counters and refusals."""

from typing import Any

from django.http import HttpRequest
from django.urls import path
from ninja import Router, Status

from shop.core.api import handlers, paging, problems
from shop.core.api.conditional import read_if_changed
from shop.core.api.document import DocumentedApi, refusals
from shop.core.api.idempotency import once_per_key
from shop.core.api.parsing import StrictParser
from shop.core.api.schemas import Input, Schema
from shop.core.models import Counter
from shop.urls import urlpatterns as shops_own

api = DocumentedApi(urls_namespace="tried", parser=StrictParser(), docs_url=None, openapi_url=None)
handlers.install(api)
router = Router()


class Wanted(Input):
    """A counter's name and how often it is counted."""

    name: str
    times: int = 1
    lines: list["Wanted"] = []


class Counted(Schema):
    """A counter."""

    name: str
    value: int


class Inner(Schema):
    """A page's row."""

    name: str


@router.post("/count", response={201: Counted, **refusals(409)})
@once_per_key()
def count(request: HttpRequest, body: Wanted) -> Any:
    """Count, then refuse where asked to."""
    value = Counter.increment(body.name)
    if body.name == "refuse":
        raise problems.STILL_RUNNING("no")
    if body.name == "later":
        raise problems.TOO_MANY("later")
    if body.name == "break":
        raise LookupError
    return Status(201, {"name": body.name, "value": value})


@router.post("/outside", response={201: Counted})
@once_per_key(in_transaction=False)
def outside(request: HttpRequest, body: Wanted) -> Any:
    """Count outside of any transaction."""
    return Status(201, {"name": body.name, "value": Counter.increment(body.name)})


@router.get("/counters", response={200: paging.Page[Counted]})
def counters(
    request: HttpRequest,
    cursor: paging.Cursor = "",
    limit: paging.Limit = paging.DEFAULT,
    order: str = "up",
) -> Any:
    """List counters by value, then name."""
    by = ("value", "name") if order == "up" else ("-value", "name")
    found = paging.read(Counter.objects.all(), order=by, cursor=cursor, limit=limit)
    return paging.page(request, found, [{"name": row.name, "value": row.value} for row in found.rows])


@router.get("/same", response={200: Inner})
@read_if_changed(lambda request: request.GET.get("version"))
def same(request: HttpRequest) -> Any:
    """Answer the same until the version changes."""
    if "refuse" in request.GET:
        raise problems.NOT_FOUND("no")
    return {"name": "same"}


api.add_router("/tried", router)
api.add_router("/ventas/tried", router, url_name_prefix="contract")
urlpatterns = [path("api/", api.urls), *shops_own]
