"""Errors of calls outside (payment providers, carriers), and what each means for the caller."""

from enum import StrEnum

from shop.core.privacy.redaction import mask_secrets


class Trouble(StrEnum):
    """What can be done about a failed call: try again, change what was asked, or repair the shop's connection."""

    # No answer of the provider's own, or a temporary one.
    SILENT = "silent"
    # The provider answered, and will answer the same to the same question.
    REFUSED = "refused"
    # It refuses the shop itself, whatever is asked: its key, its rights, its account.
    MISCONFIGURED = "misconfigured"


class Reason(StrEnum):
    """What a refusal is about, in neutral words (read from the other party's)."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    DOCUMENT = "document"
    BUYER = "buyer"
    AMOUNT = "amount"
    TOO_SMALL = "too_small"
    TOO_LARGE = "too_large"
    CURRENCY = "currency"
    ITEMS = "items"
    RETURN_ADDRESS = "return_address"
    # The key is not known, expired, or of the other mode.
    ACCOUNT = "account"
    # The key is known, and may not do this.
    RIGHTS = "rights"
    OTHER = "other"


class CallError(Exception):
    """The other party did not do it. `permanent`: trying again cannot help; `maybe_done` whether the effect
    may nevertheless have happened (a time-out after the request was sent). `code` is the provider's own word, or one
    of the constants below where the shop must act on it. `reason`: what a permanent refusal is about."""

    # The provider answered with its own failure. Stripe replays such an answer to the same idempotency key.
    SERVER_ERROR = "server_error"
    # No answer within the time we wait, and a line that never stood.
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"

    def __init__(
        self,
        message: str,
        *,
        permanent: bool,
        maybe_done: bool = False,
        code: str = "",
        reason: Reason = Reason.OTHER,
    ) -> None:
        # It ends in logs and on rows, and providers quote keys and signatures back in their errors.
        super().__init__(mask_secrets(message))
        self.permanent = permanent
        self.maybe_done = maybe_done
        self.code = code
        self.reason = reason

    @property
    def trouble(self) -> Trouble:
        """Say what kind of failure this is; the same for every call of every provider."""
        if not self.permanent:
            return Trouble.SILENT
        is_ours = self.reason in {Reason.ACCOUNT, Reason.RIGHTS}
        return Trouble.MISCONFIGURED if is_ours else Trouble.REFUSED


class NotFoundAtProvider(CallError):
    """The provider has no such object (yet): right after a notification this is normal."""

    def __init__(self, message: str) -> None:
        super().__init__(message, permanent=False, code="not_found")


class NotAsked(CallError):
    """The shop did not ask, to protect itself from a provider that hangs: nothing was sent, so nothing happened.

    `code` is BUSY (no free slot beside the calls under way) or OPEN (the provider has not been answering);
    `retry_after` the seconds after which trying again makes sense. A job that meets it has not used up a try.
    """

    BUSY = "busy"
    OPEN = "circuit_open"

    def __init__(self, message: str, *, code: str, retry_after: float) -> None:
        super().__init__(message, permanent=False, maybe_done=False, code=code)
        self.retry_after = retry_after


class BadSignature(Exception):
    """A webhook that the provider did not sign. Nothing of it is stored."""
