"""`manage.py check_translations`: is every sentence translated, with its placeholders, in every language?"""

from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import to_locale

from shop.core.translations.check import ExtractionFailed, collect_sentences, outdated, problems

SOURCE_LANGUAGE = "en"


class Command(BaseCommand):
    """Compare each catalogue with the sentences in code and templates."""

    help = "Check that every sentence is translated (not fuzzy, placeholders intact) in every language of the shop."
    requires_system_checks = []

    def handle(self, *args: object, **options: object) -> None:
        """Print what is missing, and fail when anything is."""
        try:
            collected = collect_sentences(Path(settings.BASE_DIR))
        except ExtractionFailed as error:
            raise CommandError(str(error)) from error
        count = 0
        for domain, sentences in collected.items():
            if not len(sentences):
                continue
            for language in (code for code, _name in settings.LANGUAGES if code != SOURCE_LANGUAGE):
                count += self._report(sentences, domain, to_locale(language))
        if count:
            raise CommandError(
                f"{count} sentences need a translator (`make messages` brings new ones into locale/)."
            )
        total = sum(len(sentences) for sentences in collected.values())
        self.stdout.write(f"All {total} sentences are translated in every language.")

    def _report(self, sentences: Any, domain: str, locale: str) -> int:
        """Print the problems of one catalogue; return their number."""
        path = Path(settings.BASE_DIR) / "locale" / locale / "LC_MESSAGES" / f"{domain}.po"
        if not path.exists():
            self.stderr.write(f"{locale}: there is no catalogue {path.relative_to(settings.BASE_DIR)}.")
            return len(sentences)
        with path.open("rb") as stream:
            translated = read_po(stream, locale=locale)
        lines = list(problems(sentences, translated))
        for line in lines:
            self.stderr.write(f"{locale}: {line}")
        if forgotten := outdated(sentences, translated):
            self.stdout.write(
                f"{locale}: {len(forgotten)} sentences are no longer said; `make messages` drops them."
            )
        return len(lines)
