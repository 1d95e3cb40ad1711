"""django-unfold's configuration: the back office in the shop's own ink, ordered as a clerk thinks."""

from typing import Any

UNFOLD: dict[str, Any] = {}
