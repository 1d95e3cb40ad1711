"""Forms of the pages behind endpoints: the same rules, and their errors as a problem."""

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS
from django.utils.translation import gettext as _

from shop.core.api.problems import INVALID, FieldProblem, Problem


def invalid(form: forms.BaseForm) -> Problem:
    """Return the problem of a form that is not valid: each error with the pointer of its field, or of the body."""
    errors = [
        FieldProblem("" if name == NON_FIELD_ERRORS else f"#/{name}", str(words))
        for name, found in form.errors.items()
        for words in found
    ]
    return INVALID(_("Some values cannot be taken."), errors=errors)
