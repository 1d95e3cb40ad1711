"""Sentences for the refusals of a count."""

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory import codes
from inventory.counts import errors


def explain(error: Exception) -> str:
    """Return a sentence for a refusal of `inventory.counts`, or of a code."""
    match error:
        case codes.UnknownCode():
            return _("No variant has the SKU or barcode %s.") % error.code
        case codes.AmbiguousCode():
            return (
                _("%s is the SKU of one variant and the barcode of another: choose the line by hand.")
                % error.code
            )
        case errors.AlreadyBeingCounted():
            return _("Some of it is being counted already: %s.") % ", ".join(error.numbers)
        case errors.WrongState():
            words = _("Count %(number)s is %(status)s already.")
            return words % {"number": error.count.number, "status": error.count.get_status_display()}
        case errors.SecondPersonNeeded():
            words = ngettext(
                "%d unit of difference: somebody who did not count must approve.",
                "%d units of difference: somebody who did not count must approve.",
                error.units,
            )
            return words % error.units
        case errors.CountShort():
            return _short(error)
        case errors.NotPartOfIt():
            words = _(
                "%s lies here too, but is no part of this count. Leave it out, or count the whole place."
            )
            return words % ", ".join(error.skus[:8])
        case errors.NothingToCount():
            return _("Nothing is kept there: there is nothing to count.")
        case errors.NothingCounted():
            return _("Nothing was counted yet.")
    return _("This figure cannot be: it is below zero, too large, or from outside the time of the count.")


def _short(error: errors.CountShort) -> str:
    lines = "; ".join(
        _("%(sku)s: %(wanted)s are missing, %(on_hand)s are in the books, %(reserved)s of them held")
        % {"sku": line.sku, "wanted": line.wanted, "on_hand": line.on_hand, "reserved": line.reserved}
        for line in error.lines[:10]
    )
    advice = _(
        "Units that were not found are held for buyers or were sold since. Release the holds, or count again:"
    )
    return f"{advice} {lines}"
