"""Compare pages without their white space, which the formatter of templates may change."""

import re
from typing import Any


def compact(html: str) -> str:
    """Return `html` with every run of white space as one space, and none beside a tag."""
    return re.sub(r" ?([<>]) ?", r"\1", " ".join(html.split()))


def hidden_fields(answer: Any) -> dict[str, str]:
    """Return the hidden fields of the form that asks to send something once more (`send_again.html`)."""
    form = answer.content.decode().split('id="send-again"')[1].split("</form>")[0]
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form))
