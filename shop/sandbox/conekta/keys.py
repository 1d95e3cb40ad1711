"""The key pair that signs the sandbox's notifications: public, like everything here, and not used elsewhere.

Its public half is the development value of CONEKTA_WEBHOOK_KEYS, which the settings refuse in production.
"""

from __future__ import annotations

from functools import cache

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

_OURS = """
-----BEGIN PRIVATE KEY-----
MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQDYRla4dM9mWRRy
zWajcMT4gaBMMl2+OCH68P9ooE2ONOzr/DfSGqdmcqXjiaJjZkhyX/yLyuO2DgzZ
7bRcS9Ps++QLXY8bLuLcOCqouiVjUEFAfmmdzA2Gs+EiLJhu4ZuvtHADkcNCbtfI
RRwh+I4cWkE+54HVfR2wPyPTqv+rlSz0+C+5wCVzWTUqP54JpltsALwoagzot4tz
XfgvvFuHlfICGo8dCcWuAvQ3XoldrYliS5LDulXWLqx8Cg1xQPMMXuJV3hi0EeIm
+jqS1NBBmB2D6gx2o7O/KCOwtCFpov/2pn3zXyT0LlJU0wrovKITXwdoY8GXqmr1
xJ73EyUJAgMBAAECggEADwXkynuXuAnuSxK0Q1xnHEWB1WUmwJq81oX00edXt836
mqJanMo78Fh8qDd0a5/sXqCHBg1d/7SOZTl3LrWYNyUgqD7znL1nJgmzQeTrSbCm
lbSqQLsuwdl/JRzwqjwa8Muxf7f5dqUFMWzGiWAO/A5za4uQh9xA6pAaPJ7rU1dg
1CODkjHzjIZOGFG2P/VyfAW+ZBYiToPt2O+xtohVIkCp8z8OCNKiYI28Am2UhK46
INy3aCR/g5jijzBUm//Gn17EAolTXobtyvBP4NipMq/WVkrc1XEq8y+NGh8JcXt0
/TVPziPZGLTcvKVk7/D7uZ3r+DWsDmQ9ZOIH0Sh2kQKBgQDx8yk2bt5pmqbS7B2Y
IhGdBSNm6qgR6pN+9pDbtgLV/AQYJ/zHLaMX3dhjNvL12D3vnhkB93RdYXdoR2mO
mP/47rI27Jpi8Qk6OkB39h8/xlydPNWki0vFBDHI1k/zsKi6q6siqVeM/5XEXuDG
w29iOkq3OYQpXtOMKbbfqkDtOQKBgQDk1X2XQddA4JW5wewIv7iKRjUrPmOTcVoQ
BhaNTdaV4i6bY0Ao2RLWGDI9JaRwc5MjMPFE936qxREB+KxYG9xsUA1/dD1MLQ+g
BjGkH8vhQa58KIFNwp2bIdCgZCou6p36RFYY2AxKNyM3t8H/k75XaVyKmm2CGrHz
TwcfF37GUQKBgQDKJvWnMkkIiRubnYY4hzaaMCHdKnCUz56+9PohaNjDu1YcbMSq
EnpzRXs3okCroipVm42fdAa4wufGq+wJJdKxRZaHh3aS9ntUODmHQY/odC8LfTmv
ymbbTN7fxBh3LoI7vZU2V7D78MxMj01VJRNaSgQFRLwk6MLuGChghlrLGQKBgQCU
astcMT31PDSgGGCIhCCivkp506st1BT/05MI7vVAnURxT/wrAi+vYF4lPqbasHs8
FeBGROeIxuvzBWByfQ+HyJwYkEG5iHhb5+iGdID9hmYu7O6AirtCBLqVbKHXcCAq
U+wrjOTbtctHtg1DQIXxl8qHswVXnwzPq/AIgGqfIQKBgGLj5Ayno+55/45kOnXp
4VJq2rklmZndTjL2grFGrDZ+MhILZobJM0OXwzYkFsZH9FEtc1Wf+YXmnZFKIB3c
1pOb/cNg4dSgtVEKYi5Ufd8OugVsW7nEswU6LbaAQB1DfIZDklTcDc5UyssVC59A
7zxUqGBMPzllwRAtxZJ/yPgt
-----END PRIVATE KEY-----
"""


@cache
def ours() -> RSAPrivateKey:
    """Return the key that signs."""
    key = load_pem_private_key(_OURS.strip().encode(), None)
    if not isinstance(key, RSAPrivateKey):
        raise TypeError("the sandbox's key is no RSA key")
    return key


@cache
def a_stranger() -> RSAPrivateKey:
    """Return an unknown key, for forged notifications."""
    return generate_private_key(65537, 2048)


def public_pem() -> str:
    """Return the public half, as ``/webhook_keys`` shows it."""
    return ours().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
