"""Billing data: identity and tax documents, checked by each country's own rules."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from shop.core.countries import Country
from shop.core.countries.numbers import clean_number


class InvalidDocument(ValueError):
    """The number is not one of its kind; `message` says so to the shopper. Trying again does not help."""

    def __init__(self, message: str | Promise) -> None:
        super().__init__(str(message))
        self.message = message


def clean_document(country: Country, code: str, number: str) -> str:
    """Return a document's number in its compact form (digits and capitals only), checked with its check digit.

    Rules: `shop.core.countries`, whose documents name the python-stdnum modules or a pattern.

    Raises:
        InvalidDocument: unknown kind, or a number which that kind cannot have.
    """
    document = country.document(code)
    if document is None:
        raise InvalidDocument(_("Choose a kind of document from the list."))
    try:
        return clean_number(document, number)
    except ValueError as error:
        words = _("This is not a valid %(kind)s. It looks like %(example)s.")
        raise InvalidDocument(words % {"kind": document.label, "example": document.example}) from error


def display_document(country: Country, code: str, number: str) -> str:
    """Return `DNI 30123456` for screens and mails; nothing for no document."""
    document = country.document(code)
    return f"{document.label if document else code} {number}".strip() if number else ""
