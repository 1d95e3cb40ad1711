"""The sentences of Django's own scripts in the back office, with the shop's translations before Django's."""

from typing import Any

from django.conf import settings
from django.views.i18n import JavaScriptCatalog


class ScriptWords(JavaScriptCatalog):
    """What `admin:jsi18n` returns: Django's catalogue, overridden by `locale/`."""

    packages = ["django.contrib.admin"]

    def get_paths(self, packages: Any) -> list[str]:
        """Return the folders of catalogues; a later one overrides an earlier one."""
        return [*super().get_paths(packages), *map(str, settings.LOCALE_PATHS)]
