"""Files that buyers and the shop hand one another about an order: what rows of returns and of claims have in common."""

from typing import ClassVar, Final

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shop.core.models import BaseModel

_TYPES: Final = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "pdf": "application/pdf"}


class KeptFile(BaseModel):
    """A file whose bytes live in its row: the media folder is public, and these are for the staff and the buyer alone.

    Forgotten (`purged_at`) it is empty, and the row stays.
    """

    suffix = models.CharField(max_length=5, editable=False)
    content = models.BinaryField()
    digest = models.CharField(max_length=64, editable=False)
    size = models.PositiveIntegerField(_("bytes"), default=0)
    purged_at = models.DateTimeField(_("forgotten"), null=True, blank=True)

    class Meta:
        abstract = True
        ordering = ["created_at", "id"]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(purged_at=None) | Q(size=0), name="%(class)s_purged_is_empty"),
        ]

    @property
    def media_type(self) -> str:
        """The media type by which it is served."""
        return _TYPES[self.suffix]

    @property
    def ending(self) -> str:
        """How the name ends under which it is downloaded."""
        return f".{self.suffix}"
