"""A form of the back office as a browser has it: its fields as they are shown, changed, and sent back."""

from html.parser import HTMLParser
from typing import Any

from django.test import Client


class _Reader(HTMLParser):
    """Collects what the form with this id would send, and how its fields are typed."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id, self.inside = form_id, False
        self.fields: dict[str, Any] = {}
        self.kinds: dict[str, str] = {}
        self.text: list[str] = []
        self._select = self._area = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.inside = found.get("id") == self.form_id
        if not self.inside:
            return
        name, kind = found.get("name", ""), found.get("type", "text")
        if tag == "input" and name and "__prefix__" not in name:
            if kind in {"checkbox", "radio"}:
                if "checked" in found:
                    self.fields[name] = found.get("value", "on")
            elif kind not in {"submit", "file", "button"}:
                self.fields[name] = found.get("value", "")
                self.kinds[name] = found.get("inputmode") or kind
        elif tag == "select":
            self._select = name if "__prefix__" not in name else ""
            if self._select and "multiple" in found:
                self.fields.setdefault(name, [])
        elif tag == "option" and self._select and "selected" in found:
            known = self.fields.get(self._select)
            value = found.get("value", "")
            self.fields[self._select] = [*known, value] if isinstance(known, list) else value
        elif tag == "textarea" and name and "__prefix__" not in name:
            self._area, self.fields[name], self.kinds[name] = name, "", "text"

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        elif tag == "textarea":
            self._area = ""
        elif tag == "form":
            self.inside = False

    def handle_data(self, data: str) -> None:
        self.text.append(data)
        if self._area:
            self.fields[self._area] += data.lstrip("\n") if not self.fields[self._area] else data


class Shown:
    """A form that somebody has on the screen."""

    def __init__(self, client: Client, address: str, answer: Any) -> None:
        assert answer.status_code == 200, answer.status_code
        self.client, self.address = client, address
        reader = _Reader(f"{answer.context['opts'].model_name}_form")
        reader.feed(answer.content.decode())
        self.fields, self.kinds, self.words = reader.fields, reader.kinds, " ".join(reader.text)

    def send(self, **changes: Any) -> Any:
        """Send the form with these fields changed."""
        return self.client.post(self.address, {**self.fields, **changes})

    def typed(self) -> list[str]:
        """Return the names of the fields into which people type text or figures."""
        return [name for name, kind in self.kinds.items() if kind in {"text", "numeric", "decimal", "email"}]


def open_form(client: Client, address: str) -> Shown:
    """Open the page of a row."""
    return Shown(client, address, client.get(address))
