"""Forms of an account in the back office: a new one, and one as it is."""

from allauth.account.models import EmailAddress
from django import forms
from django.contrib.auth.forms import ReadOnlyPasswordHashField
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminPasswordWidget, UnfoldBooleanSwitchWidget

from shop.accounts.models import User
from shop.core.user_input.emails import is_address


def _free_address(email: str, user: User) -> str:
    """Return an address in lower case; refuse one that another account has as a further address."""
    email = email.strip().lower()
    if EmailAddress.objects.filter(is_address("email", email)).exclude(user_id=user.pk).exists():
        raise forms.ValidationError(gettext("Another account has this address."))
    return email


class UserAddForm(forms.ModelForm[User]):
    """A new account made by staff: address, password, and whether it is staff."""

    password1 = forms.CharField(label=_("password"), widget=UnfoldAdminPasswordWidget, strip=False)

    class Meta:
        model = User
        fields = ["email", "is_staff"]
        widgets = {"email": UnfoldAdminEmailInputWidget, "is_staff": UnfoldBooleanSwitchWidget}

    def clean_email(self) -> str:
        """Return the address in lower case, as accounts keep it; an address that signs in somebody else is refused."""
        return _free_address(self.cleaned_data["email"], self.instance)

    def clean_password1(self) -> str:
        """Check the password by the shop's rules."""
        from django.contrib.auth.password_validation import validate_password

        password = str(self.cleaned_data["password1"])
        validate_password(password, self.instance)
        return password

    def save(self, commit: bool = True) -> User:
        """Set the password (hashed) and save."""
        user: User = super().save(commit=False)
        user.set_password(self.cleaned_data["password1"])
        if commit:
            user.save()
        return user


class UserChangeForm(forms.ModelForm[User]):
    """An account as it is; the password is changed on a page of its own."""

    password = ReadOnlyPasswordHashField(label=_("password"))

    class Meta:
        model = User
        fields = ["email", "password", "is_active", "is_staff", "is_superuser", "groups"]

    def clean_email(self) -> str:
        """Return the address in lower case, as accounts keep it; an address that signs in somebody else is refused."""
        return _free_address(self.cleaned_data["email"], self.instance)
