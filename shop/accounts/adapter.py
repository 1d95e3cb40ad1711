"""How django-allauth writes mail, makes accounts and redirects in this shop."""

from types import SimpleNamespace
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context as allauth_context
from django.conf import settings
from django.core.mail import EmailMessage
from django.forms import BaseForm
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language
from django.views.decorators.debug import sensitive_variables

from shop.accounts.models import Profile, User
from shop.core.ids import uuid7
from shop.core.mail import outbox, secrets
from shop.core.user_input.lines import refuse_unreachable
from shop.core.web import visitors
from shop.core.web.context import shop_facts


class AccountAdapter(DefaultAccountAdapter):
    """The shop's account adapter: mails are rows of the outbox, and a new account has a profile from the start."""

    @method_decorator(sensitive_variables())
    def send_mail(self, template_prefix: str, email: str, context: dict[str, object]) -> None:
        """Put one of allauth's mails into the outbox; the sending job takes it from there.

        Every request of a code or link is a mail of its own, so the deduplication key is new each time.
        """
        request = allauth_context.request
        message = self.render_mail(
            template_prefix,
            email,
            {"request": request, "email": email, "current_site": _site(), **_at_the_shop(context)},
        )
        user = context.get("user")
        kind = template_prefix.rsplit("/", 1)[-1].replace("_", "-")
        outbox.enqueue(
            kind=kind,
            to=email,
            subject=str(message.subject),
            text=str(message.body),
            html=self._html_twin(message, str(context.get("code", ""))),
            secrets=secrets.values(kind, context),
            dedupe_key=f"account:{uuid7()}",
            language=get_language() or settings.LANGUAGE_CODE,
            user=user if isinstance(user, User) and user.pk else None,
        )

    def _html_twin(self, message: EmailMessage, code: str) -> str:
        """Render the plain text of one of allauth's mails in the shop's layout; a code is emphasised."""
        return render_to_string(
            "mail/account.html",
            {
                "shop": shop_facts(),
                "site_url": settings.SITE_URL,
                "language": get_language() or settings.LANGUAGE_CODE,
                "subject": message.subject,
                "code": code,
                "paragraphs": [part.strip() for part in _without_signature(str(message.body)).split("\n\n")],
            },
        )

    def save_user(self, request: HttpRequest, user: User, form: BaseForm, commit: bool = True) -> User:
        """Save a new account with a profile in the language of the page."""
        user = super().save_user(request, user, form, commit=commit)
        if commit:
            Profile.objects.get_or_create(
                user=user, defaults={"language": get_language() or settings.LANGUAGE_CODE}
            )
        return user

    def populate_username(self, request: HttpRequest, user: User) -> None:
        """Do nothing: accounts have no user name, only an e-mail address."""

    def clean_email(self, email: str) -> str:
        """Return the address in lower case, as accounts keep it. Raises: ValidationError for an undeliverable one."""
        refuse_unreachable(email)
        return str(super().clean_email(email)).lower()

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the visitor's address as all limits of the shop use it; allauth itself counts the /64 of IPv6."""
        return visitors.address_of(request)

    def is_safe_url(self, url: str | None) -> bool:
        """Return whether a `next` address stays within this shop."""
        request = allauth_context.request
        hosts = {request.get_host()} if request else set()
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts=hosts, require_https=request.is_secure() if request else False
        )


def _at_the_shop(context: dict[str, object]) -> dict[str, object]:
    """Return the context with every link leading to `SITE_URL`: allauth makes them of the request's host, and a shop
    may answer to several names.
    """
    return {name: _moved(value) if isinstance(value, str) else value for name, value in context.items()}


def _moved(text: str) -> str:
    parts = urlsplit(text) if text.startswith(("http://", "https://")) else None
    return settings.SITE_URL + parts._replace(scheme="", netloc="").geturl() if parts else text


def _site() -> SimpleNamespace:
    """Return the site of allauth's mails: the shop's name as name and domain, not the host of the request."""
    return SimpleNamespace(name=settings.SHOP_NAME, domain=settings.SHOP_NAME)


def _without_signature(body: str) -> str:
    """Return the text above the signature line (`-- `), which the layout adds itself."""
    return body.split("\n-- \n", 1)[0].split("\n--\n", 1)[0].strip()
