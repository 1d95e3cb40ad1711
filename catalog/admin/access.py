"""Early access in the back office: groups, early openings (at the drop), codes made in bulk, access grants."""

from typing import Any, cast

from django import forms
from django.contrib import admin
from django.db.models import Count, ForeignKey, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RelatedDropdownFilter
from unfold.decorators import action, display

from catalog.drops import access
from catalog.models import AccessCode, AccessGrant, Collection, CustomerGroup, EarlyOpening
from catalog.models.access import normalise
from shop.core.backoffice.act_fingerprint import columns
from shop.core.backoffice.base import ActorMixin, BackOfficeAdmin, BackOfficeInline, Counted, HistoryAdmin
from shop.core.backoffice.verb_forms import ConfirmForm, VerbForm, ask, done, form_page, run_verb
from shop.core.user_input.fields import WholeField


class EarlyOpeningInline(BackOfficeInline[EarlyOpening]):
    """The earlier opening of a drop for a customer group."""

    model = EarlyOpening
    extra = 0
    fields = ["group", "opens_at"]


class MemberInline(BackOfficeInline[Model]):
    """The accounts of a group, a page at a time: a group may have thousands."""

    model = CustomerGroup.members.through
    extra = 0
    fields = ["user"]
    autocomplete_fields = ["user"]
    hide_title = True
    verbose_name, verbose_name_plural = _("member"), _("members")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        """Return the members by their address."""
        return super().get_queryset(request).select_related("user").order_by("user__email", "pk")

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> forms.ModelChoiceField[Any] | None:
        """Label the account column, which has no name of its own."""
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None and db_field.name == "user":
            field.label = gettext("Account")
        return field

    # Django asks for rights on accounts where a row is nothing but a link; who may change a group may change its list.
    def has_view_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm("catalog.view_customergroup") or self._may_change(request)

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return self._may_change(request) or request.user.has_perm("catalog.add_customergroup")

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return self._may_change(request)

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return self._may_change(request)

    def _may_change(self, request: HttpRequest) -> bool:
        return request.user.has_perm("catalog.change_customergroup")


@admin.register(CustomerGroup)
class CustomerGroupAdmin(BackOfficeAdmin[CustomerGroup]):
    """Customers who are treated alike."""

    list_display = ["name", "number_of_members", "note"]
    search_fields = ["name"]
    fields = ["name", "note"]
    inlines = [MemberInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[CustomerGroup]:
        return super().get_queryset(request).annotate(number=Count("members"))

    @display(description=_("members"), ordering="number")
    def number_of_members(self, group: Counted) -> int:
        return group.number


class MakeCodesForm(VerbForm):
    """How many codes, for which drop, and for how many uses each."""

    collection = forms.ModelChoiceField(
        Collection.objects.filter(kind=Collection.Kind.DROP, is_active=True), label=_("drop")
    )
    number = WholeField(label=_("how many"), min_value=1, max_value=access.MOST_CODES, initial=20)
    max_uses = WholeField(
        label=_("uses of each"), min_value=1, initial=1, required=False, help_text=_("Empty: any number.")
    )
    note = forms.CharField(label=_("who they are for"), max_length=120, required=False)


class AccessCodeForm(forms.ModelForm[AccessCode]):
    """A code typed by hand, normalised as codes are stored."""

    def clean_code(self) -> str:
        """Return the code in capitals, without spaces."""
        return normalise(self.cleaned_data["code"])


def _offer_drops(field: forms.Field) -> None:
    cast("forms.ModelChoiceField[Collection]", field).queryset = Collection.objects.filter(
        kind=Collection.Kind.DROP
    )


@admin.register(AccessCode)
class AccessCodeAdmin(BackOfficeAdmin[AccessCode]):
    """Codes that let people into a drop before it opens."""

    form = AccessCodeForm
    list_display = ["code", "collection", "used", "opens_at", "expires_at", "note", "is_active"]
    list_filter = [("collection", RelatedDropdownFilter), "is_active"]
    list_select_related = ["collection"]
    search_fields = ["code", "note"]
    actions_list = ["make_codes"]
    actions = ["switch_off"]
    fieldsets = [
        (None, {"fields": [("collection", "code"), ("max_uses", "uses", "is_active"), "note"]}),
        (_("Clock"), {"fields": [("opens_at", "expires_at")]}),
    ]
    readonly_fields = ["uses"]

    def get_form(
        self, request: HttpRequest, obj: AccessCode | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm[AccessCode]]:
        """Offer drops only: a code has no effect on a collection without a window."""
        form = super().get_form(request, obj, change, **kwargs)
        if "collection" in form.base_fields:
            _offer_drops(form.base_fields["collection"])
        return form

    @display(description=_("used"), ordering="uses")
    def used(self, code: AccessCode) -> str:
        return f"{code.uses} / {code.max_uses or '∞'}"

    def has_make_codes_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("catalog.add_accesscode")

    @action(
        description=_("Make codes"),
        url_path="make-codes",
        icon="confirmation_number",
        permissions=["make_codes"],
    )
    def make_codes(self, request: HttpRequest) -> HttpResponse:
        """Make many unguessable codes at once."""
        back = reverse("admin:catalog_accesscode_changelist")
        form = MakeCodesForm(request.POST or None)
        if (
            request.method == "POST"
            and form.is_valid()
            and run_verb(
                request,
                form=form,
                scope="access codes",
                verb=lambda data: access.make_codes(**data),
                refusals={},
            )
        ):
            drop = form.cleaned_data["collection"]
            return done(request, gettext("The codes are made."), f"{back}?collection__id__exact={drop.pk}")
        return form_page(
            request,
            self,
            form,
            title=gettext("Make codes"),
            button=gettext("Make them"),
            back=back,
            lead=gettext(
                "Ten characters each, which cannot be guessed nor mistaken for others when read aloud."
            ),
        )

    @admin.action(description=_("Switch off (shuts out those let in by them)"), permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[AccessCode]) -> HttpResponse | None:
        """Switch codes off, after asking: nobody can use them any more, and the access that they gave ends."""
        form = ConfirmForm(request.POST if "apply" in request.POST else None)
        active = queryset.filter(is_active=True)
        names = ("collection_id", "code", "max_uses", "opens_at", "expires_at", "note")
        form.compare("codes-off", columns(active, *names), may_shrink=True)

        def verb(_data: object) -> None:
            number = access.switch_off(form.as_shown)
            words = ngettext("%(number)d code switched off.", "%(number)d codes switched off.", number)
            self.message_user(request, words % {"number": number})

        if (
            form.is_bound
            and form.is_valid()
            and run_verb(request, form=form, scope="codes-off", verb=verb, refusals={})
        ):
            return None
        return ask(
            self,
            request,
            active.select_related("collection"),
            form,
            action="switch_off",
            is_danger=True,
            title=gettext("Switch the chosen codes off?"),
            button=gettext("Switch them off"),
            describe=_code_in_words,
            lead=gettext(
                "Nobody else comes in by them, and those let in by them wait for the hour like everybody."
            ),
        )


def _code_in_words(code: AccessCode) -> str:
    return " · ".join(
        filter(None, [code.collection.name, f"{code.uses} / {code.max_uses or '∞'}", code.note])
    )


@admin.register(AccessGrant)
class AccessGrantAdmin(ActorMixin[AccessGrant], HistoryAdmin[AccessGrant]):
    """Who was let in early, and by what. An account may be let in by hand, and anybody shut out again."""

    list_display = ["created_at", "collection", "who", "code", "acted_by"]
    list_filter = [("collection", RelatedDropdownFilter)]
    list_select_related = ["collection", "user", "code"]
    search_fields = ["user__email", "code__code", "cart_id"]
    autocomplete_fields = ["user"]
    fields = ["collection", "user", "code", "cart_id", "acted_by", "created_at"]
    readonly_fields = ["code", "cart_id", "acted_by", "created_at"]

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm("catalog.add_accessgrant")

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return request.user.has_perm("catalog.delete_accessgrant")

    def get_form(
        self, request: HttpRequest, obj: AccessGrant | None = None, change: bool = False, **kwargs: Any
    ) -> type[forms.ModelForm[AccessGrant]]:
        """Ask for an account: a guest comes in by a code only."""
        form = super().get_form(request, obj, change, **kwargs)
        if "user" in form.base_fields:
            form.base_fields["user"].required = True
            _offer_drops(form.base_fields["collection"])
        return form

    def save_model(
        self, request: HttpRequest, obj: AccessGrant, form: forms.ModelForm[Any], change: bool
    ) -> None:
        """Record which member of staff granted the access."""
        obj.actor = f"staff:{getattr(request.user, 'email', '')}"
        super().save_model(request, obj, form, change)

    @display(description=_("who"))
    def who(self, grant: AccessGrant) -> str:
        return (
            grant.user.email
            if grant.user
            else gettext("guest, cart %(key)s") % {"key": str(grant.cart_id)[-8:]}
        )
