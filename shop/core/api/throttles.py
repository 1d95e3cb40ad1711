"""How many requests an account or an address may make; the answer's headers say what is left.

Counted in the cache under the account, or under the visitor's address as `shop.core.web.visitors` reads it: what a
client writes into X-Forwarded-For is never counted. Headers: draft-ietf-httpapi-ratelimit-headers-10
(`RateLimit-Policy`, `RateLimit`), Retry-After (RFC 9110).
"""

from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja.throttling import BaseThrottle

from shop.core.web import throttle, visitors

_KEPT = "_percha_rate"
# A process counts a sixtieth of a limit by itself before the others see it: by so much, for each other process, a
# limit may be reached too late.
_PORTIONS: Final = 60


@dataclass(frozen=True, slots=True)
class Use:
    """What has been used of a window: its name, how many requests it has, how many are left, seconds until the next.

    `is_over`: this request is one too many.
    """

    name: str
    limit: int
    left: int
    is_over: bool
    seconds: int
    resets_in: int


class Limit(BaseThrottle):
    """At most as many requests in a minute as the setting says, for each account or each address without one."""

    def __init__(self, name: str, setting: str, *, seconds: int = 60) -> None:
        self.name, self.setting, self.seconds = name, setting, seconds
        self._wait = float(seconds)

    def allow_request(self, request: HttpRequest) -> bool:
        use = self._use(request)
        self._wait = float(use.resets_in)
        return not use.is_over

    def _use(self, request: HttpRequest) -> Use:
        """Count a request once, however often it is asked for (`shop.core.api.unchanged` asks before all others)."""
        use: Use | None = getattr(request, _KEPT, None)
        if use is not None and use.name == self.name:
            return use
        limit = int(getattr(settings, self.setting))
        user = getattr(request, "user", None)
        if user is not None and user.is_authenticated:
            key = f"account:{user.pk}"
        else:
            key = f"address:{visitors.counted_of(request)}"
        portion = max(1, limit // _PORTIONS)
        counted = throttle.count(f"api:{self.name}", key, seconds=self.seconds, portion=portion)
        left = limit - counted.number
        use = Use(self.name, limit, max(0, left), left < 0, self.seconds, counted.resets_in)
        setattr(request, _KEPT, use)
        return use

    def wait(self) -> float:
        return self._wait


def describe(request: HttpRequest, response: HttpResponse) -> None:
    """Write into an answer what its client may still do."""
    use: Use | None = getattr(request, _KEPT, None)
    if use is not None:
        response["RateLimit-Policy"] = f'"{use.name}";q={use.limit};w={use.seconds}'
        response["RateLimit"] = f'"{use.name}";r={use.left};t={use.resets_in}'
