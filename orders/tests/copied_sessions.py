"""Checkout sessions that are copies: the real verbs make one, and the next ones are its rows with ids and times of their own.

To make a session by the verbs takes eighty statements, and nearly every test of the payments begins with one. With
`use(True)` `factories.make_session()` copies wherever a copy is what the verbs would make: a guest's cart with one new
variant, the same settings and language, and no other goods, places or rates than those of the copy. Everything else,
and the first session of each process, goes by the verbs. `make soak` copies nothing, nor does the mutation run.
"""

import os
import re
import threading
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple

from django.conf import UserSettingsHolder, settings
from django.db import connection, transaction
from django.utils import timezone, translation

from orders.models import CheckoutSession
from orders.pricing import kinds
from shop.core.ids import readable_code, token, uuid7
from tests.mutants.server import FILE_DESCRIPTORS
from tests.support.emptying import MAY
from tests.support.soak import IS_SOAK

# Rows that all sessions have in common; a copy needs them as they were, or none.
_SHARED: Final = (
    "catalog_brand",
    "catalog_category",
    "catalog_option",
    "catalog_optionvalue",
    "inventory_location",
    "orders_shippingmethod",
    "orders_shippingrate",
)
# Rows that each session has for itself.
_OWN: Final = (
    "catalog_product",
    "catalog_product_options",
    "catalog_productimage",
    "catalog_variant",
    "catalog_variantvalue",
    "catalog_pricechange",
    "inventory_stocklevel",
    "inventory_stockmovement",
    "inventory_reservation",
    "orders_cart",
    "orders_cartline",
    "orders_addresssnapshot",
    "orders_checkoutsession",
    "orders_checkoutline",
    "orders_checkoutadjustment",
    "core_event",
)
# What is new in each copy: ids, times, and what is unique besides (`_Sample.code`, `_Sample.tokens`).
_UUID: Final = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}"
_TIME: Final = r'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?\+00:00"'
# Between the tables of the text that `_rows` asks for; JSON never contains it.
_BETWEEN: Final = "\x1e"
_NOTE: Final = """
    INSERT INTO catalog_listingmark (kind, key)
    SELECT 'product', product ->> 'id' FROM jsonb_array_elements(%s::jsonb) AS product
"""
_lock = threading.Lock()
_copying = False
_samples: dict[Any, "_Sample | None"] = {}
_kinds = kinds.KINDS


class _Sample(NamedTuple):
    """What the verbs made: the shared rows, the session's own in pieces (each second is to be replaced), and when."""

    shared: str
    pieces: list[str]
    ids: list[str]
    made: datetime
    session: str


def use(on: bool) -> None:
    """Copy from now on, or do not."""
    global _copying
    _copying = on and not IS_SOAK and FILE_DESCRIPTORS not in os.environ


def copy(make: Callable[[], CheckoutSession]) -> CheckoutSession | None:
    """Return a copy of what `make` makes, or None where only the verbs will do."""
    if not _copying or kinds.KINDS is not _kinds or not _ask(MAY):
        return None
    with _lock:
        state = _ask(_rows(_SHARED))
        key = _circumstances()
        if key not in _samples:
            if not _is_empty(_ask(_rows(_SHARED + _OWN))):
                return None
            _samples[key] = _sample(make)
        sample = _samples[key]
        if state != sample.shared and not _is_empty(state):
            return None
        return CheckoutSession.objects.get(pk=_write(sample, with_shared=state != sample.shared))


def _circumstances() -> str:
    """Return all that a session depends on besides its rows: the settings that the tests have changed, the language."""
    changed: dict[str, Any] = {}
    holder: Any = settings._wrapped
    while isinstance(holder, UserSettingsHolder):
        changed = {name: value for name, value in vars(holder).items() if name.isupper()} | changed
        holder = holder.default_settings
    changed.pop("TEMPLATES", None)
    return repr((translation.get_language(), sorted(changed.items())))


def _sample(make: Callable[[], CheckoutSession]) -> _Sample:
    """Let the verbs make one, read its rows, and take it back."""
    with transaction.atomic():
        made, session = timezone.now(), make()
        shared, own = _ask(_rows(_SHARED)), _ask(_rows(_OWN))
        variant = session.lines.get().variant
        code = variant.product.name.split()[-1]
        unique = (code, code.lower(), session.token, session.cart.token)
        transaction.set_rollback(True)
    pieces = re.split("(" + "|".join((_UUID, _TIME, *map(re.escape, unique))) + ")", own)
    ids = sorted(set(re.findall(_UUID, own)) - set(re.findall(_UUID, shared)))
    return _Sample(shared, pieces, ids, made, str(session.pk))


def _write(sample: _Sample, *, with_shared: bool) -> str:
    """Write the rows of a copy, and return its session's id."""
    new = {old: str(uuid7()) for old in sample.ids}
    later, code = timezone.now() - sample.made, readable_code(8)

    def changed(piece: str) -> str:
        if piece in new or re.fullmatch(_UUID, piece):
            return new.get(piece, piece)
        if piece[0] == '"':
            return f'"{(datetime.fromisoformat(piece[1:-1]) + later).isoformat()}"'
        if len(piece) == len(code):
            return code if piece.isupper() else code.lower()
        return new.setdefault(piece, token())

    own = "".join(changed(piece) if place % 2 else piece for place, piece in enumerate(sample.pieces))
    tables = (_SHARED + _OWN) if with_shared else _OWN
    texts = ([*sample.shared.split(_BETWEEN)] if with_shared else []) + own.split(_BETWEEN)
    with transaction.atomic(), connection.cursor() as cursor:
        # Its product is noted for the lists, as the triggers note one that the verbs make.
        cursor.execute(f"{_insertion(tables)}; {_NOTE}", [*texts, texts[tables.index("catalog_product")]])
    return new[sample.session]


def _rows(tables: tuple[str, ...]) -> str:
    """Return the query for all rows of these tables, as one text."""
    each = (
        f"coalesce((SELECT jsonb_agg(to_jsonb(t) ORDER BY t.id)::text FROM {name} AS t), '')"
        for name in tables
    )
    return f"SELECT concat_ws('{_BETWEEN}', {', '.join(each)})"


def _is_empty(rows: str) -> bool:
    return not rows.strip(_BETWEEN)


@cache
def _insertion(tables: tuple[str, ...]) -> str:
    """Return the statements that write rows of these tables. Neither triggers nor foreign keys are asked: the rows are whole."""
    written = []
    for name in tables:
        columns = ", ".join(f'"{column}"' for column in _columns(name))
        written.append(
            f"INSERT INTO {name} ({columns}) SELECT {columns} FROM jsonb_populate_recordset(NULL::{name}, %s::jsonb)"
        )
    return "; ".join(
        (
            "SET LOCAL session_replication_role = replica",
            *written,
            "SET LOCAL session_replication_role = origin",
        )
    )


def _columns(table: str) -> list[str]:
    """Return a table's columns that are written: none that it computes, and no number that it gives itself."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s"
            " AND is_generated = 'NEVER' AND (is_identity = 'NO' OR table_name = 'catalog_category')"
            " AND coalesce(column_default, '') NOT LIKE 'nextval(%%'",
            [table],
        )
        return [row[0] for row in cursor.fetchall()]


def _ask(statement: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]
