"""Make the renditions of pictures: by name as soon as one is stored, and of every row that lacks them.

Made twice, or by two workers at once, they are the same bytes under the same names. The row is written last and only
if it still names the file (compare-and-set), so that a page never leads to a rendition which is not there; a worker
that is killed leaves files that the next one writes again, or that `files.delete_orphans` deletes.
"""

import json
import logging
import os
import secrets
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from django.conf import settings
from django.core.cache import cache
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage
from django.db import models
from django.db.models import F, IntegerField, Q, QuerySet, TextField, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce

from shop.core.json_types import JsonObject
from shop.core.pictures import files
from shop.core.pictures.field import PictureField
from shop.core.pictures.renditions import (
    CARD_BYTES,
    CARD_WIDTH,
    FORMATS,
    MOST_TRIES,
    RECIPE,
    SHARE,
    TRANSPARENT_FORMATS,
    WIDTHS,
    Renditions,
    rendition_name,
)

log = logging.getLogger(__name__)
_ENCODER: Final = Path(__file__).with_name("encoder.py")
# Encoding all of them takes so many times as long as reading the picture may.
_TIMES_AS_LONG: Final = 6


class RenderingFailed(Exception):
    """The encoder could not read the picture, or exceeded its limits. Trying again may help where memory was short."""


def render(name: str) -> int:
    """Make the renditions of the file `name` for every row that names it; return how many rows have them now.

    A file that is no stored upload (a drawing, an old name) is left alone. Takes seconds of processor time.
    """
    if not files.OWN_NAME.match(name):
        return 0
    return sum(
        _render(field, name)
        for field in files.picture_fields()
        if field.renditions_field and _lacking(field).filter(**{field.attname: name}).exists()
    )


def render_missing(*, seconds: float = 200, again: bool = False) -> dict[str, int]:
    """Make what is missing, the oldest rows first, for so many seconds; return how many were made, and are left.

    `again` takes pictures that have failed too often as well.
    """
    until = time.monotonic() + seconds
    made = left = 0
    for field, name in _all_lacking(again=again):
        if time.monotonic() >= until:
            left += 1
        # Only spares work: another worker that has begun the same picture would write the same bytes.
        elif cache.add(f"rendering:{name}", 1, timeout=120):
            made += _render(field, name)
            cache.delete(f"rendering:{name}")
    return {"made": made, "left": left}


def _all_lacking(*, again: bool) -> list[tuple[PictureField, str]]:
    return [
        (field, name)
        for field in files.picture_fields()
        if field.renditions_field
        for name in _lacking(field, again=again)
        .order_by("created_at", "pk")
        .values_list(field.attname, flat=True)
        if files.OWN_NAME.match(name)
    ]


def _lacking(field: PictureField, *, again: bool = False) -> QuerySet[models.Model]:
    """Return the rows whose picture has no renditions by the present recipe, without those that failed too often."""
    column = field.renditions_field or ""
    rows: QuerySet[models.Model] = field.model._base_manager.exclude(**{field.attname: ""}).annotate(
        made_of=Coalesce(KT(f"{column}__file"), Value(""), output_field=TextField()),
        made_by=Coalesce(KT(f"{column}__recipe"), Value(""), output_field=TextField()),
        tries=Coalesce(Cast(KT(f"{column}__tries"), IntegerField()), 0),
    )
    most = sys.maxsize if again else MOST_TRIES
    settled = Q(tries=0) | Q(tries__gte=min(most, 2**31 - 1))
    return rows.exclude(Q(made_of=F(field.attname), made_by=str(RECIPE)) & settled)


def _render(field: PictureField, name: str) -> int:
    """Encode, store, and note in the rows that still name the file; return how many rows were written."""
    rows = field.model._base_manager.filter(**{field.attname: name})
    column = field.renditions_field or ""
    try:
        with field.storage.open(name) as stored:
            body = stored.read()
        answer, parts = _encoded(body)
    except FileNotFoundError:
        return 0  # Deleted meanwhile; or lost, which `rewrite_pictures` reports.
    except RenderingFailed as error:
        log.warning("the renditions of %s could not be made: %s", name, error)
        before = rows.values_list(column, flat=True).first() or {}
        tries = before.get("tries", 0) + 1 if before.get("file") == name else 1
        rows.update(**{column: {"file": name, "recipe": RECIPE, "tries": tries}})
        return 0
    for ending, part in parts:
        put(field.storage, rendition_name(name, ending), part)
    endings = [ending.partition(".")[0] for ending, _part in parts]
    made = Renditions(
        file=name,
        widths=tuple(sorted({int(ending) for ending in endings if ending.isdigit()})),
        formats=tuple(answer["formats"]),
        colour=answer["colour"],
        recipe=RECIPE,
    )
    written = rows.update(**{column: made.stored()})
    if not written:
        files.discard(
            field.storage, name
        )  # Replaced or deleted meanwhile: what was just written goes as well.
    return written


def _encoded(body: bytes) -> tuple[JsonObject, list[tuple[str, bytes]]]:
    """Run the encoder on a stored picture; return its answer, and the ending and bytes of each rendition.

    Raises:
        RenderingFailed
    """
    orders = {
        "widths": WIDTHS,
        "formats": FORMATS,
        "transparent_formats": TRANSPARENT_FORMATS,
        "share": SHARE,
        "card_width": CARD_WIDTH,
        "card_bytes": CARD_BYTES,
        "megabytes": settings.PICTURE_MEMORY_MB,
        "seconds": settings.PICTURE_SECONDS * _TIMES_AS_LONG,
    }
    try:
        run = subprocess.run(
            [sys.executable, "-I", str(_ENCODER), json.dumps(orders)],
            input=body,
            capture_output=True,
            timeout=settings.PICTURE_SECONDS * _TIMES_AS_LONG,
            env={"PATH": os.defpath, "MALLOC_ARENA_MAX": "1"},
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise RenderingFailed("it takes too long") from error
    if run.returncode != 0:
        raise RenderingFailed(run.stderr.decode(errors="replace")[-300:] or f"exit status {run.returncode}")
    line, _newline, rest = run.stdout.partition(b"\n")
    answer = json.loads(line)
    parts: list[tuple[str, bytes]] = []
    for ending, length in answer["parts"]:
        parts.append((ending, rest[:length]))
        rest = rest[length:]
    return answer, parts


def put(storage: Storage, name: str, body: bytes) -> None:
    """Store `body` under exactly this name; who reads it meanwhile gets the whole file or none.

    A folder gets it by a rename. Any other storage (an object store) replaces objects whole by itself.
    """
    if not isinstance(storage, FileSystemStorage):
        if storage.exists(name):
            storage.delete(name)
        storage.save(name, ContentFile(body))
        return
    path = Path(storage.path(name))
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}.part")
    draft.write_bytes(body)
    if storage.file_permissions_mode is not None:
        draft.chmod(storage.file_permissions_mode)
    draft.replace(path)
