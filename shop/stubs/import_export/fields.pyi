from collections.abc import Callable
from typing import Any

from import_export.widgets import Widget

class Field:
    attribute: str | None
    column_name: str | None
    widget: Widget
    def __init__(
        self,
        attribute: str | None = None,
        column_name: str | None = None,
        widget: Widget | None = None,
        dehydrate_method: str | Callable[[Any], object] | None = None,
    ) -> None: ...
