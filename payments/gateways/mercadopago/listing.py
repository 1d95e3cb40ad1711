"""The list of payments by their last change, a page at a time (docs/providers/mercadopago.md#lists)."""

from datetime import datetime
from typing import Final

from payments.gateways.base import GatewayError, ListedPage, ListedPayment
from payments.gateways.mercadopago.client import Client
from payments.gateways.mercadopago.mapping import is_of_account, read_amount, read_date, state_of, write_date
from shop.core.json_types import JsonMapping, JsonObject

# 100 is accepted, more rows (also by offset) are refused with code 1000.
_PAGE: Final = 100
_MARK: Final = "|"


def page(
    client: Client, *, since: datetime, until: datetime, cursor: str, collector_id: str, livemode: bool
) -> ListedPage:
    """Return one page, oldest change first.

    Pages are not counted by offset: a payment that changes meanwhile leaves the window, all after it move up, and one
    of them would be passed over. Instead each page begins at the last one's latest change, which is listed twice; the
    offset only counts payments of that same instant.
    """
    begin, offset = _place(cursor, since)
    filters: JsonObject = {
        "range": "date_last_updated",
        "begin_date": write_date(begin),
        "end_date": write_date(until),
        "sort": "date_last_updated",
        "criteria": "asc",
        "limit": _PAGE,
        "offset": offset,
    }
    # By hand, since the SDK's own pager turns a 401 or a 500 into "no payments".
    found = client.read(lambda sdk, options: sdk.payment().search(filters, options))
    rows = found.get("results") if isinstance(found, dict) else None
    if not isinstance(rows, list):
        raise GatewayError("Mercado Pago answered a search without results", permanent=False)
    # How many there are in all; what is left out or handed out in smaller pages must not look like the end.
    paging = found.get("paging") if isinstance(found.get("paging"), dict) else {}
    is_last = not rows or (len(rows) < _PAGE and offset + len(rows) >= int(paging.get("total") or 0))
    following = "" if is_last else _following(rows, begin, offset)
    payments = tuple(
        _read(row, collector_id, livemode) for row in rows if isinstance(row, dict) and row.get("id")
    )
    return ListedPage(payments, following)


def _place(cursor: str, since: datetime) -> tuple[datetime, int]:
    """Return where a page begins: an instant, and how many payments from there were read already."""
    text, _, offset = cursor.partition(_MARK)
    return (read_date(text) or since, int(offset)) if offset.isdecimal() else (since, 0)


def _following(rows: list[object], begin: datetime, offset: int) -> str:
    last = read_date(rows[-1].get("date_last_updated")) if isinstance(rows[-1], dict) else None
    if last is None or last <= begin:
        return f"{write_date(begin)}{_MARK}{offset + len(rows)}"
    return f"{write_date(last)}{_MARK}0"


def _read(row: JsonMapping, collector_id: str, livemode: bool) -> ListedPayment:
    return ListedPayment(
        external_id=str(row["id"]),
        reference=str(row.get("external_reference") or ""),
        state=state_of(row),
        amount=read_amount(row.get("transaction_amount")),
        currency=str(row.get("currency_id") or ""),
        refunded_amount=read_amount(row.get("transaction_amount_refunded")),
        made_at=read_date(row.get("date_created")),
        is_ours=is_of_account(row, collector_id=collector_id, livemode=livemode),
    )
