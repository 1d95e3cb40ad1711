"""What Ctrl+K finds in the back office: rows by their search fields, with a title and a subtitle."""

from typing import Final, TypeVar

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from unfold.admin import ModelAdmin
from unfold.dataclasses import SearchResult

from shop.core.folding import fold

M = TypeVar("M", bound=Model)
MOST: Final = 10  # Of each kind: more are found in its list.


class Findable(ModelAdmin[M]):
    """How a model admin's rows appear in Ctrl+K; an admin overrides their title."""

    # The place of the rows among the results, the smallest first; 0: Ctrl+K does not search them.
    command_rank = 0
    command_icon = "data_object"

    def find(self, request: HttpRequest, text: str) -> QuerySet[M]:
        """Return the rows that `text` finds, the likeliest first."""
        found, _doubles = self.get_search_results(request, self.get_queryset(request), text)
        return found

    def hit(self, obj: M) -> tuple[str, str]:
        """Return the title and the subtitle of a row that was found."""
        return str(obj), str(obj._meta.verbose_name)


def found(request: HttpRequest, text: str) -> list[SearchResult]:
    """Return the rows that the user may see, at most `MOST` of each kind, one statement for each kind."""
    results = _pages(request, text)
    findable = [
        one for one in admin.site._registry.values() if isinstance(one, Findable) and one.command_rank
    ]
    for model_admin in sorted(findable, key=lambda one: one.command_rank):
        if not model_admin.has_view_permission(request):
            continue
        for row in model_admin.find(request, text)[:MOST]:
            title, words = model_admin.hit(row)
            results.append(
                SearchResult(title=title, description=words, link=_link(row), icon=model_admin.command_icon)
            )
    return results


def _link(row: Model) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def _pages(request: HttpRequest, text: str) -> list[SearchResult]:
    """Return the lists whose names have the words, ignoring accents; unfold itself finds exact matches."""
    wanted = fold(text)
    return [
        SearchResult(
            title=str(model["name"]), description=str(app["name"]), link=model["admin_url"], icon="tag"
        )
        for app in admin.site.get_app_list(request)
        for model in app["models"]
        if wanted in fold(str(model["name"])) and text.lower() not in str(model["name"]).lower()
    ]
