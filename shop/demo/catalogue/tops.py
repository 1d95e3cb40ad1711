"""Remeras: manga corta, manga larga y musculosas."""

from shop.demo.catalogue.spec import ProductSpec
from shop.demo.garments import Print

TEES = (
    ProductSpec(
        "RMA01", "Remera Línea", "tee", 38900, ("negro", "crudo", "gris", "oliva"),
        "La remera de la casa. Algodón de 240 gramos.",
        "Corte ancho, hombro caído y cuello que no se estira. La estampa es nuestra y no se quiebra con los lavados.",
        front=Print("wordmark", "Maal"), stock="deep", age_days=140,
    ),
    ProductSpec(
        "RMA02", "Remera Trama", "tee", 41900, ("tiza", "crudo"),
        "Rayas tejidas, no estampadas.",
        "Jersey rayado en telar: el dibujo está en el hilo, así que no se va. Corte ancho, largo a la cadera.",
        pattern="stripes", accent="noche", accents=(("crudo", "bordo"),), age_days=18,
    ),
    ProductSpec(
        "RMA03", "Remera Andén 03", "tee", 42900, ("negro", "crudo"),
        "El andén donde empezó todo.",
        "Serigrafía de dos tintas sobre jersey pesado. Número grande adelante, recorrido completo atrás.",
        front=Print("platform", "Andén/03", second="#ff4a1c"), back=Print("route", "Once-Moreno"),
        max_per_order=2, stock="drop", age_days=31,
    ),
    ProductSpec(
        "RMA04", "Remera Ramal Sur", "tee", 38900, ("negro", "oliva", "ladrillo"),
        "Dos rieles y un horizonte.",
        "La vía dibujada a mano por el equipo, estampada en tinta al agua. Corte ancho.",
        front=Print("rails", "Ramal Sur"), age_days=75,
    ),
    ProductSpec(
        "RMA05", "Remera Señal", "tee", 38900, ("tiza", "francia", "bordo"),
        "Vía libre.",
        "El disco de señales en un color, centrado en el pecho. Jersey de 240 gramos que no se transparenta.",
        front=Print("signal", "Vía libre"), age_days=96,
    ),
    ProductSpec(
        "RMA06", "Remera Boletería", "tee", 36900, ("gris", "celeste", "mostaza"),
        "Ida y vuelta, por favor.",
        "Placa estampada adelante, como el cartel de la ventanilla. Espalda lisa.",
        front=Print("frame", "Boletería"), compare_at=42900, age_days=180,
    ),
    ProductSpec(
        "RMA07", "Remera Barrera", "tee", 38900, ("crudo", "negro"),
        "Pare, mire, escuche.",
        "La barrera del paso a nivel cruza el pecho. Serigrafía de dos tintas.",
        front=Print("barrier", "Barrera", second="#d8402a"), age_days=40,
    ),
    ProductSpec(
        "RMA08", "Remera Siesta", "tee", 38900, ("rosa", "menta", "tiza"),
        "De dos a cinco no se atiende.",
        "Medio sol de verano en tinta al agua. Colores teñidos en prenda, con el tono gastado desde el primer día.",
        front=Print("sun", "Siesta"), age_days=9,
    ),
    ProductSpec(
        "RMA09", "Remera Recorrido", "tee", 39900, ("noche", "tiza", "petroleo"),
        "Todas las paradas.",
        "La línea completa en el pecho y el número del coche en la espalda.",
        front=Print("route", "Recorrido"), back=Print("numeral", "60"), age_days=52,
    ),
    ProductSpec(
        "RMA10", "Remera Lisa Pesada", "tee", 32900, ("negro", "tiza", "gris", "oliva", "noche", "arena"),
        "Sin estampa. 240 gramos de algodón.",
        "La base de todo: cuello de morley ancho, costura doble, cero dibujo. Se compra de a tres.",
        stock="deep", age_days=320,
    ),
    ProductSpec(
        "RMA11", "Remera Azulejo", "tee", 44900, ("crudo", "negro"),
        "Con Taller Sur. Numerada.",
        "Mosaico impreso a mano en Barracas, tres pasadas de tinta. Cada remera lleva su número en la etiqueta.",
        front=Print("blocks", "Taller Sur", ink="#b4472b", second="#2b46c8"), brand="taller-sur", stock="drop",
        age_days=30,
    ),
    ProductSpec(
        "RMA12", "Remera Diecinueve", "tee", 37900, ("ingles", "negro", "tiza"),
        "Número grande, espalda entera.",
        "Nombre chico en el pecho y el 19 ocupando toda la espalda, como se debe.",
        front=Print("small", "Maal"), back=Print("numeral", "19"), age_days=110,
    ),
    ProductSpec(
        "RMA13", "Remera Vía Muerta", "tee", 34900, ("negro-lavado", "lila"),
        "Últimas de la temporada.",
        "Tipografía apilada, tinta blanda. Lavada en prenda para que llegue con años encima.",
        front=Print("stacked", "Vía/Muerta"), compare_at=40900, stock="closing", age_days=220,
    ),
    ProductSpec(
        "RMA14", "Remera Costanera", "tee", 43900, ("celeste", "crudo"),
        "Bloques anchos, color de río.",
        "Rayas de diez centímetros cortadas y unidas una por una. No hay dos iguales en la costura.",
        pattern="wide", accent="tiza", accents=(("crudo", "ingles"),), age_days=12,
    ),
)  # fmt: skip

LONG_SLEEVES = (
    ProductSpec(
        "RML01", "Remera Durmiente", "long_sleeve", 48900, ("negro", "crudo", "oliva"),
        "Manga larga, estampa apilada.",
        "Hombro caído y puño de morley de ocho centímetros. Para usar sola o abajo de la campera.",
        front=Print("stacked", "Maal/Line"), age_days=64,
    ),
    ProductSpec(
        "RML02", "Remera Nocturno", "long_sleeve", 49900, ("noche", "negro-lavado"),
        "El que pasa cada cuarenta minutos.",
        "Serigrafía naranja sobre jersey oscuro. Espalda lisa.",
        front=Print("platform", "Nocturno/24", ink="#ff4a1c"), max_per_order=2, stock="closing", age_days=6,
    ),
    ProductSpec(
        "RML03", "Remera Trocha", "long_sleeve", 51900, ("tiza", "gris"),
        "Rayada de manga larga.",
        "Raya tejida de un centímetro y puño al tono. Corte ancho.",
        pattern="stripes", accent="negro", accents=(("gris", "ladrillo"),), age_days=25,
    ),
    ProductSpec(
        "RML04", "Remera Primera Capa", "long_sleeve", 44900, ("negro", "tiza", "petroleo"),
        "Lisa, para abajo de todo.",
        "Jersey suave por dentro, cuello cerrado. La que va primero y se ve en el cuello.",
        age_days=150,
    ),
)  # fmt: skip

TANKS = (
    ProductSpec(
        "MUS01", "Musculosa Terraza", "tank", 31900, ("tiza", "mostaza", "menta"),
        "Sisa profunda, largo justo.",
        "Jersey liviano de 190 gramos con ribetes al tono. Medio sol adelante.",
        front=Print("sun", "Terraza"), age_days=8,
    ),
    ProductSpec(
        "MUS02", "Musculosa Cancha", "tank", 33900, ("francia", "bordo", "negro"),
        "El diez en la espalda.",
        "Ribetes en contraste y número grande adelante y atrás.",
        front=Print("numeral", "10"), back=Print("numeral", "10"), accent="tiza", age_days=15,
    ),
    ProductSpec(
        "MUS03", "Musculosa Lisa", "tank", 27900, ("negro", "gris", "crudo"),
        "Sin nada. Hace calor.",
        "La más simple que hacemos: sisa ancha, cuello profundo, costura plana.",
        stock="deep", age_days=90,
    ),
)  # fmt: skip

PRODUCTS = TEES + LONG_SLEEVES + TANKS
