"""What the account's endpoints take and answer."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from shop.accounts.models import NAME_LENGTH, RECIPIENT_LENGTH, ErasureRequest
from shop.core.api.schemas import Input, Moment, Schema, values
from shop.core.json_types import JsonObject

# Those of `settings.LANGUAGES`.
Language = Literal["es", "en", "pt-br"]


class AccountBody(Schema):
    """Who is signed in. `number`: the account's public number, as the contracts know it."""

    number: int
    email: str
    first_name: str
    last_name: str
    phone: str
    document_type: str
    document_number: str
    language: str
    has_password: bool
    has_second_step: bool
    joined_at: Moment


class AccountInput(Input):
    """Details to be changed; what is not sent stays. Kind and number of the document are given together, or neither."""

    first_name: Annotated[str, Field(max_length=NAME_LENGTH)] = ""
    last_name: Annotated[str, Field(max_length=NAME_LENGTH)] = ""
    phone: Annotated[str, Field(max_length=30)] = ""
    document_type: Annotated[str, Field(max_length=10)] = ""
    document_number: Annotated[str, Field(max_length=30)] = ""
    language: Language = "es"


class BookedAddressInput(Input):
    """An address within the shop's country (`/api/v1/country`). The first one of an account becomes its default."""

    recipient: Annotated[str, Field(min_length=1, max_length=RECIPIENT_LENGTH)]
    label: Annotated[str, Field(max_length=40)] = ""
    street: Annotated[str, Field(min_length=1, max_length=200)]
    apartment: Annotated[str, Field(max_length=60)] = ""
    city: Annotated[str, Field(min_length=1, max_length=100)]
    state: Annotated[str, Field(min_length=1, max_length=100)]
    postal_code: Annotated[str, Field(max_length=12)] = ""
    phone: Annotated[str, Field(max_length=30)] = ""
    is_default: bool = False


class BookedAddressBody(Schema):
    """One address of the account's book."""

    id: UUID
    recipient: str
    label: str
    street: str
    apartment: str
    city: str
    state: str
    postal_code: str
    country: str
    phone: str
    is_default: bool


class DeviceBody(Schema):
    """A session of the account. `program`, `system`, `network`: as far as known, else empty."""

    id: int
    kind: Literal["app", "browser"]
    program: str
    system: str
    network: str
    signed_in_at: Moment
    last_seen_at: Moment
    is_current: bool


class EndedBody(Schema):
    """How many devices were signed out."""

    ended: int


class ErasureBody(Schema):
    """The erasure of the account's data. `status` null: none was asked for. `obstacles`: what postpones it or would."""

    status: Annotated[str, values(ErasureRequest.Status)] | None
    obstacles: list[str]
    code_until: Moment | None


class CodeInput(Input):
    """The code from the mail."""

    code: Annotated[str, Field(min_length=1, max_length=20)]


class KeptPartBody(Schema):
    """One part of what the shop has of a person: its name, its words, and how many rows of which kind."""

    name: str
    label: str


class PrivacyBody(Schema):
    """What the shop has of the account's owner, how long invoices are kept by law, and the state of an erasure."""

    parts: list[KeptPartBody]
    rows: dict[str, int]
    invoice_years: int
    erasure: ErasureBody


class ExportBody(Schema):
    """Everything the shop has of the account's owner, by part, as its own tables name it."""

    shop: str
    made_at: Moment
    person: str
    parts: JsonObject


class DocumentBody(Schema):
    """A kind of identity document, and what its number looks like."""

    code: str
    label: str
    example: str


class PostalCodeBody(Schema):
    """Whether a postal code is needed, and what it looks like."""

    is_required: bool
    example: str


class TaxConditionBody(Schema):
    """How a buyer may be registered for the sales tax; `document`: the code of the one that is needed, or empty."""

    code: str
    label: str
    document: str


class CountryBody(Schema):
    """The shop's country: what forms of addresses and contacts may hold. `region`: what one of its states is called."""

    code: str
    name: str
    currency: str
    phone_prefix: str
    region: str
    states: list[str]
    postal_code: PostalCodeBody
    documents: list[DocumentBody]
    tax_conditions: list[TaxConditionBody]
    languages: list[str]
