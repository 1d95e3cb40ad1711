"""Whether two e-mail addresses are the same mailbox: case makes no difference, everything else does.

Both sides are lower-cased, never upper-cased. `iexact` compares capitals, and some letters have the capital of another
letter: `ı` (U+0131) becomes `I`, `ſ` (U+017F) becomes `S`. The confirmed owner of `ana@gmaıl.com`, another domain,
would so count as ana@gmail.com, with her orders and her data (https://nvd.nist.gov/vuln/detail/CVE-2019-19844).
"""

from typing import Final

from django.db.models import EmailField, Q
from django.db.models.functions import Lower

# Providers that deliver a name with and without its dots to one person.
_DOTLESS: Final = frozenset({"gmail.com"})
_SAME: Final = {"googlemail.com": "gmail.com"}

EmailField.register_lookup(Lower)


def is_address(field: str, address: str) -> Q:
    """Return the condition for rows whose `field`, an EmailField or a path to one, is this address."""
    return Q(**{f"{field}__lower": address.strip().lower()})


def mailbox(email: str) -> str:
    """Return the one mailbox that an address and its variations are delivered to: `a.na+x@googlemail.com` is ana's.

    What follows + is dropped everywhere; dots where the provider is known to ignore them. Pure.
    """
    name, _at, host = email.strip().lower().rpartition("@")
    host = _SAME.get(host, host)
    name = name.partition("+")[0] or name
    return f"{name.replace('.', '') if host in _DOTLESS else name}@{host}"
