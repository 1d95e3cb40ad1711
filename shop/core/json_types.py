"""The types of JSON from outside or to it: of providers, stored columns and files.

Only the reader of such a document knows its contents, so its values are `Any` here and nowhere else: a reader parses a
`JsonObject` into a dataclass of its own, and what is only passed on is an `object`.
"""

from collections.abc import Mapping
from typing import Any

# A JSON value that is read by its keys and places at once; `object` where it is only passed on or compared.
Json = Any
# A JSON object that may be written to.
JsonObject = dict[str, Any]
# A JSON object that is only read.
JsonMapping = Mapping[str, Any]
