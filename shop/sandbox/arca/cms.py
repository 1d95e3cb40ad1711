"""CMS SignedData (RFC 5652) as WSAA reads it: content inside, one signer, SHA-256 with RSA.

`cryptography` writes it and does not verify it, so the few elements that matter are read here.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization.pkcs7 import load_der_pkcs7_certificates

SEQUENCE, SET, OCTETS, OID = 0x30, 0x31, 0x04, 0x06
CONTEXT_0 = 0xA0
MESSAGE_DIGEST = bytes.fromhex("2a864886f70d010904")


class BadCms(ValueError):
    """It is no CMS, or its signature is of something else."""


@dataclass(frozen=True, slots=True)
class Part:
    """One DER element: its tag, its content, and all of its bytes."""

    tag: int
    content: bytes
    whole: bytes

    def parts(self) -> list[Part]:
        """Return the elements inside."""
        return list(read(self.content))


def read(data: bytes) -> Iterator[Part]:
    """Yield the DER elements of some bytes. Raises: BadCms: they are none."""
    at = 0
    while at < len(data):
        begin, tag = at, data[at]
        try:
            length, at = data[at + 1], at + 2
            if length & 0x80:
                size = length & 0x7F
                length, at = int.from_bytes(data[at : at + size], "big"), at + size
        except IndexError as error:
            raise BadCms("truncated") from error
        end = at + length
        if end > len(data):
            raise BadCms("truncated")
        yield Part(tag, data[at:end], data[begin:end])
        at = end


def opened(text: str) -> tuple[bytes, x509.Certificate]:
    """Return content and signer's certificate of a signed message in base64.

    Raises:
        BadCms: it is none, or it was not signed with this certificate's key.
    """
    try:
        der = base64.b64decode(text, validate=True)
        certificates = load_der_pkcs7_certificates(der)
        content, signer = _parts(der)
    except (binascii.Error, ValueError, IndexError, StopIteration) as error:
        raise BadCms(str(error)) from error
    for certificate in certificates:
        if _is_signed_by(certificate, content, signer):
            return content, certificate
    raise BadCms("the signature is of another content or key")


def _parts(der: bytes) -> tuple[bytes, Part]:
    (outer,) = read(der)
    signed_data = outer.parts()[1].parts()[0].parts()
    encapsulated = signed_data[2].parts()
    if len(encapsulated) < 2:
        raise BadCms("the content is not attached")
    content = encapsulated[1].parts()[0]
    if content.tag != OCTETS:
        raise BadCms("the content is not attached")
    signers = next(part for part in signed_data[3:] if part.tag == SET)
    return content.content, signers.parts()[0]


def _is_signed_by(certificate: x509.Certificate, content: bytes, signer: Part) -> bool:
    parts = signer.parts()
    attributes = next((part for part in parts if part.tag == CONTEXT_0), None)
    signature = next(part for part in parts if part.tag == OCTETS).content
    signed = content
    if attributes is not None:
        if _digest(attributes) != hashlib.sha256(content).digest():
            return False
        # What is signed is the set itself, and not its place in the message (RFC 5652, 5.4).
        signed = bytes([SET]) + attributes.whole[1:]
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        return False
    try:
        key.verify(signature, signed, PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True


def _digest(attributes: Part) -> bytes:
    for attribute in attributes.parts():
        name, values = attribute.parts()
        if name.tag == OID and name.content == MESSAGE_DIGEST:
            return values.parts()[0].content
    return b""
