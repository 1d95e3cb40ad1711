"""Sizes in the order in which they are worn, and the guides with their measures."""

# code: (name, sort order): letters, then waists, then feet and hats
SIZES: dict[str, tuple[str, int]] = {
    **{code.lower(): (code, 10 + n) for n, code in enumerate(("XS", "S", "M", "L", "XL", "XXL"))},
    **{str(waist): (str(waist), waist) for waist in range(28, 40, 2)},
    "s-m": ("S/M", 60),
    "l-xl": ("L/XL", 61),
    "35-38": ("35–38", 70),
    "39-42": ("39–42", 71),
    "43-46": ("43–46", 72),
}

SCALES: dict[str, tuple[str, ...]] = {
    "letters": ("xs", "s", "m", "l", "xl", "xxl"),
    "core": ("s", "m", "l", "xl"),
    "waist": ("28", "30", "32", "34", "36", "38"),
    "hats": ("s-m", "l-xl"),
    "feet": ("35-38", "39-42", "43-46"),
    "one": (),
}

Guide = dict[str, list[str] | list[list[str]]]


def _guide(columns: tuple[str, ...], rows: dict[str, tuple[float, ...]]) -> Guide:
    """Lay out measures in centimetres, decimal comma, as a category's size guide."""
    body = [[size, *(f"{value:g}".replace(".", ",") for value in values)] for size, values in rows.items()]
    return {"columns": ["Talle", *(f"{column} (cm)" for column in columns)], "rows": body}


def _stepped(
    sizes: tuple[str, ...], first: tuple[float, ...], step: tuple[float, ...]
) -> dict[str, tuple[float, ...]]:
    """Grade measures from the smallest size upwards by a constant step."""
    return {
        size: tuple(start + grade * n for start, grade in zip(first, step, strict=True))
        for n, size in enumerate(sizes)
    }


LETTERS = ("XS", "S", "M", "L", "XL", "XXL")
CORE = ("S", "M", "L", "XL")
TOP = ("Pecho", "Largo", "Hombro a hombro", "Manga")
LEGS = ("Cintura", "Cadera", "Tiro", "Largo")

GUIDES: dict[str, Guide] = {
    "remeras": _guide(TOP, _stepped(LETTERS, (52, 67, 50, 22), (3, 2, 2, 1))),
    "remeras/manga-corta": _guide(TOP, _stepped(LETTERS, (52, 67, 50, 22), (3, 2, 2, 1))),
    "remeras/manga-larga": _guide(TOP, _stepped(LETTERS, (52, 68, 50, 58), (3, 2, 2, 1.5))),
    "remeras/musculosas": _guide(("Pecho", "Largo"), _stepped(LETTERS, (48, 66), (3, 2))),
    "buzos/con-capucha": _guide(TOP, _stepped(LETTERS, (56, 66, 55, 56), (3, 2, 2, 1.5))),
    "buzos/cuello-redondo": _guide(TOP, _stepped(LETTERS, (55, 65, 54, 56), (3, 2, 2, 1.5))),
    "camperas/de-trabajo": _guide(TOP, _stepped(CORE, (58, 70, 50, 60), (3, 2, 1.5, 1.5))),
    "camperas/rompevientos": _guide(TOP, _stepped(CORE, (60, 68, 52, 62), (3, 2, 1.5, 1.5))),
    "camperas/chalecos": _guide(("Pecho", "Largo"), _stepped(CORE, (56, 64), (3, 2))),
    "camisas": _guide(TOP, _stepped(CORE, (57, 69, 50, 25), (3, 2, 1.5, 1))),
    "pantalones/cargos": _guide(LEGS, _stepped(CORE, (76, 104, 30, 102), (6, 6, 1, 2))),
    "pantalones/jeans": _guide(LEGS, _stepped(SCALES["waist"], (72, 96, 28.5, 100), (5, 5, 0.5, 1.5))),
    "pantalones/joggers": _guide(LEGS, _stepped(CORE, (68, 100, 30, 99), (6, 6, 1, 2))),
    "pantalones/shorts": _guide(LEGS, _stepped(CORE, (70, 108, 31, 50), (6, 6, 1, 1.5))),
    "accesorios/gorras-y-pilusos": _guide(
        ("Contorno de cabeza",), {"S/M": (57,), "L/XL": (60,), "Único": (59,)}
    ),
    "accesorios/medias": _guide(("Largo del pie",), {"35–38": (24,), "39–42": (26.5,), "43–46": (29.5,)}),
}
