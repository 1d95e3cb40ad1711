"""Pantalones: cargos, jeans y shorts."""

from shop.demo.catalogue.spec import ProductSpec
from shop.demo.garments import Print

CARGOS = (
    ProductSpec(
        "CAR01", "Cargo Estación", "cargo", 92500, ("negro", "oliva", "gris"),
        "Ancho, con bolsillos de fuelle.",
        "Gabardina de 290 gramos, cordón en el ruedo y seis bolsillos que se usan.",
        stock="deep", age_days=125,
    ),
    ProductSpec(
        "CAR02", "Cargo Cuadrilla", "cargo", 96900, ("arena", "tabaco"),
        "Costura en contraste.",
        "El del personal de vía, con rodilla reforzada e hilo crudo a la vista.",
        thread="crudo", age_days=38,
    ),
    ProductSpec(
        "CAR03", "Cargo Andén 03", "cargo", 104900, ("negro", "oliva"),
        "Cordones naranja, una sola tirada.",
        "Misma base que el Estación, con ruedo ajustable en naranja señal y etiqueta numerada.",
        accent="senal", front=Print("wordmark", "03"), max_per_order=2, stock="drop", age_days=31,
    ),
)  # fmt: skip

JEANS = (
    ProductSpec(
        "JEA01", "Jean Playa de Maniobras", "wide_jeans", 98900, ("indigo", "negro"),
        "Ancho de verdad. Denim rígido.",
        "Pierna recta de 25 centímetros de boca, tiro medio. Sin elastano: se hace a vos en tres usos.",
        stock="deep", age_days=145,
    ),
    ProductSpec(
        "JEA02", "Jean Lavadero", "wide_jeans", 104900, ("bleach", "negro-lavado"),
        "Gastado con piedra, no con químicos.",
        "El mismo molde, con veinte lavados encima. Cada par sale distinto.",
        age_days=55,
    ),
    ProductSpec(
        "JEA03", "Jean Crudo", "wide_jeans", 94900, ("crudo", "tabaco"),
        "Carpintero, sin teñir.",
        "Denim sin teñir con hilo al tono. Se mancha y se lava.",
        thread="arena", age_days=20,
    ),
    ProductSpec(
        "JEA04", "Jean Medianoche", "wide_jeans", 89900, ("noche",),
        "Índigo profundo, hilo naranja.",
        "La primera tanda se fue en un día. No se repite el hilo.",
        thread="senal", compare_at=109900, stock="sold-out", age_days=80,
    ),
)  # fmt: skip

SHORTS = (
    ProductSpec(
        "SHO01", "Short Balneario", "short", 44900, ("petroleo", "mostaza", "negro"),
        "Seca rápido, llega a la rodilla.",
        "Nailon liviano con red interior. Bolsillo trasero con cierre.",
        front=Print("wordmark", "Maal"), stock="deep", age_days=16,
    ),
    ProductSpec(
        "SHO02", "Short Potrero", "short", 46900, ("francia", "bordo", "tiza"),
        "Franja al costado.",
        "Corte de los ochenta, largo de ahora. La franja es de tela.",
        accent="tiza", accents=(("tiza", "ladrillo"),), front=Print("numeral", "9"), age_days=11,
    ),
    ProductSpec(
        "SHO03", "Short Pileta", "short", 42900, ("menta", "rosa", "celeste"),
        "Liso, color de agosto en enero.",
        "Cintura elástica con cordón y ojales de metal. Se moja sin problema.",
        age_days=7,
    ),
    ProductSpec(
        "SHO04", "Short Última Vuelta", "short", 48900, ("senal", "negro"),
        "Naranja o negro. Cierra pronto.",
        "Tirada corta en nailon mate con la barrera en la pierna.",
        front=Print("barrier", "Vuelta"), max_per_order=2, stock="closing", age_days=6,
    ),
)  # fmt: skip

PRODUCTS = CARGOS + JEANS + SHORTS
