"""The one name for JSON that comes from outside or goes there: what providers, stored columns and files hold.

Nobody but the reader of such a document knows what stands in it, so its values are `Any` here and nowhere else: a
reader takes a `JsonObject` apart into a dataclass of its own, and what is only passed on is an `object`.
"""

from collections.abc import Mapping
from typing import Any

# A JSON value that is read by its keys and places at once; `object` where it is only passed on or compared.
Json = Any
# A JSON object that may be written to.
JsonObject = dict[str, Any]
# A JSON object that is only read.
JsonMapping = Mapping[str, Any]
