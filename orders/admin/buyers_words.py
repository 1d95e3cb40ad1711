"""What a buyer wrote or said by another way, as the staff enters it: the words, and the photos they sent."""

from django import forms
from django.utils.translation import gettext_lazy as _

from orders.returns import files
from shop.core.backoffice.verb_forms import VerbForm
from shop.core.pictures.widgets import PicturesField
from shop.core.user_input.lines import LinesField


def ask_words(form: VerbForm) -> None:
    """Add the fields `note` and `photos` to a form."""
    form.fields["note"] = LinesField(
        label=_("What the buyer wrote"), max_length=1000, required=False, widget=forms.Textarea
    )
    form.fields["photos"] = PicturesField(label=_("photos"), most=files.MOST_PHOTOS, required=False)
