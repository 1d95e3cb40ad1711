/* Sentences that the scripts of Django's admin say, in the shop's own voice: Django's Spanish says "usted" there.
   No page loads this file: `make messages` reads it, and shop/core/backoffice/script_translations.py hands the translations out. */
gettext("Available %s");
gettext("Choose %s by selecting them and then select the \"Choose\" arrow button.");
gettext("Type into this box to filter down the list of available %s.");
gettext("Filter");
gettext("Choose all %s");
gettext("Choose selected %s");
gettext("Remove selected %s");
gettext("Chosen %s");
gettext("Remove %s by selecting them and then select the \"Remove\" arrow button.");
gettext("Type into this box to filter down the list of selected %s.");
gettext("(click to clear)");
gettext("Remove all %s");
ngettext("%s selected option not visible", "%s selected options not visible", 2);
ngettext("%(sel)s of %(cnt)s selected", "%(sel)s of %(cnt)s selected", 2);
gettext("You have unsaved changes on individual editable fields. If you run an action, your unsaved changes will be lost.");
gettext("You have selected an action, but you haven’t saved your changes to individual fields yet. Please click OK to save. You’ll need to re-run the action.");
gettext("You have selected an action, and you haven’t made any changes on individual fields. You’re probably looking for the Go button rather than the Save button.");
gettext("Midnight");
gettext("6 a.m.");
gettext("6 p.m.");
ngettext("Note: You are %s hour ahead of server time.", "Note: You are %s hours ahead of server time.", 2);
ngettext("Note: You are %s hour behind server time.", "Note: You are %s hours behind server time.", 2);
gettext("Choose a Time");
gettext("Choose a time");
gettext("Choose a Date");
