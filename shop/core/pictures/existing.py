"""Pictures that a shop had before its uploads were validated: re-encoded, or refused with the reason."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from django.core.files.base import ContentFile
from django.db import DEFAULT_DB_ALIAS, models, transaction

from shop.core.pictures import files
from shop.core.pictures.field import PictureField
from shop.core.pictures.rewriting import PictureRefused, rewrite

# Returns whether a stored file is a drawing of the shop's own code, by its name and its bytes.
Vouch = Callable[[str, bytes], bool]
# Called with a picture's old and new URL, within the transaction that changes its row.
Follower = Callable[[str, str], None]
_vouchers: Final[list[Vouch]] = []
_followers: Final[list[Follower]] = []


@dataclass(frozen=True, slots=True)
class RewriteResult:
    """The result of a row's file: kept, drawn (by our own code), rewritten, refused or missing; `reason` in words."""

    row: str
    name: str
    became: str
    reason: str = ""


def vouch(own: Vouch) -> Vouch:
    """Register a check for files that an app has drawn itself."""
    _vouchers.append(own)
    return own


def follow(follower: Follower) -> Follower:
    """Register a callback of an app that stores URLs of pictures."""
    _followers.append(follower)
    return follower


def rewrite_all(*, remove_refused: bool = False, dry_run: bool = False) -> Iterator[RewriteResult]:
    """Process every file that a row names like a new upload; yield the result of each.

    May be stopped and run again: a file under a name of our own is known to be clean. A refused file stays as it is;
    with `remove_refused` the row's field is emptied (a row that requires it is deleted) and the file is deleted. One
    transaction for each row, by compare-and-set: a concurrent replacement of the picture wins.
    """
    for field in files.picture_fields():
        rows = field.model._base_manager.exclude(**{field.attname: ""}).order_by("pk")
        for key in list(rows.values_list("pk", flat=True)):
            row = rows.filter(pk=key).first()
            if row is not None:
                yield _one(field, row, remove_refused=remove_refused, dry_run=dry_run)


def _one(field: PictureField, row: models.Model, *, remove_refused: bool, dry_run: bool) -> RewriteResult:
    file = getattr(row, field.attname)
    about, name = f"{row._meta.label} {row.pk}", str(file.name)
    if files.OWN_NAME.match(name) and all(getattr(row, size) for size in field.sizes()):
        return RewriteResult(about, name, "kept")
    try:
        with field.storage.open(name) as stored:
            if name.endswith(".svg") and _is_ours(name, stored.read()):
                return RewriteResult(about, name, "drawn")
            picture = rewrite(stored)
    except FileNotFoundError:
        return RewriteResult(about, name, "missing")
    except PictureRefused as refusal:
        if remove_refused and not dry_run:
            _remove(field, row, name)
        return RewriteResult(about, name, "refused", " ".join(refusal.messages))
    if not dry_run:
        new = field.storage.save(
            field.generate_filename(row, f"picture.{picture.suffix}"), ContentFile(picture.body)
        )
        _swap(field, row, name, new, (picture.width, picture.height))
    return RewriteResult(about, name, "rewritten")


def _is_ours(name: str, body: bytes) -> bool:
    return any(own(name, body) for own in _vouchers)


def _swap(field: PictureField, row: models.Model, old: str, new: str, size: tuple[int, int]) -> None:
    """Set the new file in the row if it still names the old one; the file that no row names is deleted."""
    changes: dict[str, object] = {field.attname: new, **dict(zip(field.sizes(), size, strict=False))}
    if field.renditions_field:
        changes[field.renditions_field] = None
    with transaction.atomic():
        changed = field.model._base_manager.filter(pk=row.pk, **{field.attname: old}).update(**changes)
        if changed:
            for follower in _followers:
                follower(field.storage.url(old), field.storage.url(new))
        files.discard_after_commit(field.storage, old if changed else new, using=DEFAULT_DB_ALIAS)


def _remove(field: PictureField, row: models.Model, name: str) -> None:
    """Remove the refused file from the row that names it."""
    with transaction.atomic():
        rows = field.model._base_manager.filter(pk=row.pk, **{field.attname: name})
        if field.blank:
            rows.update(**{field.attname: "", **dict.fromkeys(field.sizes())})
        else:
            rows.delete()
        files.discard_after_commit(field.storage, name, using=DEFAULT_DB_ALIAS)
