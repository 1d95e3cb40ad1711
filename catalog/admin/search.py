"""The search in the back office: synonyms, and what was searched in vain."""

from django.contrib import admin

from catalog.models import SearchMiss, SearchSynonyms
from shop.core.backoffice.base import BackOfficeAdmin, HistoryAdmin


@admin.register(SearchSynonyms)
class SearchSynonymsAdmin(BackOfficeAdmin[SearchSynonyms]):
    """Words that mean the same. The search knows a change within half a minute."""

    list_display = ["words", "country", "is_active"]
    list_filter = ["is_active", "country"]
    search_fields = ["words"]
    fields = ["words", ("country", "is_active")]


@admin.register(SearchMiss)
class SearchMissAdmin(HistoryAdmin[SearchMiss]):
    """What visitors searched and the shop does not have, or calls otherwise."""

    list_display = ["text", "corrected", "count", "day"]
    search_fields = ["text"]
    date_hierarchy = "day"
    fields = ["text", "corrected", "count", "day"]
