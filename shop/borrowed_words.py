"""Words of libraries that come without our languages, or write them otherwise than people do.

Nothing imports this file: `make messages` reads it, so that `locale/` can translate them like the shop's own words.
"""

from django.utils.translation import gettext_noop as _
from django.utils.translation import ngettext_lazy

# Brazilian dates are written in small letters ("21 de novembro"); Django's catalogue begins them with capitals.
MONTHS = (
    _("January"), _("February"), _("March"), _("April"), _("May"), _("June"),
    _("July"), _("August"), _("September"), _("October"), _("November"), _("December"),
)  # fmt: skip
WEEKDAYS = (
    _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"),
)  # fmt: skip

# django-unfold 0.91 has no catalogues.
UNFOLD = (
    _("Select record"), _("Select action"), _("Select action to run"), _("Select value"), _("Select all rows"),
    _("Select currency"), _("Collapse"), _("Expand row"), _("Value"), _("Current file"), _("Reset to default"),
    _("From"), _("To"), _("Date from"), _("Date to"), _("Not enough data."), _("Add new item"), _("Add row"),
    _("Paragraph"), _("Underlined"), _("Bold"), _("Italic"), _("Strike"), _("Link"), _("Heading"), _("Quote"),
    _("Unordered list"), _("Ordered list"), _("Indent increase"), _("Indent decrease"), _("Undo"), _("Redo"),
    _("Enter an URL"), _("Unlink"), _("Object permissions"), _("Object"), _("Group"), _("Group permissions"),
    _("Manage group"), _("User permissions"), _("Manage user"), _("View traceback"), _("Run"), _("No data"),
    _("Dataset not found. No action performed."), _("You can not create nested object without parent"),
    _("After you've created a user, you’ll be able to edit more user options."),
    _("Welcome back to"), _("Forgotten your password or username?"), _("Type to search"),
    _("You have been successfully logged out from the administration"), _("More actions"), _("All applications"),
    _("True"), _("False"), _("Apply Filters"), _("Recent searches"), _("No recent searches"),
    _("No results matching your query"), _("Loading more results..."), _("Record picture"),
    _("This item will be deleted."), _("Click to cancel"), _("No results found"),
    _("This page yielded into no results. Create a new item or reset your filters."), _("Reset filters"),
    _("Image preview"), _("Click to download"), _("Go back"), _("Search apps and models..."), _("General"),
    _("Light"), _("Dark"), _("System"), _("Return to site"), _("Choose file to upload"),
    _("Toggle password visibility"), _("Filters"), _("%(full_result_count)s total"), _("Select format"),
    _("This exporter will export the following fields"), _("This exporter will export the following fields: "),
    _(
        "Raw passwords are not stored, so there is no way to see this user’s password, but you can change the "
        'password using <a href="{}" class="text-primary-600 dark:text-primary-500">this form</a>.'
    ),
    ngettext_lazy(
        "\n                Found %(counter)s result in %(time)s seconds\n            ",
        "\n                Found %(counter)s results in %(time)s seconds\n            ",
        "counter",
    ),
)  # fmt: skip

# Django's Spanish admin says "usted" and "añadir"; the shop's staff read the same voice as its shoppers.
ADMIN = (
    _("Select %s to change"), _("Select %s to view"), _("Add %s"), _("View %s"), _("Save and add another"),
    _("Add another %(verbose_name)s"),
    ngettext_lazy("Please correct the error below.", "Please correct the errors below."),
    _("You may edit it again below."),
    _("The {name} “{obj}” was added successfully. You may edit it again below."),
    _("The {name} “{obj}” was added successfully. You may add another {name} below."),
    _("The {name} “{obj}” was changed successfully. You may edit it again below."),
    _("The {name} “{obj}” was changed successfully. You may add another {name} below."),
    _("The %(name)s “%(obj)s” was deleted successfully."),
    _("Click here to select the objects across all pages"), _("Your password was changed."),
    _("Items must be selected in order to perform actions on them. No items have been changed."),
    _("No action selected."), _("No, take me back"), _("Yes, I’m sure"),
)  # fmt: skip
