from typing import Any

FORMFIELD_OVERRIDES: dict[Any, dict[str, Any]]
FORMFIELD_OVERRIDES_INLINE: dict[Any, dict[str, Any]]
