"""Sentences of Django's forms and admin, and of django-allauth, in another form of address than the shop's.

Their Spanish catalogues say "usted" and "fichero"; ours say "vos" and "archivo" everywhere. Nothing imports this file:
`make messages` reads it. `shop/core/tests/translations/test_voice.py` lists what is missing after an upgrade.
"""

from django.utils.translation import gettext_noop as _
from django.utils.translation import ngettext_lazy

WORDS = (
    _("Enter a valid domain name."),
    _("Enter a valid “slug” consisting of letters, numbers, underscores or hyphens."),
    _("Enter a valid “slug” consisting of Unicode letters, numbers, underscores, or hyphens."),
    _("Enter a valid %(protocol)s address."),
    _("Enter only digits separated by commas."),
    _("Ensure this value is %(limit_value)s (it is %(show_value)s)."),
    _("Ensure this value is a multiple of step size %(limit_value)s."),
    _(
        "Ensure this value is a multiple of step size %(limit_value)s, starting from %(offset)s, e.g. "
        "%(offset)s, %(valid_value1)s, %(valid_value2)s, and so on."
    ),
    ngettext_lazy(
        "Ensure that there are no more than %(max)s digit in total.",
        "Ensure that there are no more than %(max)s digits in total.",
        "max",
    ),
    ngettext_lazy(
        "Ensure that there are no more than %(max)s decimal place.",
        "Ensure that there are no more than %(max)s decimal places.",
        "max",
    ),
    ngettext_lazy(
        "Ensure that there are no more than %(max)s digit before the decimal point.",
        "Ensure that there are no more than %(max)s digits before the decimal point.",
        "max",
    ),
    _("File path"),
    _("Enter a valid duration."),
    _("No file was submitted. Check the encoding type on the form."),
    _("No file was submitted."),
    _("The submitted file is empty."),
    ngettext_lazy(
        "Ensure this filename has at most %(max)d character (it has %(length)d).",
        "Ensure this filename has at most %(max)d characters (it has %(length)d).",
        "max",
    ),
    _("Please either submit a file or check the clear checkbox, not both."),
    _("Upload a valid image. The file you uploaded was either not an image or a corrupted image."),
    _("Enter a list of values."),
    _("Enter a valid UUID."),
    ngettext_lazy(
        "Please submit at most %(num)d form.",
        "Please submit at most %(num)d forms.",
        "num",
    ),
    ngettext_lazy(
        "Please submit at least %(num)d form.",
        "Please submit at least %(num)d forms.",
        "num",
    ),
    _("Please correct the duplicate data for %(field)s."),
    _("Please correct the duplicate data for %(field)s, which must be unique."),
    _(
        "Please correct the duplicate data for %(field_name)s which must be unique for the %(lookup)s in "
        "%(date_field)s."
    ),
    _("Please correct the duplicate values below."),
    _("Delete selected %(verbose_name_plural)s"),
    _(
        "Please enter the correct %(username)s and password for a staff account. Note that both fields "
        "may be case-sensitive."
    ),
    _("Addition"),
    _("Added."),
    _("Hold down “Control”, or “Command” on a Mac, to select more than one."),
    _("Select this object for an action - {}"),
    _(
        "There’s been an error. It’s been reported to the site administrators via email and should be "
        "fixed shortly. Thanks for your patience."
    ),
    _("Click here to select the objects across all pages"),
    _("Add link"),
    _("Add"),
    _("Enter a new password for the user <strong>%(username)s</strong>."),
    _("Add %(name)s"),
    _(
        "Deleting the %(object_name)s '%(escaped_object)s' would result in deleting related objects, but "
        "your account doesn't have permission to delete the following types of objects:"
    ),
    _(
        'Are you sure you want to delete the %(object_name)s "%(escaped_object)s"? All of the '
        "following related items will be deleted:"
    ),
    _(
        "Deleting the selected %(objects_name)s would result in deleting related objects, but your "
        "account doesn't have permission to delete the following types of objects:"
    ),
    _(
        "Deleting the selected %(objects_name)s would require deleting the following protected related "
        "objects:"
    ),
    _(
        "Are you sure you want to delete the selected %(objects_name)s? All of the following objects and "
        "their related items will be deleted:"
    ),
    _(
        "Deleting the %(object_name)s '%(escaped_object)s' would require deleting the following "
        "protected related objects:"
    ),
    _(
        "You are authenticated as %(username)s, but are not authorized to access this page. Would you "
        "like to login to a different account?"
    ),
    _("Forgotten your login credentials?"),
    _("Change selected %(model)s"),
    _("Add another %(model)s"),
    _("Delete selected %(model)s"),
    _("View selected %(model)s"),
    _("Your password was changed."),
    _(
        "Please enter your old password, for security’s sake, and then enter your new password twice so "
        "we can verify you typed it in correctly."
    ),
    _("Your password has been set.  You may go ahead and log in now."),
    _("Please enter your new password twice so we can verify you typed it in correctly."),
    _("Confirm password:"),
    _(
        "The password reset link was invalid, possibly because it has already been used.  Please request "
        "a new password reset."
    ),
    _(
        "We’ve emailed you instructions for setting your password, if an account exists with the email "
        "you entered. You should receive them shortly."
    ),
    _(
        "If you don’t receive an email, please make sure you’ve entered the address you registered with, "
        "and check your spam folder."
    ),
    _(
        "You're receiving this email because you requested a password reset for your user account at "
        "%(site_name)s."
    ),
    _("Please go to the following page and choose a new password:"),
    _("In case you’ve forgotten, you are:"),
    _(
        "Forgotten your password? Enter your email address below, and we’ll email instructions for "
        "setting a new one."
    ),
    _("Select all objects on this page for an action"),
    _("Select %s"),
    _("Conflicting form data submitted. Please try again."),
    _("Invalid password format or unknown hashing algorithm."),
    _("No password set."),
    _("Enter the same password as before, for verification."),
    _("Enable password-based authentication for this user by setting a password."),
    _("Please enter a correct %(username)s and password. Note that both fields may be case-sensitive."),
    _(
        "Designates whether this user should be treated as active. Unselect this instead of deleting "
        "accounts."
    ),
    _(
        "Enter a valid username. This value may contain only unaccented lowercase a-z and uppercase A-Z "
        "letters, numbers, and @/./+/-/_ characters."
    ),
    _("Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."),
    _("Enter new password"),
    _("Enter two valid values."),
    _("Enter two whole numbers."),
    _("Enter two numbers."),
    _("Enter two valid date/times."),
    _("Enter two valid dates."),
    _("Ensure that the upper bound of the range is not greater than %(limit_value)s."),
    _("Ensure that the lower bound of the range is not less than %(limit_value)s."),
    _("Your account has no password set up."),
    _("Your account has no verified email address."),
    _("The new value must be different from the current one."),
    _("You must type the same email each time."),
    _("You cannot add an email address to an account protected by two-factor authentication."),
    _("You cannot generate recovery codes without having two-factor authentication enabled."),
    _("You cannot activate two-factor authentication until you have verified your email address."),
    _("If you have not created an account yet, then please %(link)ssign up%(end_link)s first."),
    _(
        "Forgotten your password? Enter your email address below, and we'll send you an email allowing "
        "you to reset it."
    ),
    _("Already have an account? Then please %(link)ssign in%(end_link)s."),
    _(
        "You currently do not have any email address set up. You should really add an email address so "
        "you can receive notifications, reset your password, etc."
    ),
    _(
        "We have sent an email to you for verification. Follow the link provided to finalize the signup "
        "process. If you do not see the verification email in your main inbox, check your spam folder. "
        "Please contact us if you do not receive the verification email within a few minutes."
    ),
    _(
        "This part of the site requires us to verify that\nyou are who you claim to be. For this "
        "purpose, we require that you\nverify ownership of your email address. "
    ),
    _(
        "We have sent an email to you for\nverification. Please click on the link inside that email. If "
        "you do not see the verification email in your main inbox, check your spam folder. "
        "Otherwise\ncontact us if you do not receive it within a few minutes."
    ),
    _('<strong>Note:</strong> you can still <a href="%(email_url)s">change your email address</a>.'),
    _(
        "If you choose to trust this browser, you will not be asked for a verification code the next "
        "time you sign in."
    ),
    _("Trust this Browser?"),
)
