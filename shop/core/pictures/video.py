"""The model field of short videos: MP4 or WebM by their bytes, stored as they are under a new unguessable name.

A video is never decoded or transcoded here: browsers play both kinds, and a decoder is a large surface to attack. What
runs in a page is prevented by how it is served (`media`): as a video by content, or as a download. Its metadata stay.
"""

from typing import IO, Any, Final, cast

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import models
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext as _

from shop.core.pictures.field import StoredField
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


class VideoField(StoredField):
    """A video, MP4 or WebM by content. Validated by `full_clean` and, without that call, by saving the row."""

    attr_class = VideoFile
    is_stored: Final = True  # `files.stored_fields` finds the field by it.

    def clean(self, value: object, model_instance: models.Model | None) -> object:
        """Validate an upload before the row is saved, so that an error is shown beside the form's field."""
        cleaned = super().clean(value, model_instance)
        if isinstance(cleaned, VideoFile) and cleaned and not cast(Any, cleaned)._committed:
            suffix_of(cleaned.file, cleaned.size)
        return cleaned

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        """Return a file input that offers videos; the length of the uploaded file's name does not matter."""
        field = super().formfield(**kwargs)
        if isinstance(field, forms.FileField):
            field.max_length = None
            field.widget.attrs["accept"] = ACCEPT
        return field
