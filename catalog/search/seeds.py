"""Words of Latin American clothes that mean the same: what a new shop's synonyms begin with.

By country where a word means something else elsewhere: a polera is a T-shirt in Chile and Bolivia and a turtleneck in
Argentina; a buzo is a sweatshirt in Argentina and Uruguay, and a tracksuit in Chile and Peru.
"""

from typing import Final

EVERYWHERE: Final = (
    "remera, playera, camiseta, franela, tshirt",
    "hoodie, canguro, sudadera, moletom",
    "campera, chamarra, casaca, chaqueta, jaqueta",
    "talle, talla, tamanho",
    "pantalón, calça",
    "jean, jeans, vaquero, mezclilla",
    "short, shorts, bermuda",
    "pollera, falda, saia",
    "zapatilla, zapatillas, tenis, championes",
    "medias, calcetines, meias, soquetes",
    "malla, bikini, bañador, biquini",
    "musculosa, regata, esqueleto",
    "gorra, cachucha, boné",
    "bombacha, calzón, calcinha",
    "corpiño, brasier, sostén, sutiã",
    "cartera, bolso, bolsa",
    "cinturón, cinto, correa",
    "pulóver, sweater, suéter, jersey",
    "vestido, solera",
    "pijama, piyama",
    "chaleco, colete",
    "bufanda, cachecol",
    "mochila, morral",
    "bordó, vino, burdeos, vinho",
    "marrón, café, castaño, marrom",
    "rosa, rosado",
    "violeta, morado, lila, roxo",
    "anteojos, lentes, gafas, óculos",
)
BY_COUNTRY: Final = {
    "AR": ("buzo, hoodie, sudadera, canguro, polerón, moletom",),
    "UY": ("buzo, hoodie, sudadera, canguro, polerón, moletom",),
    "CL": ("polera, remera, camiseta, playera", "polerón, hoodie, sudadera, canguro"),
    "BO": ("polera, remera, camiseta, playera", "chompa, suéter, sweater"),
    "PE": (
        "polo, remera, camiseta, playera",
        "polera, hoodie, sudadera, canguro",
        "casaca, campera, chaqueta",
    ),
    "CO": ("buso, buzo, saco, hoodie, sudadera",),
    "MX": ("sudadera, hoodie, buzo", "playera, remera, camiseta"),
    "BR": ("moletom, hoodie, buzo, sudadera", "camiseta, remera, blusa"),
    "EC": ("buso, buzo, saco, hoodie, sudadera",),
    "PY": ("buzo, hoodie, sudadera, canguro, moletom",),
}
