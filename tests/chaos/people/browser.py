"""An HTTP client that acts as a browser: pages, forms with their initial values, cookies, redirects."""

import re
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import requests

PATIENCE = 60.0
_BACK = re.compile(r'href="([^"]+)" data-testid="back"')


class NoSuchForm(LookupError):
    """The page has no form with that address: it is another page than expected."""


@dataclass
class Form:
    """A form as the page shows it: where it leads, and what it would send."""

    action: str
    values: dict[str, str] = field(default_factory=dict)
    options: dict[str, list[str]] = field(default_factory=dict)


class _Forms(HTMLParser):
    """Collect the forms, and the fields outside which name one by their `form` attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._by_id: dict[str, Form] = {}
        self._open: Form | None = None
        self._select: tuple[Form, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        data = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(data.get("action", ""))
            self.forms.append(self._open)
            if "id" in data:
                self._by_id[data["id"]] = self._open
            return
        form = self._by_id.get(data["form"]) if "form" in data else self._open
        name = data.get("name", "")
        if tag == "option" and self._select:
            self._note_option(data)
        elif form is None or not name:
            return
        elif tag == "select":
            self._select = (form, name)
        elif tag == "input":
            self._note_input(form, name, data)
        elif tag == "textarea":
            form.values.setdefault(name, "")

    def _note_option(self, data: dict[str, str]) -> None:
        form, name = self._select
        form.options.setdefault(name, []).append(data.get("value", ""))
        if "selected" in data or name not in form.values:
            form.values[name] = data.get("value", "")

    def _note_input(self, form: Form, name: str, data: dict[str, str]) -> None:
        kind, value = data.get("type", "text"), data.get("value", "")
        if kind in {"radio", "checkbox"}:
            form.options.setdefault(name, []).append(value or "on")
            if "checked" in data:
                form.values[name] = value or "on"
        elif kind not in {"submit", "button", "image", "file"}:
            form.values[name] = value

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = None


@dataclass
class Page:
    """What came back: the last address, its status, its text, and where it would have led on (see `stay`)."""

    url: str
    status: int
    text: str
    onward: str = ""

    @property
    def is_broken(self) -> bool:
        return self.status >= 500

    @property
    def way_back(self) -> str:
        """Return where the provider leads back to: by itself, or by the link it shows."""
        found = _BACK.search(self.text)
        return self.onward or (unescape(found[1]) if found else "")

    def form(self, part: str = "", *, holding: str = "") -> Form:
        """Return the first form whose address contains `part` and which has the field `holding`.

        Raises:
            NoSuchForm: there is none.
        """
        reader = _Forms()
        reader.feed(self.text)
        for form in reader.forms:
            if part in form.action and (not holding or holding in {*form.values, *form.options}):
                return form
        raise NoSuchForm(f"{urlsplit(self.url).path} ({self.status}) has no form {part}{holding}")


class Browser:
    """One visitor's cookies. Raises what `requests` raises when nobody answers."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.headers["Accept-Language"] = "es-AR"
        self._session.trust_env = False

    def window(self) -> "Browser":
        """Return another window of this browser, with its cookies as they are."""
        other = Browser()
        other._session.cookies.update(self._session.cookies)
        return other

    def get(self, url: str, *, stay: str = "") -> Page:
        """Open an address. `stay`: follow no redirect that leads away from addresses beginning with it."""
        return self._follow(self._session.get(url, timeout=PATIENCE, allow_redirects=False), stay)

    def submit(self, page: Page, form: Form, values: dict[str, str] | None = None, *, stay: str = "") -> Page:
        """Send a form as the page shows it, with `values` filled in."""
        answer = self._session.post(
            urljoin(page.url, form.action),
            data={**form.values, **(values or {})},
            # As every browser does: by it the shop knows its own forms.
            headers={"Referer": page.url, "Origin": "{0.scheme}://{0.netloc}".format(urlsplit(page.url))},
            timeout=PATIENCE,
            allow_redirects=False,
        )
        return self._follow(answer, stay)

    def _follow(self, answer: requests.Response, stay: str) -> Page:
        for _turn in range(10):
            if not answer.is_redirect:
                break
            onward = urljoin(answer.url, answer.headers["Location"])
            if not onward.startswith(stay):
                return Page(answer.url, answer.status_code, "", onward)
            answer = self._session.get(onward, timeout=PATIENCE, allow_redirects=False)
        return Page(answer.url, answer.status_code, answer.text)

    def close(self) -> None:
        self._session.close()
