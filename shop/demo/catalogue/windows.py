"""Collections, and when the drops among them open and close."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from shop.demo.garments import Look, Print

DROP_LASTS = timedelta(hours=72)


@dataclass(frozen=True)
class CollectionSpec:
    """A collection: `kind` is drop, seasonal or collab; `phase` is what a drop's window is made for."""

    slug: str
    name: str
    kind: str
    tagline: str
    description: str
    hero_colour: str
    hero_kind: str
    hero_look: Look
    skus: tuple[str, ...]
    phase: str = ""


def upcoming(now: datetime) -> tuple[datetime, datetime]:
    """Return the window of the next drop: 20:00 on the first Friday at least two days after `now` (local time)."""
    day = now + timedelta(days=2)
    day += timedelta(days=(4 - day.weekday()) % 7)
    opens = datetime.combine(day.date(), time(20), tzinfo=now.tzinfo)
    return opens, opens + DROP_LASTS


def running(now: datetime) -> tuple[datetime, datetime]:
    """Return the window of the drop that closes about a day and a half after `now`, on the hour."""
    closes = (now + timedelta(hours=37)).replace(minute=0, second=0, microsecond=0)
    return closes - DROP_LASTS, closes


COLLECTIONS = (
    CollectionSpec(
        "anden-03",
        "Andén 03",
        "drop",
        "Drop 07",
        "Siete prendas, una sola tirada. Lo que queda cuando el tren ya salió: lona, frisa y naranja señal.",
        "#ff4a1c",
        "work_jacket",
        Look("#22211d", thread="#cdb891", front=Print("wordmark", "Andén"), back=Print("numeral", "03")),
        ("BCA01", "CTR03", "RMA03", "CRV04", "CAR03", "JOG03", "GOR02"),
        "upcoming",
    ),
    CollectionSpec(
        "ultima-vuelta",
        "Última vuelta",
        "drop",
        "Drop 06 · Cierra pronto",
        "Tiradas cortas que no vuelven. Cuando cierra, cierra: lo que no salió se desarma.",
        "#1f2a44",
        "puffer_vest",
        Look("#ff4a1c", accent="#22211d", front=Print("wordmark", "Terminal")),
        ("CHP03", "BCA05", "RML02", "BCR05", "SHO04", "GOR04"),
        "running",
    ),
    CollectionSpec(
        "verano-27",
        "Verano 27",
        "seasonal",
        "Nueva temporada",
        "Telas con aire, colores lavados y nada que apriete. Para el asfalto y para la costa.",
        "#9dbbd3",
        "camp_shirt",
        Look("#e9e2d0", accent="#1f4a38", pattern="check"),
        (
            "CAM01",
            "RMA08",
            "SHO03",
            "PIL02",
            "MUS01",
            "CAM03",
            "RMA14",
            "SHO02",
            "MUS02",
            "CAM04",
            "SHO01",
            "RMA02",
            "JEA03",
            "PIL01",
            "MUS03",
        ),
    ),
    CollectionSpec(
        "taller-sur",
        "MAAL × Taller Sur",
        "collab",
        "Colaboración",
        "Nosotros cortamos, ellos imprimen. Seis semanas en un galpón de Barracas y un mosaico que no termina.",
        "#b4472b",
        "tote",
        Look("#e9e2d0", front=Print("blocks", "Taller Sur", ink="#b4472b", second="#2b46c8")),
        ("CTR04", "BCA02", "RMA11", "CAM05", "BOL03"),
    ),
    CollectionSpec(
        "basicos",
        "Básicos",
        "seasonal",
        "Todo el año",
        "Lo que hay siempre, en los mismos colores y al mismo precio. Sin estampa o casi.",
        "#cdb891",
        "tee",
        Look("#f2efe8"),
        ("RMA10", "RMA01", "BCR04", "BCA03", "CAR01", "JEA01", "JOG01", "MUS03", "RML04", "GOR01", "MED01"),
    ),
)
