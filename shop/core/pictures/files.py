"""Files of pictures that no row names any more: deleted after the commit, or by a job.

A crash between a commit and the deletion, or a stored file whose form was never saved, leaves a file that no row names;
never a row without its file.
"""

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast

from django.apps import apps
from django.core.files.storage import Storage, default_storage
from django.db import models, transaction
from django.utils import timezone

from shop.core.pictures.renditions import possible_names

if TYPE_CHECKING:
    from shop.core.pictures.field import PictureField

log = logging.getLogger(__name__)
# Returns which of these addresses of files rows show, without naming the file (`None`: all that they show).
Shows = Callable[[Sequence[str] | None], Iterable[str]]
_showing: Final[list[Shows]] = []
# A name that `PictureField` gives.
OWN_NAME: Final = re.compile(r"^[\w/-]*/[0-9a-f]{32}(?:_\w{7})?\.(?:jpg|png|webp)$")
# Such a name, or that of a rendition: the same bytes for ever, and what the job may delete. Also in docs/nginx.conf.
IMMUTABLE: Final = re.compile(
    r"^[\w/-]*/[0-9a-f]{32}(?:_\w{7})?(?:-r\d+-(?:\d+|share))?\.(?:jpg|png|webp|avif|mp4|webm)$"
)
_RENDITION: Final = re.compile(r"^(.*)-r\d+-(?:\d+|share)\.\w+$")
_DRAFT: Final = re.compile(r"\.[0-9a-f]{8}\.part$")
# A form stores its picture before its row: younger files may belong to one that is being saved.
GRACE: Final = timedelta(hours=24)


def picture_fields() -> "list[PictureField]":
    """Return every picture field of the project's models (found by a mark: the field's module imports this one)."""
    return [
        cast("PictureField", field)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if getattr(field, "is_picture", False)
    ]


def stored_fields() -> list[models.FileField]:
    """Return every field whose files lie in the media folder: pictures and videos."""
    return [
        cast("models.FileField", field)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if getattr(field, "is_picture", False) or getattr(field, "is_stored", False)
    ]


def is_named(name: str) -> bool:
    """Return whether any row of any model names this file."""
    return any(
        field.model._base_manager.filter(**{field.attname: name}).exists() for field in stored_fields()
    )


def shown_by(shows: Shows) -> Shows:
    """Register an app whose rows keep addresses of pictures: a file stays while one of them shows it or a rendition."""
    _showing.append(shows)
    return shows


def is_shown(storage: Storage, name: str) -> bool:
    """Return whether a row shows this file, or a rendition of it, by its address."""
    names = [name, *(possible_names(name) if OWN_NAME.match(name) else ())]
    addresses = [storage.url(one) for one in names]
    return any(True for shows in _showing for _address in shows(addresses))


def discard_after_commit(storage: Storage, name: str, *, using: str) -> None:
    """Delete a file once the running transaction is committed, unless a row names it then. Outside of one: at once."""
    transaction.on_commit(partial(discard, storage, name), using=using, robust=True)


def discard(storage: Storage, name: str) -> bool:
    """Delete a file that no row names or shows, and its renditions; return whether it was deleted.

    After an error the job deletes them later.
    """
    if is_named(name) or is_shown(storage, name):
        return False
    try:
        storage.delete(name)
        for rendition in possible_names(name) if OWN_NAME.match(name) else ():
            storage.delete(rendition)
    except OSError as error:
        log.warning("the file %s of a deleted picture could not be deleted: %s", name, error)
        return False
    return True


def orphans(*, older_than: timedelta = GRACE) -> Iterator[str]:
    """Yield the files below the picture folders that no row names or shows, written longer ago than `older_than`.

    A rendition is named with its picture, by whichever recipe it was made: orders keep the address of a small one.
    """
    fields = stored_fields()
    named: set[str] = set()
    for field in fields:
        named.update(field.model._base_manager.values_list(field.attname, flat=True))
    stems = {name.rpartition(".")[0] for name in named}
    shown = {_stem_of(address) for shows in _showing for address in shows(None)}
    before = timezone.now() - older_than
    for folder in sorted({str(field.upload_to).strip("/") for field in fields}):
        for name in _below(default_storage, folder):
            found = _RENDITION.match(name)
            is_named = found.group(1) in stems if found else name in named
            if (
                not is_named
                and _stem_of(name) not in shown
                and _written_before(default_storage, name, before)
            ):
                yield name


def _stem_of(address: str) -> str:
    """Return what a picture and its renditions have in common, by the address or the name of one of them."""
    name = address.partition("?")[0].rpartition("/")[2]
    found = _RENDITION.match(name)
    return found.group(1) if found else name.rpartition(".")[0]


def delete_orphans() -> dict[str, int]:
    """Delete the shop's own files that no row names, a day after they were written; twice is harmless.

    Files of other names are counted (`unknown`) and stay: `manage.py find_orphan_pictures` lists them.
    """
    deleted = unknown = 0
    for name in orphans():
        if not IMMUTABLE.match(_DRAFT.sub("", name)):
            unknown += 1
        elif discard(default_storage, name):
            deleted += 1
    return {"deleted": deleted, "unknown": unknown}


def _below(storage: Storage, folder: str) -> Iterator[str]:
    try:
        folders, names = storage.listdir(folder)
    except FileNotFoundError:
        return
    for name in names:
        yield f"{folder}/{name}"
    for inner in folders:
        yield from _below(storage, f"{folder}/{inner}")


def _written_before(storage: Storage, name: str, before: Any) -> bool:
    try:
        return bool(storage.get_modified_time(name) < before)
    except FileNotFoundError:
        return False
