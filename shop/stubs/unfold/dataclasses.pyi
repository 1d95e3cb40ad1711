from collections.abc import Callable
from dataclasses import dataclass

from django.http import HttpResponse

@dataclass
class UnfoldAction:
    action_name: str
    method: Callable[..., HttpResponse]
    description: str
    path: str
    attrs: dict[str, str] | None = None
    object_id: int | str | None = None
    icon: str | None = None

@dataclass
class SearchResult:
    title: str
    description: str
    link: str
    icon: str | None
