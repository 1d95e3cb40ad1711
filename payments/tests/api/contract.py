"""The client contract's examples, and the comparison of answers with them: keys, their order, types and values."""

import json
import re
from pathlib import Path
from typing import Any

EXAMPLES: dict[str, Any] = json.loads((Path(__file__).parent / "client_contract.json").read_text())
# What differs from one shop and moment to the next; compared by its form.
IDS = {"idVenta", "usuario", "idDetalleVenta", "producto", "idProducto", "idCuota", "cuota_id"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
ADDRESSES = {"checkout_url": re.compile(r"https?://\S+"), "session_id": re.compile(r"\S+")}


def differences(answer: Any, example: Any, at: str = "") -> list[str]:
    """Return where an answer is not as the example has it."""
    key = at.rpartition(".")[2].partition("[")[0]
    if type(answer) is not type(example):
        return [f"{at}: {answer!r} is no {type(example).__name__}"]
    if isinstance(example, dict):
        if list(answer) != list(example):
            return [f"{at}: {list(answer)} instead of {list(example)}"]
        return [
            found for name in example for found in differences(answer[name], example[name], f"{at}.{name}")
        ]
    if isinstance(example, list):
        if len(answer) != len(example):
            return [f"{at}: {len(answer)} instead of {len(example)}"]
        pairs = enumerate(zip(answer, example, strict=True))
        return [found for place, (one, other) in pairs for found in differences(one, other, f"{at}[{place}]")]
    if key in IDS:
        return [] if answer > 0 else [f"{at}: {answer!r}"]
    if key in ADDRESSES or (isinstance(example, str) and MOMENT.fullmatch(example)):
        return [] if ADDRESSES.get(key, MOMENT).fullmatch(answer) else [f"{at}: {answer!r}"]
    return [] if answer == example else [f"{at}: {answer!r} instead of {example!r}"]
