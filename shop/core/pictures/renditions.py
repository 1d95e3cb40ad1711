"""The renditions of a picture: the same picture in several widths and formats, made by a worker (`rendering`).

Their names follow from the picture's own, so that a page which knows the picture's row knows their addresses without
another query: `products/<32 hex>.jpg` has `products/<32 hex>-r1-640.avif`. A name stands for the same bytes for ever:
the number after `r` is the recipe by which they were encoded.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Case, F, Value, When

# Pixels. A picture is never made larger: it has those that are not wider than itself.
WIDTHS: Final = (320, 480, 640, 960, 1280, 1600)
# As browsers should choose; the last one is understood by all. A picture with transparency has no JPEG.
FORMATS: Final = ("avif", "webp", "jpg")
TRANSPARENT_FORMATS: Final = ("avif", "webp")
# Raised when the same picture would be encoded otherwise: `manage.py render_pictures` makes all of them again.
RECIPE: Final = 1
# The picture that other sites show of a page (og:image): JPEG, this many pixels.
SHARE: Final = (1200, 630)
# A phone's card is at most as wide (two columns of 390 px, three device pixels each); so many bytes are its budget.
CARD_WIDTH: Final = 640
CARD_BYTES: Final = 60_000
# After so many failures a picture is left as it is, until its file or the recipe changes.
MOST_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Renditions:
    """What was made of one file: widths in pixels (ascending), formats as file endings.

    `colour` is that of its edges, `#rrggbb`; "" for a picture with transparency: what is behind it shall be seen.
    """

    file: str
    widths: tuple[int, ...]
    formats: tuple[str, ...]
    colour: str
    recipe: int

    @classmethod
    def read(cls, file: str, stored: object) -> "Renditions | None":
        """Return what a row's column says of its file; None while nothing is made, or it was made of another file."""
        if not isinstance(stored, Mapping) or stored.get("file") != file or "widths" not in stored:
            return None
        return cls(
            file=file,
            widths=tuple(stored["widths"]),
            formats=tuple(stored["formats"]),
            colour=str(stored["colour"]),
            recipe=int(stored["recipe"]),
        )

    def stored(self) -> dict[str, object]:
        """Return what the row's column keeps."""
        return {
            "file": self.file,
            "widths": list(self.widths),
            "formats": list(self.formats),
            "colour": self.colour,
            "recipe": self.recipe,
        }

    def name(self, width: int, form: str) -> str:
        """Return the name in the storage of one of them."""
        return rendition_name(self.file, f"{width}.{form}", self.recipe)

    @property
    def share(self) -> str:
        """The name in the storage of the picture for other sites (`SHARE`)."""
        return rendition_name(self.file, "share.jpg", self.recipe)


def rendition_name(file: str, ending: str, recipe: int = RECIPE) -> str:
    """Return the name of a rendition of `file`; `ending` is "640.avif" or "share.jpg"."""
    return f"{file.rpartition('.')[0]}-r{recipe}-{ending}"


def possible_names(file: str) -> Iterator[str]:
    """Yield every name that a rendition of `file` may have."""
    for recipe in range(1, RECIPE + 1):
        yield rendition_name(file, "share.jpg", recipe)
        for width in WIDTHS:
            for form in FORMATS:
                yield rendition_name(file, f"{width}.{form}", recipe)


class RenditionsField(models.JSONField):
    """What a worker has made of the row's picture (`Renditions`); null: nothing yet.

    Written by `rendering` alone. Saving the row keeps the column as the database has it, whatever the instance read
    before, and empties it when the picture is another: a form that was open meanwhile loses nothing.
    """

    def __init__(self, *args: Any, picture: str, **kwargs: Any) -> None:
        self.picture = picture
        super().__init__(*args, **{"null": True, "editable": False, **kwargs})

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, {**kwargs, "picture": self.picture}

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Return null for a new row, and an expression for one that exists."""
        if add:
            return None
        file = str(getattr(model_instance, self.picture) or "")
        return Case(When(**{self.picture: Value(file)}, then=F(self.attname)))


class FocusField(models.PositiveSmallIntegerField[int, int]):
    """Where the eye of a picture is, in per cent of its width or height: what stays in sight when it is cut."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        usual = {"default": 50, "db_default": 50, "blank": True, "validators": [MaxValueValidator(100)]}
        super().__init__(*args, **{**usual, **kwargs})

    def get_prep_value(self, value: Any) -> Any:
        """Return the middle for a form's empty field."""
        return 50 if value is None else super().get_prep_value(value)
