"""The model field of short videos: MP4 or WebM by their bytes, stored as they are under a new unguessable name.

A video is never decoded or transcoded here: browsers play both kinds, and a decoder is a large surface to attack. What
runs in a page is prevented by how it is served (`media`): as a video by content, or as a download. Its metadata stay.
"""

import secrets
from typing import IO, Any, Final, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import DEFAULT_DB_ALIAS, models
from django.db.models.fields.files import FieldFile
from django.db.models.signals import post_delete
from django.utils.translation import gettext as _

from shop.core.pictures import files
from shop.core.pictures.kinds import HEAD, kind_of

ACCEPT: Final = "video/mp4,video/webm"
SUFFIXES: Final = {"MP4": "mp4", "WEBM": "webm"}


class VideoRefused(ValidationError):
    """The file is refused as a video; its message has the reason for the clerk. Another file may be accepted."""


def suffix_of(file: IO[bytes] | File[bytes], size: int) -> str:
    """Return "mp4" or "webm" by the first bytes of a file of `size` bytes.

    Raises:
        VideoRefused: it is neither, or larger than VIDEO_MAX_MB.
    """
    file.seek(0)
    kind = kind_of(file.read(HEAD))
    file.seek(0)
    if kind not in SUFFIXES:
        raise VideoRefused(
            _(
                "This is no MP4 or WebM video, whatever its name says. Export it as MP4 (H.264) and upload that."
            ),
            code="video_kind",
        )
    if size > settings.VIDEO_MAX_BYTES:
        raise VideoRefused(
            _("This video is larger than %(limit)s MB. Export it shorter, smaller or with more compression.")
            % {"limit": settings.VIDEO_MAX_BYTES // 1024 // 1024},
            code="video_bytes",
        )
    return SUFFIXES[kind]


class VideoFile(FieldFile):
    """A row's video."""

    def save(self, name: str | None, content: File[bytes], save: bool = True) -> None:
        """Store the video in `content` under a new name.

        Raises:
            VideoRefused: it is not an accepted video.
        """
        suffix = suffix_of(content, content.size)
        super().save(f"video.{suffix}", content, save=save)


class VideoField(models.FileField):
    """A video, MP4 or WebM by content. Validated by `full_clean` and, without that call, by saving the row."""

    attr_class = VideoFile
    is_stored: Final = True  # `files.stored_fields` finds the field by it.

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

    def clean(self, value: object, model_instance: models.Model | None) -> object:
        """Validate an upload before the row is saved, so that an error is shown beside the form's field."""
        cleaned = super().clean(value, model_instance)
        if isinstance(cleaned, VideoFile) and cleaned and not cast(Any, cleaned)._committed:
            suffix_of(cleaned.file, cleaned.size)
        return cleaned

    def pre_save(self, model_instance: models.Model, add: bool) -> object:
        """Store an upload; delete the former file of the row after the commit."""
        file = super().pre_save(model_instance, add)
        if not add:
            using = model_instance._state.db or DEFAULT_DB_ALIAS
            row = self.model._base_manager.using(using).filter(pk=model_instance.pk)
            former = row.values_list(self.attname, flat=True).first()
            if former and former != file.name:
                files.discard_after_commit(self.storage, former, using=using)
        return file

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        """Return a file input that offers videos; the length of the uploaded file's name does not matter."""
        field = super().formfield(**kwargs)
        if isinstance(field, forms.FileField):
            field.max_length = None
            field.widget.attrs["accept"] = ACCEPT
        return field

    def _row_deleted(self, sender: object, instance: models.Model, using: str, **kwargs: object) -> None:
        name = getattr(instance, self.attname).name
        if name:
            files.discard_after_commit(self.storage, name, using=using)
