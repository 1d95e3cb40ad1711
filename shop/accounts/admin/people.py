"""People in the back office: accounts with their details and addresses, staff roles, second steps."""

from collections.abc import Callable
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import admin
from django.contrib.admin.exceptions import NotRegistered
from django.contrib.admin.options import InlineModelAdmin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import ManyToManyField, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm

from shop.accounts import devices
from shop.accounts.admin.forms import UserAddForm, UserChangeForm
from shop.accounts.models import Address, Profile, User, vouch
from shop.accounts.staff import changes, roles, second_step
from shop.core import countries
from shop.core.backoffice.act_fingerprint import columns
from shop.core.backoffice.base import (
    BackOfficeAdmin,
    Counted,
    ReadOnlyMixin,
    StackedBackOfficeInline,
    actor,
    row,
)
from shop.core.backoffice.verb_forms import VerbForm, done, form_page, run_verb

# Django-allauth's pages of sessions are for nobody in the back office: their owners have the page of devices.
for _model in (Group, EmailAddress, Authenticator, UserSession):
    try:
        admin.site.unregister(_model)
    except NotRegistered:
        continue
for _model in [model for model in admin.site._registry if model._meta.label == "account.EmailConfirmation"]:
    admin.site.unregister(_model)


def name_choices(field: forms.ModelMultipleChoiceField[Any], words: Callable[[Any], str]) -> None:
    """Label each choice of a field with these words."""
    field.label_from_instance = words  # type: ignore[method-assign,assignment]


def _is_superuser(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


class SuperusersChange:
    """For pages that grant rights or ways of signing in: superusers alone add, change and delete."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return _is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return _is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return _is_superuser(request)


class ConfirmForm(VerbForm):
    """Nothing to fill in: only to confirm."""


class ProfileInline(StackedBackOfficeInline[Profile]):
    model = Profile
    extra = 0
    can_delete = False
    fields = [("first_name", "last_name"), ("phone", "language"), ("document_type", "document_number")]


class AddressInline(StackedBackOfficeInline[Address]):
    model = Address
    extra = 0
    fields = [
        ("recipient", "label"),
        ("street", "apartment"),
        ("city", "state"),
        ("postal_code", "country"),
        ("phone", "is_default"),
    ]

    def formfield_for_dbfield(
        self, db_field: models.Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.Field | None:
        """Call a part of the country as people there do: province, state, region, department."""
        field: forms.Field | None = super().formfield_for_dbfield(db_field, request, **kwargs)
        if field is not None and db_field.name == "state":
            field.label = countries.current().region_label
        return field


class RoleFilter(admin.SimpleListFilter):
    """Accounts of one role."""

    title = _("role")
    parameter_name = "groups__id__exact"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, StrOrPromise]]:
        return [(str(group.pk), roles.called(group)) for group in Group.objects.order_by("name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> QuerySet[User]:
        return queryset.filter(groups=int(self.value() or 0)) if self.value() else queryset


@admin.register(User)
class UserAdmin(DjangoUserAdmin[User], BackOfficeAdmin[User]):  # type: ignore[misc]  # Django's own get_form names fewer arguments
    """Accounts of shoppers and staff."""

    form = UserChangeForm
    add_form = UserAddForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["email", "person", "is_staff", "is_active", "date_joined", "last_login"]
    list_filter = ["is_staff", "is_active", RoleFilter]
    list_select_related = ["profile"]
    search_fields = [
        "email",
        "profile__first_name",
        "profile__last_name",
        "profile__document_number",
        "profile__phone",
        "addresses__phone",
    ]
    ordering = ["-date_joined"]
    command_rank, command_icon = 2, "group"
    date_hierarchy = "date_joined"
    filter_horizontal = ["groups"]
    actions_detail = ["remove_second_step"]
    change_form_outer_before_template = "admin/accounts/user/instalments.html"
    readonly_fields = ["last_login", "date_joined", "number"]
    fieldsets = [
        (None, {"fields": ["email", "password"]}),
        (_("Rights"), {"fields": [("is_active", "is_staff", "is_superuser"), "groups"]}),
        (_("Dates"), {"fields": [("date_joined", "last_login"), "number"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "password1", "is_staff"]})]

    def hit(self, obj: User) -> tuple[str, str]:
        name = obj.get_full_name()
        return f"{name} · {obj.email}" if name else obj.email, gettext("person")

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.ModelMultipleChoiceField[Any] | None:
        """Label the roles in the reader's language."""
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is not None and db_field.name == "groups":
            name_choices(field, roles.called)
        return field

    @display(description=_("number"))
    def number(self, user: User) -> str:
        """Show the number by which clients of the API know it."""
        return "—" if user._state.adding else str(user.public_number)

    @display(description=_("name"), ordering="profile__last_name")
    def person(self, user: User) -> str:
        return user.get_full_name() or "—"

    def get_inlines(
        self, request: HttpRequest, obj: User | None = None
    ) -> list[type[InlineModelAdmin[Any, Any]]]:
        """Show details and addresses only once the account exists."""
        return [ProfileInline, AddressInline] if obj else []

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> list[str]:
        """Let only a superuser grant rights: staff who may edit accounts could otherwise promote themselves."""
        fields = list(super().get_readonly_fields(request, obj))
        if not _is_superuser(request):
            fields += ["is_staff", "is_superuser", "groups"]
        return fields

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Show superusers who has a second step of signing in."""
        shown: list[Any] = list(super().get_list_display(request))
        return [*shown, "has_second_step"] if _is_superuser(request) else shown

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        found: QuerySet[User] = super().get_queryset(request)
        return found.annotate(second_step=second_step.of_user())

    @display(description=_("second step"), boolean=True, ordering="second_step")
    def has_second_step(self, user: Any) -> bool:
        return bool(user.second_step)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Let only a superuser change an account of the staff: a new password or address would give its rights."""
        allowed = bool(super().has_change_permission(request, obj))
        return allowed and (obj is None or _is_superuser(request) or not obj.has_rights)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        """Let only a superuser delete an account of the staff (the list's action asks for each row, too)."""
        allowed = bool(super().has_delete_permission(request, obj))
        return allowed and (obj is None or _is_superuser(request) or not obj.has_rights)

    def makes_sense(self, act: str, obj: Any) -> bool:
        return act != "remove-second-step" or bool(obj.second_step)

    def has_take_second_step_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return _is_superuser(request)

    @action(
        description=_("Remove the second step"),
        url_path="remove-second-step",
        icon="phonelink_erase",
        permissions=["take_second_step"],
    )
    def remove_second_step(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Remove the second step of a person who lost the phone and the recovery codes."""
        user = row(User.objects.all(), object_id)
        back = reverse("admin:accounts_user_change", args=[user.pk])
        form = ConfirmForm(request.POST or None)
        form.compare(f"second-step:{user.pk}", columns(Authenticator.objects.filter(user=user)))
        removed: list[bool] = []
        if (
            request.method == "POST"
            and form.is_valid()
            and run_verb(
                request,
                form=form,
                scope="second-step",
                refusals={},
                verb=lambda _data: removed.append(second_step.remove(user, actor=actor(request))),
            )
        ):
            if removed != [False]:
                return done(
                    request, gettext("The second step is removed; the next visit sets up a new one."), back
                )
            form.add_error(None, gettext("This account has no second step."))
        return form_page(
            request,
            self,
            form,
            title=gettext("Remove the second step?"),
            subtitle=user.email,
            button=gettext("Remove the second step"),
            back=back,
            is_danger=True,
            lead=gettext(
                "Only for somebody who lost the phone and the recovery codes, and whom you know to be that person. "
                "Until a new one is set up the password alone signs in. Set a new password too if it may have been "
                "stolen with the phone: that ends every open session."
            ),
        )

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        """Set a password, which only superusers may: it gives access to the account. A shopper asks for a link.

        Raises:
            PermissionDenied: the user is not a superuser.
        """
        if not _is_superuser(request):
            raise PermissionDenied
        with transaction.atomic():
            before = self.get_object(request, id)
            answer: HttpResponse = super().user_change_password(request, id, form_url)
            now = self.get_object(request, id)
            if before and now and before.password != now.password:
                changes.password_set(now, actor=actor(request))
        return answer

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show the password field and the link to set one to those who may set it."""
        if obj is None or _is_superuser(request):
            return super().get_fieldsets(request, obj)
        return [(None, {"fields": ["email"]}), *self.fieldsets[1:]]

    def save_model(self, request: HttpRequest, obj: User, form: forms.ModelForm[Any], change: bool) -> None:
        """Save; a changed address is recorded as an event, mailed to the old one, and must be confirmed by a code.

        Superusers vouch for the accounts that they make, and for the addresses of their staff.
        """
        super().save_model(request, obj, form, change)
        if change and "is_active" in form.changed_data and not obj.is_active:
            # Switched on again later, the account must not let in whoever was signed in then.
            devices.end_all(obj, actor=actor(request))
        if change and "email" in form.changed_data:
            is_vouched = _is_superuser(request) and obj.has_rights
            changes.address_changed(
                obj, before=form.initial["email"], actor=actor(request), is_vouched=is_vouched
            )
        elif not change and _is_superuser(request):
            vouch(obj)


@admin.register(Group)
class GroupAdmin(SuperusersChange, DjangoGroupAdmin, BackOfficeAdmin[Group]):
    """Staff roles. The seeded ones always have at least their permissions; for less, make another role."""

    list_display = ["called", "people"]

    @display(description=_("name"), ordering="name")
    def called(self, group: Group) -> str:
        return roles.called(group)

    def hit(self, obj: Group) -> tuple[str, str]:
        return roles.called(obj), str(obj._meta.verbose_name)

    def formfield_for_manytomany(
        self, db_field: ManyToManyField[Any, Any], request: HttpRequest | None = None, **kwargs: Any
    ) -> forms.ModelMultipleChoiceField[Any] | None:
        """Show permissions in the reader's language instead of "Can add …"."""
        field = super().formfield_for_manytomany(db_field, request, **kwargs)
        if field is not None and db_field.name == "permissions":
            name_choices(field, roles.permission_words)
        return field

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        from django.db.models import Count

        return super().get_queryset(request).annotate(number=Count("user"))

    @display(description=_("people"), ordering="number")
    def people(self, group: Counted) -> int:
        return group.number


@admin.register(EmailAddress)
class EmailAddressAdmin(SuperusersChange, BackOfficeAdmin[EmailAddress]):
    """Which addresses are confirmed: whoever can confirm an address can reset the account's password there."""

    list_display = ["email", "user", "primary", "verified"]
    list_filter = ["verified", "primary"]
    list_select_related = ["user"]
    search_fields = ["email", "user__email"]
    autocomplete_fields = ["user"]


@admin.register(Authenticator)
class AuthenticatorAdmin(ReadOnlyMixin, BackOfficeAdmin[Authenticator]):
    """Second steps of signing in. Deleting one lets a person who lost the phone in again; the secret is never shown."""

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Refuse filters on the secret itself (`data`)."""
        return not lookup.startswith("data") and super().lookup_allowed(lookup, value, request)

    list_display = ["user", "type", "created_at", "last_used_at"]
    list_filter = ["type"]
    list_select_related = ["user"]
    search_fields = ["user__email"]
    fields = ["user", "type", "created_at", "last_used_at"]

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return bool(getattr(request.user, "is_superuser", False))
