"""The back office's inputs for pictures: a thumbnail of the present picture, and the browser's own file chooser."""

from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import TemplatesSetting
from django.utils.safestring import SafeString
from django.utils.translation import ngettext
from unfold.widgets import FileFieldMixin

from shop.core.pictures.field import ACCEPT
from shop.core.pictures.video import ACCEPT as VIDEO_ACCEPT

_TEMPLATES: Final = TemplatesSetting()


class PictureInput(FileFieldMixin, forms.ClearableFileInput):
    """A thumbnail with the row's words as its alternative text, beside the file input."""

    template_name = "admin/picture_input.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"accept": ACCEPT, **(attrs or {})})

    def render(
        self, name: str, value: object, attrs: dict[str, object] | None = None, renderer: object = None
    ) -> SafeString:
        """Render from the project's templates, which Django's own form renderer does not search."""
        return super().render(name, value, attrs, _TEMPLATES)


class VideoInput(PictureInput):
    """A link that plays the row's video, beside the file input."""

    template_name = "admin/video_input.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({**(attrs or {}), "accept": VIDEO_ACCEPT})


class PicturesInput(PictureInput):
    """The browser's file chooser for any number of pictures, in a frame that takes files which are dropped on it."""

    template_name = "admin/pictures_input.html"
    allow_multiple_selected = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"multiple": True, **(attrs or {})})


class PicturesField(forms.FileField):
    """Any number of files, as a list; whether each is a picture is validated where it is stored."""

    widget = PicturesInput

    def __init__(self, *, most: int, **kwargs: Any) -> None:
        self.most = most
        super().__init__(**kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """Return the files that were chosen.

        Raises: ValidationError for more than `most`.
        """
        found = [file for file in data or [] if file]
        if len(found) > self.most:
            words = ngettext("Choose %d file at most.", "Choose %d files at most.", self.most)
            raise ValidationError(words % self.most)
        return found

    def has_changed(self, initial: object, data: object) -> bool:
        """Return whether a file was chosen."""
        return bool(data)
