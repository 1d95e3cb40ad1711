"""Gorras, pilusos, gorros, bolsos, riñoneras y medias."""

from shop.demo.catalogue.spec import ProductSpec
from shop.demo.garments import Print

HEADWEAR = (
    ProductSpec(
        "GOR01", "Gorra Ramal", "cap", 29900, ("ladrillo", "negro", "gris", "ingles"),
        "Seis paños, bordado en relieve.",
        "Gabardina lavada, visera curva y hebilla de metal. Talle único ajustable.",
        front=Print("wordmark", "ML"), stock="deep", age_days=115,
    ),
    ProductSpec(
        "GOR02", "Gorra Andén 03", "cap", 33900, ("negro", "crudo"),
        "Visera naranja, una sola tirada.",
        "El número bordado adelante y la visera en naranja señal.",
        accent="senal", front=Print("numeral", "03"), max_per_order=1, stock="drop", age_days=31,
    ),
    ProductSpec(
        "GOR03", "Gorra Guardabarrera", "cap", 31900, ("noche", "arena"),
        "Visera en contraste.",
        "Parche de placa cosido adelante. Cierre de tela con hebilla.",
        accent="tabaco", accents=(("arena", "ingles"),), front=Print("frame", "Maal"), age_days=33,
    ),
    ProductSpec(
        "GOR04", "Gorra Diez y Veinte", "cap", 27900, ("celeste", "rosa"),
        "La que sale y no espera.",
        "Color pastel lavado. Bordado chico, apenas.",
        front=Print("wordmark", "10.20"), stock="closing", max_per_order=2, age_days=6,
    ),
    ProductSpec(
        "PIL01", "Piluso Costa", "bucket", 34900, ("arena", "oliva", "negro"),
        "Ala pespunteada, ojales de metal.",
        "Gabardina de 290 gramos con forro de algodón. Se dobla y vuelve.",
        front=Print("wordmark", "Maal"), age_days=21,
    ),
    ProductSpec(
        "PIL02", "Piluso Feria", "bucket", 36900, ("crudo", "tiza"),
        "Cuadrillé de mantel.",
        "El mismo cuadro de la Camisa Mantel. Juntos son un exceso; está bien.",
        pattern="check", accent="ingles", accents=(("tiza", "ladrillo"),), age_days=14,
    ),
    ProductSpec(
        "GLN01", "Gorro Faro", "beanie", 28900, ("negro", "crudo", "mostaza", "petroleo"),
        "Morley grueso, doblez ancho.",
        "Lana merino y acrílico tejidos en Mar del Plata. Etiqueta cosida adelante.",
        front=Print("wordmark", "Maal"), brand="hilo-bajo", age_days=160,
    ),
    ProductSpec(
        "GLN02", "Gorro Escollera", "beanie", 30900, ("noche", "gris"),
        "Dos colores, un solo punto.",
        "El doblez en otro color. Abriga las orejas, que es lo que importa.",
        accent="ladrillo", front=Print("wordmark", "Hilo"), brand="hilo-bajo", age_days=190,
    ),
)  # fmt: skip

BAGS = (
    ProductSpec(
        "BOL01", "Bolso Andén", "tote", 24900, ("crudo", "negro"),
        "Lona de 380 gramos, manija larga.",
        "Entra una campera o la compra de la semana. Refuerzo cruzado en cada manija.",
        front=Print("platform", "Andén/03"), stock="deep", age_days=105,
    ),
    ProductSpec(
        "BOL02", "Bolso Encomienda", "tote", 27900, ("francia", "mostaza"),
        "Manijas en contraste.",
        "Bolsillo interno con cierre y fondo doble. Impreso de los dos lados.",
        accent="tiza", front=Print("stacked", "Frágil/manejar/con calle"), back=Print("rails", "Maal"), age_days=26,
    ),
    ProductSpec(
        "BOL03", "Bolso Azulejo", "tote", 32900, ("crudo", "ladrillo"),
        "Con Taller Sur. Tres tintas.",
        "El mosaico de la colaboración, a toda lona. Impreso y numerado en Barracas.",
        front=Print("blocks", "Taller Sur", second="#2b46c8"), back=Print("wordmark", "Barracas"), brand="taller-sur",
        stock="drop", age_days=30,
    ),
    ProductSpec(
        "RIN01", "Riñonera Boleto", "belt_bag", 38900, ("negro", "oliva", "gris"),
        "Dos cierres, espalda de red.",
        "Nailon ripstop con correa ancha. Cruzada o a la cintura.",
        front=Print("wordmark", "Maal"), age_days=88,
    ),
    ProductSpec(
        "RIN02", "Riñonera Valija Chica", "belt_bag", 42900, ("arena", "noche"),
        "Correa en contraste.",
        "Un poco más grande que la Boleto: entra un libro. Hebilla de metal.",
        accent="ladrillo", front=Print("wordmark", "Once"), age_days=24,
    ),
)  # fmt: skip

SOCKS = (
    ProductSpec(
        "MED01", "Medias Cancha", "socks", 11900, ("tiza", "negro"),
        "Caña alta, dos franjas.",
        "Puntera y talón reforzados. El par de siempre, hecho mejor.",
        accent="ladrillo", accents=(("negro", "crudo"),), front=Print("wordmark", "Maal"), brand="hilo-bajo",
        stock="deep", age_days=175,
    ),
    ProductSpec(
        "MED02", "Medias Señal", "socks", 12900, ("gris", "oliva", "noche"),
        "Talón naranja.",
        "Para que se vea al cruzar la pierna.",
        accent="senal", front=Print("wordmark", "Vía"), brand="hilo-bajo", age_days=50,
    ),
    ProductSpec(
        "MED03", "Medias Colegio", "socks", 12900, ("bordo", "ingles"),
        "Franja doble, caña larga.",
        "Las de gimnasia, con mejor algodón.",
        accent="crudo", front=Print("numeral", "5A"), brand="hilo-bajo", age_days=68,
    ),
)  # fmt: skip

PRODUCTS = HEADWEAR + BAGS + SOCKS
