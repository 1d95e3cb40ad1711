"""The season's colours: name, swatch and the three letters that stand for them in an SKU."""

from typing import NamedTuple


class Colour(NamedTuple):
    """A dye of the season."""

    name: str
    swatch: str
    letters: str


COLOURS = {
    "negro": Colour("Negro", "#22211d", "NEG"),
    "negro-lavado": Colour("Negro lavado", "#45433f", "NLV"),
    "gris": Colour("Gris melange", "#a9aaa6", "GRI"),
    "tiza": Colour("Tiza", "#f2efe8", "TIZ"),
    "crudo": Colour("Crudo", "#e9e2d0", "CRU"),
    "arena": Colour("Arena", "#cdb891", "ARE"),
    "tabaco": Colour("Tabaco", "#7b5636", "TAB"),
    "mostaza": Colour("Mostaza", "#d29a2a", "MOS"),
    "senal": Colour("Naranja señal", "#ff4a1c", "SEN"),
    "ladrillo": Colour("Ladrillo", "#b4472b", "LAD"),
    "bordo": Colour("Bordó", "#5f1f2b", "BOR"),
    "rosa": Colour("Rosa viejo", "#d3a09b", "ROS"),
    "lila": Colour("Lila", "#a79ac0", "LIL"),
    "celeste": Colour("Celeste", "#9dbbd3", "CEL"),
    "francia": Colour("Azul francia", "#2b46c8", "FRA"),
    "indigo": Colour("Índigo", "#34486b", "IND"),
    "bleach": Colour("Celeste gastado", "#8aa5c4", "BLE"),
    "noche": Colour("Azul noche", "#1f2a44", "NOC"),
    "petroleo": Colour("Petróleo", "#1f5560", "PET"),
    "ingles": Colour("Verde inglés", "#1f4a38", "ING"),
    "oliva": Colour("Oliva", "#6a7048", "OLI"),
    "menta": Colour("Menta", "#b4cdb8", "MEN"),
}
