"""The back office's input for a picture: a thumbnail of what is there, and the browser's own file chooser."""

from typing import Any, Final

from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.safestring import SafeString
from unfold.widgets import FileFieldMixin

from shop.core.pictures.field import ACCEPT

_TEMPLATES: Final = TemplatesSetting()


class PictureInput(FileFieldMixin, forms.ClearableFileInput):
    """A thumbnail with the row's words as its alternative text, beside the file input."""

    template_name = "admin/picture_input.html"

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"accept": ACCEPT, **(attrs or {})})

    def render(
        self, name: str, value: Any, attrs: dict[str, Any] | None = None, renderer: Any = None
    ) -> SafeString:
        """Render from the project's templates, which Django's own form renderer does not look into."""
        return super().render(name, value, attrs, _TEMPLATES)
