"""What the columns of a file may hold, and what an export writes into them: django-import-export's resources."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Model
from import_export import resources
from import_export.fields import Field
from import_export.widgets import Widget

from shop.core.spreadsheets import cells


def _fields(model: type, widgets: Mapping[str, tuple[str, Widget]]) -> dict[str, Field]:
    return {
        code: Field(attribute=attribute, column_name=code, widget=widget)
        for code, (attribute, widget) in widgets.items()
    }


class SheetResource(resources.Resource):
    """A resource whose column names are codes; `labels` are the headings people see."""

    labels: Mapping[str, Any] = {}
    columns: Mapping[str, tuple[str, Widget]] = {}
    # Arguments of `prefetch_related`; code that reads the rows in batches calls it for each batch.
    prefetched: tuple[str, ...] = ()

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.fields = _fields(type(self), self.columns)

    def get_export_order(self) -> list[str]:
        return list(self.fields)

    def heading(self, code: str) -> str:
        """Return the heading of a column, in the active language."""
        return str(self.labels.get(code, code))

    def get_export_headers(self, selected_fields: object = None) -> list[str]:
        # The name of an option is a heading too, and staff choose it.
        return [cells.guard(self.heading(code)) for code in self.get_export_order()]

    def export_field(self, field: Field, instance: Model, **kwargs: object) -> object:
        value = super().export_field(field, instance, **kwargs)
        return cells.guard(value) if isinstance(value, str) else value
