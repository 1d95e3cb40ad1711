"""Public keys as a shop owner pastes them into the environment."""

import base64
import binascii
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey


class BadKey(ValueError):
    """The text is not an RSA public key; trying again never helps."""


@cache
def rsa_public_key(text: str) -> "RSAPublicKey":
    r"""Read a public key as a panel shows it (PEM, its line ends perhaps written `\n`) or as one line of base64.

    Raises:
        BadKey: it is neither, or of another kind than RSA.
    """
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    lines = (line.strip() for line in text.replace("\\n", "\n").splitlines())
    body = "".join(line for line in lines if line and not line.startswith("-----"))
    try:
        found = load_der_public_key(base64.b64decode(body, validate=True))
    except (ValueError, binascii.Error) as error:
        raise BadKey("is no public key") from error
    if not isinstance(found, RSAPublicKey):
        raise BadKey("is no RSA key")
    return found
