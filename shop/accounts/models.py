"""People: accounts with e-mail login, their profile and their addresses."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models, transaction
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shop.core.countries import shop_country
from shop.core.database.public_numbers import PublicNumberField, never_changes
from shop.core.models import BaseModel
from shop.core.states import Table


def vouch(user: "User") -> None:
    """Mark the account's address as confirmed, so that it can sign in without a code. Twice is harmless."""
    from allauth.account.models import EmailAddress

    EmailAddress.objects.update_or_create(
        user=user, email=user.email, defaults={"verified": True, "primary": True}
    )


class UserManager(BaseUserManager["User"]):
    """Create users by e-mail address; addresses are stored in lower case."""

    use_in_migrations = True

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())

    def create_user(self, email: str, password: str | None = None, **fields: object) -> "User":
        """Create an account by hand (staff, a command, the demo) whose address counts as confirmed.

        Sign-ups go through django-allauth and confirm the address with a code.
        """
        if not email:
            raise ValueError("An e-mail address is required.")
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        with transaction.atomic(using=self._db):
            user.save(using=self._db)
            vouch(user)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: object) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(BaseModel, AbstractBaseUser, PermissionsMixin):
    """An account, of a shopper or of staff; signs in with its e-mail address."""

    email = models.EmailField(_("e-mail"), unique=True)
    public_number = PublicNumberField(_("number"), sequence="accounts_user_public_number")
    is_staff = models.BooleanField(_("staff"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(_("joined"), default=timezone.now)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        ordering = ["email"]
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique")]
        triggers: ClassVar = [never_changes()]

    def __str__(self) -> str:
        return self.email

    @property
    def has_rights(self) -> bool:
        """Return whether the account has any right of the staff; superusers alone change such accounts."""
        is_staff = self.is_staff or self.is_superuser
        return is_staff or self.groups.exists() or self.user_permissions.exists()

    def get_full_name(self) -> str:
        profile = getattr(self, "profile", None)
        return profile.full_name if profile else ""

    def get_short_name(self) -> str:
        profile = getattr(self, "profile", None)
        return (profile.first_name if profile else "") or self.email.split("@")[0]


class Profile(BaseModel):
    """A person's details: names, phone, document for the invoice."""

    user = models.OneToOneField(
        User, verbose_name=_("user"), on_delete=models.CASCADE, related_name="profile"
    )
    first_name = models.CharField(_("first name"), max_length=80, blank=True)
    last_name = models.CharField(_("last name"), max_length=80, blank=True)
    phone = models.CharField(_("phone"), max_length=30, blank=True)
    document_type = models.CharField(_("document type"), max_length=10, blank=True)
    document_number = models.CharField(_("document number"), max_length=30, blank=True)
    language = models.CharField(_("language"), max_length=10, default="es")

    class Meta:
        verbose_name = _("profile")
        verbose_name_plural = _("profiles")

    def __str__(self) -> str:
        return self.full_name or str(self.user)

    @property
    def full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


NAME_LENGTH = 80
RECIPIENT_LENGTH = 2 * NAME_LENGTH + 1  # Two names and a space between them.


class AddressFields(models.Model):
    """The lines of a postal address, shared by the address book and by frozen snapshots."""

    recipient = models.CharField(_("recipient"), max_length=RECIPIENT_LENGTH)
    street = models.CharField(_("street and number"), max_length=200)
    apartment = models.CharField(_("floor, flat"), max_length=60, blank=True)
    city = models.CharField(_("city"), max_length=100)
    state = models.CharField(_("province or state"), max_length=100)
    postal_code = models.CharField(_("postal code"), max_length=12, blank=True)
    country = models.CharField(_("country"), max_length=2, default=shop_country)
    phone = models.CharField(_("phone"), max_length=30, blank=True)

    class Meta:
        abstract = True


class Address(BaseModel, AddressFields):
    """One entry of a person's address book."""

    user = models.ForeignKey(User, verbose_name=_("user"), on_delete=models.CASCADE, related_name="addresses")
    label = models.CharField(_("label"), max_length=40, blank=True)
    is_default = models.BooleanField(_("default"), default=False)

    class Meta:
        verbose_name = _("address")
        verbose_name_plural = _("addresses")
        ordering = ["-is_default", "-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(is_default=True), name="address_one_default_per_user"
            )
        ]

    def __str__(self) -> str:
        return f"{self.recipient}, {self.street}, {self.city}"


class ErasureRequest(BaseModel):
    """One person's request for erasure: made by the person (proven by a code) or by staff for a guest.

    requested (the code is on its way) → confirmed → (postponed while something is under way →) erasing (`steps` are
    the parts that are through: a worker that dies goes on there) → telling (the last mail goes out) → done | cancelled.
    `sealed` holds whom it is about, encrypted; it is emptied at the end, and nothing here names the person any more.
    """

    class Status(models.TextChoices):
        REQUESTED = "requested", _("not confirmed")
        CONFIRMED = "confirmed", _("confirmed")
        POSTPONED = "postponed", _("postponed")
        ERASING = "erasing", _("being erased")
        TELLING = "telling", _("last mail on its way")
        DONE = "done", _("erased")
        CANCELLED = "cancelled", _("cancelled")

    class Origin(models.TextChoices):
        PERSON = "person", _("the person")
        STAFF = "staff", _("staff")

    TRANSITIONS: ClassVar[Table] = {
        Status.REQUESTED: {Status.CONFIRMED, Status.CANCELLED},
        Status.CONFIRMED: {Status.POSTPONED, Status.ERASING, Status.CANCELLED},
        Status.POSTPONED: {Status.ERASING, Status.CANCELLED},
        Status.ERASING: {Status.TELLING},
        Status.TELLING: {Status.DONE},
        Status.DONE: set(),
        Status.CANCELLED: set(),
    }
    OPEN: ClassVar[set[str]] = {Status.CONFIRMED, Status.POSTPONED, Status.ERASING, Status.TELLING}

    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.REQUESTED)
    origin = models.CharField(_("asked by"), max_length=10, choices=Origin)
    # A keyed digest of the address: finds a person's open request without naming anybody.
    digest = models.CharField(max_length=64, editable=False, db_index=True)
    sealed = models.TextField(blank=True, editable=False)
    code_digest = models.CharField(max_length=64, blank=True, editable=False)
    code_until = models.DateTimeField(null=True, blank=True, editable=False)
    code_tries = models.PositiveSmallIntegerField(default=0, editable=False)
    language = models.CharField(_("language"), max_length=10, default="es")
    obstacles = models.JSONField(_("what postpones it"), default=list, blank=True)
    steps = models.JSONField(_("done so far"), default=dict, blank=True)
    next_try_at = models.DateTimeField(_("next try"), null=True, blank=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)

    class Meta:
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["digest"],
                condition=models.Q(status__in=["confirmed", "postponed", "erasing", "telling"]),
                name="erasure_one_open_per_person",
            ),
            models.CheckConstraint(
                condition=~models.Q(status__in=["done", "cancelled"]) | models.Q(sealed=""),
                name="erasure_ended_names_nobody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"], name="erasure_due", condition=models.Q(next_try_at__isnull=False)
            )
        ]

    def __str__(self) -> str:
        return str(self.pk)


class RefreshToken(BaseModel):
    """The refresh token that an app's session takes now, and the one it replaced (`shop.accounts.api.tokens`).

    A row of its own and not a value in the session: whoever saves a session writes all of it, so that a refresh at the
    same time would be lost.
    """

    device = models.OneToOneField(
        "usersessions.UserSession", on_delete=models.CASCADE, related_name="refresh_token", editable=False
    )
    # Identifiers (`jti`) of tokens, not the tokens.
    jti = models.CharField(max_length=36, editable=False)
    previous_jti = models.CharField(max_length=36, blank=True, editable=False)
    rotated_at = models.DateTimeField(editable=False)

    def __str__(self) -> str:
        return self.jti
