"""The model field of every picture that people upload; no other code path stores an uploaded file."""

import logging
import secrets
from functools import partial
from typing import Any, Final, cast

from django import forms
from django.core.checks import CheckMessage, Error
from django.core.files.base import ContentFile, File
from django.db import DEFAULT_DB_ALIAS, models, router, transaction
from django.db.models.fields.files import FieldFile
from django.db.models.signals import post_delete
from django.utils.translation import gettext as _

from shop.core.jobs import dispatch
from shop.core.pictures import files
from shop.core.pictures.renditions import Renditions
from shop.core.pictures.rewriting import PictureRefused, rewrite

log = logging.getLogger(__name__)
ACCEPT: Final = "image/jpeg,image/png,image/webp,image/avif,image/heic,image/heif,.heic,.heif"


class PictureFile(FieldFile):
    """A row's picture. What is saved through it is re-encoded first."""

    field: "PictureField"

    @property
    def small_url(self) -> str:
        """The address of the smallest rendition that everything shows, else of the picture itself."""
        name, column = str(self.name), self.field.renditions_field
        made = Renditions.read(name, getattr(self.instance, column)) if column else None
        if made is None or not made.widths:
            return self.url
        return self.storage.url(made.name(made.widths[0], made.formats[-1]))

    def save(self, name: str | None, content: File[bytes], save: bool = True) -> None:
        """Store the picture in `content`, written again, under a new name; its name and size are set on the row.

        The old file, if any, is deleted when the row with the new name is committed (`PictureField.pre_save`).

        Raises:
            PictureRefused: it is not an accepted picture, or the media folder is not writable.
        """
        picture = rewrite(content)
        try:
            super().save(f"picture.{picture.suffix}", ContentFile(picture.body), save=False)
        except OSError as error:
            log.error("a picture could not be stored: %s", error)
            raise PictureRefused(
                _(
                    "The picture could not be stored: the server's folder for pictures is full or cannot be written "
                    "to. Nothing was changed. Tell whoever looks after the server, and try again later."
                ),
                code="picture_not_stored",
            ) from error
        self.field.set_size(self.instance, picture.width, picture.height)
        if save:
            self.instance.save()


class StoredField(models.FileField):
    """A file of a row, under a new unguessable name: deleted with its row, or when it is taken off.

    A picture whose place another takes is left to the nightly job: pages that were shown a moment ago still name it, in
    a proxy and in browsers, where it is loaded when somebody scrolls to it. What that job does not know (videos, names
    of others) is deleted at once.
    """

    def contribute_to_class(
        self, cls: type[models.Model], name: str, *args: object, **kwargs: object
    ) -> None:
        super().contribute_to_class(cls, name, *args, **kwargs)
        if not cls._meta.abstract:
            post_delete.connect(self._row_deleted, sender=cls)

    def generate_filename(self, instance: models.Model | None, filename: object) -> str:
        """Return a new unguessable name; of the given one only the suffix, which we wrote, is kept."""
        suffix = str(filename).rpartition(".")[2]
        return f"{str(self.upload_to).strip('/')}/{secrets.token_hex(16)}.{suffix}"

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Store an upload; delete the former file after the commit, or leave it to the nightly job (see the class)."""
        file = super().pre_save(model_instance, add)
        using = model_instance._state.db or DEFAULT_DB_ALIAS
        former = None
        if not add:
            row = self.model._base_manager.using(using).filter(pk=model_instance.pk)
            former = row.values_list(self.attname, flat=True).first()
            stays = bool(file) and files.OWN_NAME.match(former or "")
            if former and former != file.name and not stays:
                files.discard_after_commit(self.storage, former, using=using)
        if file and file.name != former:
            self.stored(str(file.name), using)
        return file

    def stored(self, name: str, using: str) -> None:
        """Called while a row is saved that did not name this file before."""

    def _row_deleted(self, sender: object, instance: models.Model, using: str, **kwargs: object) -> None:
        name = getattr(instance, self.attname).name
        if name:
            files.discard_after_commit(self.storage, name, using=using)


class PictureField(StoredField):
    """A picture: JPEG, PNG, WebP, AVIF or HEIC by content, stored as JPEG, PNG or WebP under a new unguessable name.

    `width_field` and `height_field` name the columns that keep its size in pixels; declare them after this field.
    `renditions_field` names the column of what a worker makes of it (`RenditionsField`); without it, nothing is made.
    An upload is validated and stored by `full_clean` (so that a form shows its errors) and, without that call, by
    saving the row. A text assigned to the field is the name of a file that is in the storage already: only the shop's
    own drawings are stored so, never a form's upload.
    """

    attr_class = PictureFile
    is_picture: Final = True  # `files.picture_fields` finds the fields by it.

    def __init__(
        self,
        *args: Any,
        width_field: str | None = None,
        height_field: str | None = None,
        renditions_field: str | None = None,
        **kwargs: Any,
    ) -> None:
        self.width_field, self.height_field = width_field, height_field
        self.renditions_field = renditions_field
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        for key in ("width_field", "height_field", "renditions_field"):
            if getattr(self, key):
                kwargs[key] = getattr(self, key)
        return name, path, args, kwargs

    def check(self, **kwargs: object) -> list[CheckMessage]:
        """Refuse a model without `HasPictures`, and sizes declared before the picture: old values would be saved."""
        found: list[CheckMessage] = list(super().check(**kwargs))
        if not issubclass(self.model, HasPictures):
            found.append(
                Error(f"{self.model.__name__} must inherit HasPictures.", obj=self, id="percha.E021")
            )
        places = [field.name for field in self.model._meta.fields]
        early = [name for name in self.sizes() if places.index(name) < places.index(self.name)]
        return found + [
            Error(f"{name} must be declared after {self.name}.", obj=self, id="percha.E020") for name in early
        ]

    def clean(self, value: object, model_instance: models.Model | None) -> object:
        """Validate and store an upload before the row is saved, so that an error is shown beside the form's field."""
        cleaned = super().clean(value, model_instance)
        if isinstance(cleaned, PictureFile) and cleaned and not cast(Any, cleaned)._committed:
            cleaned.save(cleaned.name, cleaned.file, save=False)
        return cleaned

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Store an upload that no form has validated; a row without a picture has no size."""
        file = super().pre_save(model_instance, add)
        if not file:
            self.set_size(model_instance, None, None)
        return file

    def stored(self, name: str, using: str) -> None:
        """Ask a worker for the renditions once the row is committed."""
        if self.renditions_field and files.OWN_NAME.match(name):
            transaction.on_commit(
                partial(dispatch, "shop.core.tasks.render_picture", name), using=using, robust=True
            )

    def get_prep_value(self, value: object) -> object:
        """Return the file's name; a file that was not validated is never written to a row (`QuerySet.update`)."""
        if isinstance(value, File) and not getattr(value, "_committed", False) and value:
            raise TypeError("An uploaded picture is saved with its row (save, create), never by update().")
        return super().get_prep_value(value)

    def set_size(self, instance: models.Model, width: int | None, height: int | None) -> None:
        """Write the size in pixels into the row's columns."""
        for name, size in zip(self.sizes(), (width, height), strict=False):
            setattr(instance, name, size)

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        """Return a file input that offers pictures; the length of the uploaded file's name does not matter."""
        field = super().formfield(**kwargs)
        if isinstance(field, forms.FileField):
            field.max_length = None
            field.widget.attrs.setdefault("accept", ACCEPT)
            field.error_messages["empty"] = _(
                "This file is empty. Choose it again, or export the picture anew."
            )
        return field

    def sizes(self) -> tuple[str, ...]:
        """Return the columns that keep the size in pixels: they change with the picture."""
        return tuple(name for name in (self.width_field, self.height_field) if name)


class HasPictures(models.Model):
    """What every model with a picture field inherits: the row is saved in a transaction, a picture with its size."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the row; a picture in `update_fields` adds its width and height, and forgets its renditions."""
        chosen = kwargs.get("update_fields")
        if chosen is not None:
            fields = [field for field in self._meta.concrete_fields if isinstance(field, PictureField)]
            kwargs["update_fields"] = {
                *chosen,
                *(
                    column
                    for field in fields
                    if field.name in chosen
                    for column in (*field.sizes(), field.renditions_field)
                    if column
                ),
            }
        # Within one transaction: the former file may be deleted only when the new name is written, not before
        # (`pre_save`).
        using = kwargs.get("using") or router.db_for_write(type(self), instance=self)
        with transaction.atomic(using=using, savepoint=False):
            super().save(*args, **kwargs)

    def stored_name(self, field: str) -> str:
        """Return the name of a field's file: what was read, without the object that opens it, which no page needs."""
        read = self.__dict__.get(field)
        return read if type(read) is str else str(getattr(self, field).name or "")
