"""The shape of the demo brand's data, and what every garment of a kind has in common."""

from dataclasses import dataclass
from decimal import Decimal

from shop.demo.catalogue.colours import COLOURS
from shop.demo.garments import Look, Print


@dataclass(frozen=True)
class Family:
    """What all garments of one kind share: category path, size scale, weight in grams, cloth and care, supplier."""

    category: str
    scale: str
    weight_grams: int
    care: str
    supplier: str
    noun: str


@dataclass(frozen=True)
class ProductSpec:
    """A product of the demo shop. `price` and `compare_at` are whole pesos (ARS), taxes included.

    `colours`, `accent` and the values of `accents` are keys of `COLOURS`; `accents` says where a colour wears another
    accent. `stock` is a profile of `shop.demo.catalogue.stock`; `age_days`: how many days ago it was published.
    """

    sku: str
    name: str
    kind: str
    price: int
    colours: tuple[str, ...]
    summary: str
    description: str
    compare_at: int | None = None
    front: Print | None = None
    back: Print | None = None
    accent: str = ""
    accents: tuple[tuple[str, str], ...] = ()
    thread: str = ""
    pattern: str = ""
    brand: str = "maal-line"
    max_per_order: int | None = None
    stock: str = "normal"
    age_days: int = 60

    @property
    def slug(self) -> str:
        """Return the product's address, made from its name."""
        return slugged(self.name)

    @property
    def family(self) -> Family:
        """Return what it shares with others of its kind."""
        return FAMILIES[self.kind]

    @property
    def amount(self) -> Decimal:
        """Return the price in ARS with two places."""
        return Decimal(self.price).quantize(Decimal("0.01"))

    @property
    def amount_before(self) -> Decimal | None:
        """Return the former price in ARS with two places, if it was marked down."""
        return Decimal(self.compare_at).quantize(Decimal("0.01")) if self.compare_at else None

    def look(self, colour: str) -> Look:
        """Return how it is drawn in one of its colours."""
        accent = dict(self.accents).get(colour, self.accent)
        return Look(
            COLOURS[colour].swatch,
            accent=COLOURS[accent].swatch if accent else "",
            thread=COLOURS[self.thread].swatch if self.thread else "",
            front=self.front,
            back=self.back,
            pattern=self.pattern,
        )


PLAIN = str.maketrans("áéíóúüñ", "aeiouun")


def slugged(text: str) -> str:
    """Return a Spanish name as an address: lower case, no accents, hyphens."""
    words = "".join(c if c.isalnum() else " " for c in text.lower().translate(PLAIN)).split()
    return "-".join(words)


MADE = "Hecho en Parque Patricios, Buenos Aires."
JERSEY = f"Jersey de algodón peinado, 240 g/m². Lavar del revés con agua fría, sin secadora. {MADE}"
FLEECE = f"Frisa de algodón, 420 g/m². Lavar del revés con agua fría y secar en plano. {MADE}"
CANVAS = f"Lona de algodón, 380 g/m². Lavar con colores parecidos; se ablanda con el uso. {MADE}"
NYLON = f"Nailon ripstop con repelente al agua, costuras selladas en hombros. No planchar. {MADE}"
QUILT = f"Nailon mate con relleno reciclado de 180 g. Lavar a mano con agua fría. {MADE}"
POPLIN = f"Viscosa y algodón, 140 g/m², con caída. Planchar tibio del revés. {MADE}"
TWILL = f"Gabardina de algodón, 290 g/m². Lavar del revés con agua fría. {MADE}"
DENIM = "Denim rígido de 13,5 oz, sin elastano. Lavar poco, del revés y con agua fría. Hecho en Lanús, Buenos Aires."
WOOL = "Mezcla de lana merino y acrílico. Lavar a mano y secar en plano. Tejido en Mar del Plata."
SOCK = "Algodón peinado 78 %, poliamida 20 %, elastano 2 %. Puño que no aprieta. Tejido en Mar del Plata."

FAMILIES = {
    "tee": Family("remeras/manga-corta", "letters", 260, JERSEY, "textil-patricios", "remera"),
    "long_sleeve": Family(
        "remeras/manga-larga", "letters", 320, JERSEY, "textil-patricios", "remera de manga larga"
    ),
    "tank": Family("remeras/musculosas", "letters", 190, JERSEY, "textil-patricios", "musculosa"),
    "hoodie": Family("buzos/con-capucha", "letters", 780, FLEECE, "textil-patricios", "buzo con capucha"),
    "crew": Family("buzos/cuello-redondo", "letters", 640, FLEECE, "textil-patricios", "buzo cuello redondo"),
    "work_jacket": Family(
        "camperas/de-trabajo", "core", 980, CANVAS, "confecciones-lanus", "campera de trabajo"
    ),
    "windbreaker": Family(
        "camperas/rompevientos", "core", 420, NYLON, "confecciones-lanus", "campera rompeviento"
    ),
    "puffer_vest": Family("camperas/chalecos", "core", 520, QUILT, "confecciones-lanus", "chaleco puffer"),
    "camp_shirt": Family("camisas", "core", 240, POPLIN, "confecciones-lanus", "camisa de manga corta"),
    "cargo": Family("pantalones/cargos", "core", 690, TWILL, "confecciones-lanus", "pantalón cargo"),
    "wide_jeans": Family("pantalones/jeans", "waist", 820, DENIM, "confecciones-lanus", "jean ancho"),
    "jogger": Family("pantalones/joggers", "core", 560, FLEECE, "textil-patricios", "jogger"),
    "short": Family("pantalones/shorts", "core", 240, NYLON, "confecciones-lanus", "short"),
    "cap": Family("accesorios/gorras-y-pilusos", "one", 110, TWILL, "accesorios-once", "gorra"),
    "bucket": Family("accesorios/gorras-y-pilusos", "hats", 120, TWILL, "accesorios-once", "piluso"),
    "beanie": Family("accesorios/gorros", "one", 90, WOOL, "hilados-del-mar", "gorro de lana"),
    "tote": Family("accesorios/bolsos", "one", 340, CANVAS, "accesorios-once", "bolso"),
    "belt_bag": Family("accesorios/bolsos", "one", 260, NYLON, "accesorios-once", "riñonera"),
    "socks": Family("accesorios/medias", "feet", 80, SOCK, "hilados-del-mar", "par de medias"),
}
