"""Buzos y joggers: todo lo que se hace en frisa."""

from shop.demo.catalogue.spec import ProductSpec
from shop.demo.garments import Print

HOODIES = (
    ProductSpec(
        "BCA01", "Buzo Andén 03", "hoodie", 84900, ("oliva", "negro", "crudo"),
        "Frisa pesada, capucha doble.",
        "420 gramos de algodón, hombro caído y capucha que se sostiene sola. Serigrafía de espalda entera.",
        front=Print("wordmark", "Andén"), back=Print("platform", "Andén/03"),
        max_per_order=2, stock="drop", age_days=31,
    ),
    ProductSpec(
        "BCA02", "Buzo Imprenta", "hoodie", 92900, ("crudo", "ladrillo"),
        "Con Taller Sur. Impreso en Barracas.",
        "Mosaico de tres tintas en la espalda, pasado a mano. Cordón de algodón trenzado.",
        front=Print("wordmark", "Taller"), back=Print("blocks", "Taller Sur", second="#2b46c8"), brand="taller-sur",
        stock="drop", age_days=30,
    ),
    ProductSpec(
        "BCA03", "Buzo Línea", "hoodie", 82900, ("negro", "gris", "francia"),
        "El buzo de la casa.",
        "Bolsillo canguro con refuerzo, puños largos de morley y el nombre en el pecho.",
        front=Print("wordmark", "Maal"), stock="deep", age_days=130,
    ),
    ProductSpec(
        "BCA04", "Buzo Garita", "hoodie", 79900, ("arena", "noche", "menta"),
        "Liso, con cordón en contraste.",
        "Sin estampa adelante. El cordón crudo y los ojales de metal hacen el resto.",
        accent="crudo", accents=(("arena", "tabaco"), ("menta", "ingles")), age_days=47,
    ),
    ProductSpec(
        "BCA05", "Buzo Maquinista", "hoodie", 88900, ("petroleo", "negro"),
        "Espalda escrita.",
        "Dos líneas de tipografía en toda la espalda, tinta en relieve. Adelante, liso.",
        back=Print("stacked", "Larga/distancia"), max_per_order=2, stock="closing", age_days=6,
    ),
    ProductSpec(
        "BCA06", "Buzo Cruce", "hoodie", 74900, ("bordo", "gris"),
        "Pare, mire, abríguese.",
        "La barrera en la espalda y el nombre chico adelante. Últimas unidades de invierno.",
        front=Print("wordmark", "Cruce"), back=Print("barrier", "Paso a nivel"), compare_at=89900, age_days=200,
    ),
)  # fmt: skip

CREWS = (
    ProductSpec(
        "BCR01", "Buzo Cabina", "crew", 72900, ("crudo", "oliva", "noche"),
        "Cuello redondo con V cosida.",
        "Frisa de 420 gramos, cuello alto de morley y el triángulo de siempre. La vía estampada en el pecho.",
        front=Print("rails", "Cabina"), age_days=58,
    ),
    ProductSpec(
        "BCR02", "Buzo Estación", "crew", 74900, ("gris", "ladrillo", "ingles"),
        "El cartel del andén.",
        "Placa rellena en el pecho, letra calada. Pesado, ancho y corto.",
        front=Print("frame", "Estación"), age_days=84,
    ),
    ProductSpec(
        "BCR03", "Buzo Ciudad", "crew", 69900, ("noche", "gris", "bordo"),
        "Buenos Aires, dicho sin vueltas.",
        "Dos líneas de letra ancha. Cuello y puños al tono.",
        front=Print("stacked", "Buenos/Aires"), compare_at=78900, age_days=170,
    ),
    ProductSpec(
        "BCR04", "Buzo Neblina", "crew", 66900, ("gris", "lila", "arena", "negro"),
        "Liso. Frisa de 420 gramos.",
        "Teñido en prenda: cada uno sale con su tono. Sin estampa y sin etiqueta a la vista.",
        stock="deep", age_days=240,
    ),
    ProductSpec(
        "BCR05", "Buzo Once", "crew", 76900, ("francia", "mostaza"),
        "Un número y nada más.",
        "El 11 de treinta centímetros en fieltro cosido. Letra chica en la espalda.",
        front=Print("numeral", "11"), back=Print("wordmark", "Plaza Miserere"), max_per_order=2, stock="closing",
        age_days=6,
    ),
)  # fmt: skip

JOGGERS = (
    ProductSpec(
        "JOG01", "Jogger Vagón", "jogger", 62900, ("negro", "gris", "oliva"),
        "Frisa, puño y cordón.",
        "Pierna amplia que cierra en el tobillo. Bolsillos profundos y uno atrás con cierre escondido.",
        front=Print("wordmark", "Maal"), stock="deep", age_days=135,
    ),
    ProductSpec(
        "JOG02", "Jogger Franja", "jogger", 66900, ("noche", "bordo"),
        "Franja lateral cosida.",
        "La franja es de tela, no de estampa. Va con el Rompeviento Ráfaga.",
        accent="crudo", age_days=35,
    ),
    ProductSpec(
        "JOG03", "Jogger Andén", "jogger", 68900, ("oliva", "negro"),
        "El de abajo del Buzo Andén 03.",
        "Misma frisa, mismo baño de color que el buzo. El número en el muslo.",
        front=Print("numeral", "03"), max_per_order=2, stock="drop", age_days=31,
    ),
)  # fmt: skip

PRODUCTS = HOODIES + CREWS + JOGGERS
