"""Brands, suppliers and the category tree."""

from typing import NamedTuple

from shop.demo.catalogue.sizes import GUIDES, Guide


class BrandSpec(NamedTuple):
    """A brand."""

    slug: str
    name: str
    description: str


class SupplierSpec(NamedTuple):
    """A supplier."""

    slug: str
    name: str
    contact_name: str
    email: str
    phone: str
    address: str
    tax_id: str


class CategorySpec(NamedTuple):
    """A category and the ones below it."""

    slug: str
    name: str
    description: str
    children: tuple["CategorySpec", ...] = ()

    def guide(self, path: str) -> Guide:
        """Return the size guide of the category at `path`, if it has one."""
        return GUIDES.get(path, {})


BRANDS = (
    BrandSpec("maal-line", "MAAL Line", "Ropa de calle cortada y cosida en Parque Patricios desde 2017."),
    BrandSpec(
        "taller-sur",
        "Taller Sur",
        "Imprenta y taller de oficio de Barracas. Serigrafía a mano, tiradas cortas.",
    ),
    BrandSpec("hilo-bajo", "Hilo Bajo", "Tejidos de Mar del Plata: medias, gorros y poco más."),
)

SUPPLIERS = (
    SupplierSpec(
        "textil-patricios",
        "Textil Patricios SRL",
        "Norma Quiroga",
        "ventas@textilpatricios.test",
        "+54 11 4911-2080",
        "Av. Caseros 3140, CABA",
        "30-71045512-3",
    ),
    SupplierSpec(
        "confecciones-lanus",
        "Confecciones Lanús SA",
        "Hugo Benítez",
        "taller@confeccioneslanus.test",
        "+54 11 4241-7755",
        "Av. Hipólito Yrigoyen 4420, Lanús",
        "30-68120994-5",
    ),
    SupplierSpec(
        "accesorios-once",
        "Accesorios Once",
        "Miriam Kohan",
        "pedidos@accesoriosonce.test",
        "+54 11 4865-3312",
        "Larrea 455, CABA",
        "27-22654871-9",
    ),
    SupplierSpec(
        "hilados-del-mar",
        "Hilados del Mar",
        "Sergio Aristi",
        "hola@hiladosdelmar.test",
        "+54 223 474-1900",
        "Av. Juan B. Justo 2985, Mar del Plata",
        "30-70988143-7",
    ),
)

CATEGORIES = (
    CategorySpec(
        "remeras",
        "Remeras",
        "Algodón pesado, corte ancho, estampas propias.",
        (
            CategorySpec("manga-corta", "Manga corta", "La de todos los días, en 240 gramos."),
            CategorySpec("manga-larga", "Manga larga", "Puño de morley y hombro caído."),
            CategorySpec("musculosas", "Musculosas", "Para la terraza y para la cancha."),
        ),
    ),
    CategorySpec(
        "buzos",
        "Buzos",
        "Frisa de 420 gramos. Abrigan de verdad.",
        (
            CategorySpec("con-capucha", "Con capucha", "Capucha doble, bolsillo canguro."),
            CategorySpec(
                "cuello-redondo", "Cuello redondo", "Sin vueltas: cuello, puño y cintura de morley."
            ),
        ),
    ),
    CategorySpec(
        "camperas",
        "Camperas",
        "De trabajo, de viento y de frío.",
        (
            CategorySpec("de-trabajo", "De trabajo", "Lona que mejora con los años."),
            CategorySpec("rompevientos", "Rompevientos", "Livianas, con repelente al agua."),
            CategorySpec("chalecos", "Chalecos", "Relleno reciclado, abrigo sin mangas."),
        ),
    ),
    CategorySpec("camisas", "Camisas", "Cuello abierto, mangas cortas, telas con caída."),
    CategorySpec(
        "pantalones",
        "Pantalones",
        "Anchos. Ninguno aprieta.",
        (
            CategorySpec("cargos", "Cargos", "Bolsillos que se usan."),
            CategorySpec("jeans", "Jeans", "Denim rígido, pierna ancha, talles del 28 al 38."),
            CategorySpec("joggers", "Joggers", "Frisa, puño y cordón."),
            CategorySpec("shorts", "Shorts", "Secan rápido, llegan a la rodilla."),
        ),
    ),
    CategorySpec(
        "accesorios",
        "Accesorios",
        "Lo que completa y lo que carga.",
        (
            CategorySpec("gorras-y-pilusos", "Gorras y pilusos", "Sombra para todo el día."),
            CategorySpec("gorros", "Gorros de lana", "Tejidos en Mar del Plata."),
            CategorySpec("bolsos", "Bolsos y riñoneras", "Lona pesada y cierres que no se traban."),
            CategorySpec("medias", "Medias", "Caña alta, puño que no aprieta."),
        ),
    ),
)
