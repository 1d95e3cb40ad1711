"""Camperas, chalecos y camisas."""

from shop.demo.catalogue.spec import ProductSpec
from shop.demo.garments import Print

WORK_JACKETS = (
    ProductSpec(
        "CTR01", "Campera Galpón", "work_jacket", 148000, ("francia", "negro", "arena"),
        "Lona pesada, cuatro bolsillos.",
        "La de los talleres ferroviarios, con el corte de ahora: cuadrada, al hueso de la cadera. Costura triple.",
        thread="crudo", front=Print("wordmark", "Maal"), age_days=120,
    ),
    ProductSpec(
        "CTR02", "Campera Foguista", "work_jacket", 156000, ("tabaco", "oliva"),
        "Lona encerada, hilo naranja.",
        "Encerada a mano: marca, se arruga y queda mejor. Forro a medias, botones de metal.",
        thread="senal", back=Print("wordmark", "Foguista"), age_days=45,
    ),
    ProductSpec(
        "CTR03", "Campera Guarda", "work_jacket", 162000, ("noche", "negro"),
        "La del que pide boletos.",
        "Lona de 380 gramos con el número bordado en la espalda. Doce botones de repuesto no, dos sí.",
        thread="arena", front=Print("wordmark", "Andén"), back=Print("numeral", "03"), max_per_order=1, stock="drop",
        age_days=31,
    ),
    ProductSpec(
        "CTR04", "Campera Oficio", "work_jacket", 168000, ("ladrillo", "crudo"),
        "Con Taller Sur. Cuarenta unidades.",
        "Cortada por nosotros, impresa en Barracas. El mosaico ocupa la espalda, de costura a costura.",
        thread="tiza", front=Print("wordmark", "Sur"), back=Print("blocks", "Taller Sur", second="#2b46c8"),
        brand="taller-sur", stock="drop", max_per_order=2, age_days=30,
    ),
)  # fmt: skip

WINDBREAKERS = (
    ProductSpec(
        "CRV01", "Rompeviento Ráfaga", "windbreaker", 118000, ("noche", "bordo", "petroleo"),
        "Canesú en contraste, cierre entero.",
        "Nailon ripstop que frena el viento y la llovizna. Se guarda en su propio bolsillo.",
        accent="crudo", front=Print("wordmark", "Maal"), age_days=66,
    ),
    ProductSpec(
        "CRV02", "Rompeviento Pampero", "windbreaker", 124000, ("francia", "ingles"),
        "Para cuando rota al sur.",
        "Forro de red, puños elásticos y cuello alto que cierra hasta la boca.",
        accent="mostaza", back=Print("wordmark", "Pampero"), age_days=28,
    ),
    ProductSpec(
        "CRV03", "Rompeviento Sudestada", "windbreaker", 99000, ("gris", "oliva"),
        "Tono sobre tono.",
        "Liviano y silencioso. Costuras selladas en los hombros.",
        accent="negro", compare_at=126000, age_days=230,
    ),
    ProductSpec(
        "CRV04", "Rompeviento Andén 03", "windbreaker", 132000, ("negro", "crudo"),
        "Naranja señal, una sola tirada.",
        "El canesú y las franjas en el naranja de la casa. Número reflectivo en la espalda.",
        accent="senal", back=Print("platform", "Andén/03"), max_per_order=1, stock="drop", age_days=31,
    ),
)  # fmt: skip

VESTS = (
    ProductSpec(
        "CHP01", "Chaleco Escarcha", "puffer_vest", 109000, ("negro", "crudo", "oliva"),
        "Relleno reciclado de 180 gramos.",
        "Mate por fuera, forro en contraste por dentro. Bolsillos con polar.",
        accent="ladrillo", front=Print("wordmark", "Maal"), age_days=155,
    ),
    ProductSpec(
        "CHP02", "Chaleco Balasto", "puffer_vest", 94000, ("gris", "petroleo"),
        "Abrigo sin mangas, precio de salida.",
        "Ocho tabiques cosidos, cuello alto. Va arriba del buzo o abajo de la campera.",
        front=Print("wordmark", "Balasto"), compare_at=119000, age_days=210,
    ),
    ProductSpec(
        "CHP03", "Chaleco Terminal", "puffer_vest", 121000, ("noche", "senal"),
        "El último tren, con frío.",
        "Naranja señal por dentro o por fuera: se elige. Cierre doble de metal.",
        accent="senal", accents=(("senal", "negro"),), front=Print("wordmark", "Terminal"), max_per_order=2,
        stock="closing", age_days=6,
    ),
)  # fmt: skip

SHIRTS = (
    ProductSpec(
        "CAM01", "Camisa Mantel", "camp_shirt", 64900, ("crudo", "tiza"),
        "Cuadrillé de bodegón.",
        "Cuello abierto y manga al codo. El cuadro está tejido y calza en el bolsillo.",
        pattern="check", accent="ingles", accents=(("tiza", "ladrillo"),), age_days=14,
    ),
    ProductSpec(
        "CAM02", "Camisa Mostrador", "camp_shirt", 62900, ("celeste", "tiza"),
        "Raya finita, caída pesada.",
        "La de atender al público, sin planchar del todo. Botones de nácar sintético.",
        pattern="pinstripes", accent="noche", accents=(("celeste", "tiza"),), age_days=70,
    ),
    ProductSpec(
        "CAM03", "Camisa Kermés", "camp_shirt", 68900, ("negro", "bordo"),
        "Estrellas de feria.",
        "Estampa corrida a cuatro puntas sobre viscosa. Se mueve con el aire.",
        pattern="sparks", accent="mostaza", accents=(("bordo", "rosa"),), age_days=10,
    ),
    ProductSpec(
        "CAM04", "Camisa Patio", "camp_shirt", 59900, ("arena", "oliva", "negro", "menta"),
        "Lisa, de lino y algodón.",
        "Fresca y con cuerpo. Se arruga, y está bien que se arrugue.",
        age_days=100,
    ),
    ProductSpec(
        "CAM05", "Camisa Baldosa", "camp_shirt", 71900, ("crudo", "lila"),
        "Con Taller Sur. Rombos a mano.",
        "Sello de linóleo repetido a mano en cada paño: se nota dónde termina uno y empieza el otro.",
        pattern="dots", accent="francia", accents=(("lila", "bordo"),), brand="taller-sur", stock="drop", age_days=30,
    ),
)  # fmt: skip

PRODUCTS = WORK_JACKETS + WINDBREAKERS + VESTS + SHIRTS
