"""People in the back office: accounts with their details and addresses, staff roles, second steps."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import ReadOnlyPasswordHashField
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display
from unfold.forms import AdminPasswordChangeForm
from unfold.widgets import UnfoldAdminEmailInputWidget, UnfoldAdminPasswordWidget, UnfoldBooleanSwitchWidget

from shop.accounts import erasure_admin
from shop.accounts.models import Address, Profile, User, vouch
from shop.core.backoffice import BackOfficeAdmin, ReadOnlyMixin, StackedBackOfficeInline

__all__ = ["erasure_admin"]  # Importing it registers its page.

for _model in (Group, EmailAddress, Authenticator):
    try:
        admin.site.unregister(_model)
    except NotRegistered:
        continue
for _model in [model for model in admin.site._registry if model._meta.label == "account.EmailConfirmation"]:
    admin.site.unregister(_model)


class UserAddForm(forms.ModelForm):
    """A new account made by staff: address, password, and whether it is staff."""

    password1 = forms.CharField(label=_("password"), widget=UnfoldAdminPasswordWidget, strip=False)

    class Meta:
        model = User
        fields = ["email", "is_staff"]
        widgets = {"email": UnfoldAdminEmailInputWidget, "is_staff": UnfoldBooleanSwitchWidget}

    def clean_email(self) -> str:
        """Return the address in lower case, as accounts keep it."""
        return str(self.cleaned_data["email"]).lower()

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


class UserChangeForm(forms.ModelForm):
    """An account as it is; the password is changed on a page of its own."""

    password = ReadOnlyPasswordHashField(label=_("password"))

    class Meta:
        model = User
        fields = ["email", "password", "is_active", "is_staff", "is_superuser", "groups"]

    def clean_email(self) -> str:
        """Return the address in lower case, as accounts keep it."""
        return str(self.cleaned_data["email"]).lower()


class ProfileInline(StackedBackOfficeInline):
    model = Profile
    extra = 0
    can_delete = False
    fields = [("first_name", "last_name"), ("phone", "language"), ("document_type", "document_number")]


class AddressInline(StackedBackOfficeInline):
    model = Address
    extra = 0
    fields = [("recipient", "label"), ("street", "apartment"), ("city", "state"), ("postal_code", "country"),
              ("phone", "is_default")]  # fmt: skip


@admin.register(User)
class UserAdmin(DjangoUserAdmin, BackOfficeAdmin):
    """Accounts of shoppers and staff."""

    form = UserChangeForm
    add_form = UserAddForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["email", "person", "is_staff", "is_active", "date_joined", "last_login"]
    list_filter = ["is_staff", "is_active", "groups"]
    list_select_related = ["profile"]
    search_fields = ["email", "profile__first_name", "profile__last_name", "profile__document_number"]
    ordering = ["-date_joined"]
    date_hierarchy = "date_joined"
    filter_horizontal = ["groups"]
    readonly_fields = ["last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["email", "password"]}),
        (_("Rights"), {"fields": [("is_active", "is_staff", "is_superuser"), "groups"]}),
        (_("Dates"), {"fields": [("date_joined", "last_login")]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "password1", "is_staff"]})]

    @display(description=_("name"), ordering="profile__last_name")
    def person(self, user: User) -> str:
        return user.get_full_name() or "—"

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """Ask for details and addresses only once the account is there."""
        return [ProfileInline, AddressInline] if obj else []

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Let only a superuser hand out rights: whoever may edit accounts could otherwise promote themself."""
        fields = list(super().get_readonly_fields(request, obj))
        if not getattr(request.user, "is_superuser", False):
            fields += ["is_staff", "is_superuser", "groups"]
        return fields

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let only a superuser touch another superuser: a new password is as good as the rights."""
        allowed = bool(super().has_change_permission(request, obj))
        return allowed and (
            not getattr(obj, "is_superuser", False) or bool(getattr(request.user, "is_superuser", False))
        )

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        """Save, and vouch for the address of an account which staff made or whose address staff changed."""
        super().save_model(request, obj, form, change)
        if not change or "email" in form.changed_data:
            EmailAddress.objects.filter(user=obj).exclude(email=obj.email).delete()
            vouch(obj)


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, BackOfficeAdmin):
    """Staff roles. The seeded ones always have at least their permissions; for less, make another role."""

    list_display = ["name", "people"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        from django.db.models import Count

        return super().get_queryset(request).annotate(number=Count("user"))

    @display(description=_("people"), ordering="number")
    def people(self, group: Any) -> int:
        return int(group.number)


@admin.register(EmailAddress)
class EmailAddressAdmin(BackOfficeAdmin):
    """Which addresses are confirmed."""

    list_display = ["email", "user", "primary", "verified"]
    list_filter = ["verified", "primary"]
    list_select_related = ["user"]
    search_fields = ["email", "user__email"]
    autocomplete_fields = ["user"]


@admin.register(Authenticator)
class AuthenticatorAdmin(ReadOnlyMixin, BackOfficeAdmin):
    """Second steps of signing in. Deleting one lets a person who lost the phone in again; the secret is never shown."""

    list_display = ["user", "type", "created_at", "last_used_at"]
    list_filter = ["type"]
    list_select_related = ["user"]
    search_fields = ["user__email"]
    fields = ["user", "type", "created_at", "last_used_at"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(getattr(request.user, "is_superuser", False))
