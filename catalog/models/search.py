"""What the search keeps besides the rows of the lists: words, synonyms, what was not found, snapshots of the sets."""

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models.changes import changes_catalogue
from shop.core import folding
from shop.core.models import BaseModel


class SearchWord(models.Model):
    """A folded word of the rows of the lists, and how many of them have it.

    Its beginnings are found by the index for `LIKE` that Django gives a key of text.
    """

    word = models.CharField(max_length=60, primary_key=True)
    weight = models.IntegerField(default=0)

    class Meta:
        verbose_name = _("word of the search")
        verbose_name_plural = _("words of the search")

    def __str__(self) -> str:
        return self.word


class SearchDeletion(models.Model):
    """A word without one letter or two, by which what was mistyped is found (catalog/search/spelling.py)."""

    deletion = models.CharField(max_length=60)
    word = models.CharField(max_length=60)

    class Meta:
        verbose_name = _("word without letters")
        verbose_name_plural = _("words without letters")
        constraints = [models.UniqueConstraint(fields=["deletion", "word"], name="searchdeletion_one")]
        indexes = [models.Index(fields=["word"], name="searchdeletion_word")]

    def __str__(self) -> str:
        return f"{self.deletion}: {self.word}"


class SearchSynonyms(BaseModel):
    """Words that mean the same in a country (an empty code: everywhere): who searches one finds all."""

    country = models.CharField(
        _("country"), max_length=2, blank=True, help_text=_("Two letters, such as AR; empty: everywhere.")
    )
    words = models.CharField(
        _("words"),
        max_length=300,
        help_text=_("Single words with commas between them: remera, playera, camiseta."),
    )
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        verbose_name = _("synonyms")
        verbose_name_plural = _("synonyms")
        ordering = ["country", "words"]
        triggers = [changes_catalogue()]

    def __str__(self) -> str:
        return self.words

    @property
    def listed(self) -> list[str]:
        """Return the words, each once."""
        return list(dict.fromkeys(word.strip() for word in self.words.split(",") if word.strip()))

    def clean(self) -> None:
        """Refuse what a search would never compare.

        Raises:
            ValidationError: fewer than two words, or one that is several.
        """
        self.country = self.country.strip().upper()
        if len(self.listed) < 2:
            raise ValidationError({"words": _("Write at least two words, with a comma between them.")})
        several = [word for word in self.listed if len(folding.fold(word).split()) != 1]
        if several:
            raise ValidationError(
                {"words": _("Write single words: “%(word)s” is several.") % {"word": several[0]}}
            )


class SearchMiss(models.Model):
    """What was searched and not found, or only otherwise: how often on a day. Nobody's name or address is kept."""

    day = models.DateField(_("day"))
    text = models.CharField(_("searched"), max_length=100)
    corrected = models.CharField(_("shown instead"), max_length=100, blank=True)
    count = models.PositiveIntegerField(_("times"), default=1)

    class Meta:
        verbose_name = _("search that found nothing")
        verbose_name_plural = _("searches that found nothing")
        ordering = ["-day", "-count", "text"]
        constraints = [models.UniqueConstraint(fields=["day", "text"], name="searchmiss_one_a_day")]

    def __str__(self) -> str:
        return self.text


class SearchSnapshot(models.Model):
    """The sets of all rows at a revision, from which a new process begins: one row, key 1."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    revision = models.BigIntegerField()
    made_at = models.DateTimeField()
    data = models.BinaryField()

    class Meta:
        verbose_name = _("snapshot of the search")
        verbose_name_plural = _("snapshots of the search")

    def __str__(self) -> str:
        return str(self.revision)
