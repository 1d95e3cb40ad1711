"""Kinds of refusals of the account's endpoints."""

from typing import Final

from shop.core.api.problems import ProblemKind

ADDRESS_BOOK_FULL: Final = ProblemKind(
    409, "address_book_full", "The account keeps as many addresses as it may: delete one first."
)
REAUTHENTICATE: Final = ProblemKind(
    403,
    "reauthenticate",
    "Confirm the password (or second step) first: POST /api/auth/app/v1/auth/reauthenticate.",
)
ERASURE_UNDER_WAY: Final = ProblemKind(409, "erasure_under_way", "The erasure was confirmed already.")
NO_ERASURE: Final = ProblemKind(409, "no_erasure", "There is no erasure that could still be taken back.")
WRONG_CODE: Final = ProblemKind(
    422, "wrong_code", "It is not the code of the mail; after five tries ask for another."
)
CODE_EXPIRED: Final = ProblemKind(
    410, "code_expired", "The code does not work any more: ask for another one."
)
