"""What says of an act that it does exactly what was shown: a digest that travels with the form and comes back.

It is keyed. A plain one would tell whoever holds it all that went into it, since amounts are few enough to try them
all: whoever returns a gift sees no price, and their form has the digest.
"""

from django.utils.crypto import salted_hmac

_SALT = "orders.shown"


def digest_of(*shown: object) -> str:
    """Return the digest (64 characters) of what is shown: texts, numbers, and lists of them."""
    return salted_hmac(_SALT, repr(shown), algorithm="sha256").hexdigest()
