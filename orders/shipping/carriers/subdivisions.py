"""Codes of states and provinces as carriers want them: ISO 3166-2 without the country, by the name that the shop
stores.

Source: https://www.iso.org/obp/ui/#search (3166-2, read 2026-11-28 from https://en.wikipedia.org/wiki/ISO_3166-2).
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from orders.shipping.carriers.reading import folded

_AR = {
    "Buenos Aires": "B",
    "Catamarca": "K",
    "Chaco": "H",
    "Chubut": "U",
    "Ciudad Autónoma de Buenos Aires": "C",
    "Córdoba": "X",
    "Corrientes": "W",
    "Entre Ríos": "E",
    "Formosa": "P",
    "Jujuy": "Y",
    "La Pampa": "L",
    "La Rioja": "F",
    "Mendoza": "M",
    "Misiones": "N",
    "Neuquén": "Q",
    "Río Negro": "R",
    "Salta": "A",
    "San Juan": "J",
    "San Luis": "D",
    "Santa Cruz": "Z",
    "Santa Fe": "S",
    "Santiago del Estero": "G",
    "Tierra del Fuego": "V",
    "Tucumán": "T",
}
_BR = {
    "Acre": "AC",
    "Alagoas": "AL",
    "Amapá": "AP",
    "Amazonas": "AM",
    "Bahia": "BA",
    "Ceará": "CE",
    "Distrito Federal": "DF",
    "Espírito Santo": "ES",
    "Goiás": "GO",
    "Maranhão": "MA",
    "Mato Grosso": "MT",
    "Mato Grosso do Sul": "MS",
    "Minas Gerais": "MG",
    "Pará": "PA",
    "Paraíba": "PB",
    "Paraná": "PR",
    "Pernambuco": "PE",
    "Piauí": "PI",
    "Rio de Janeiro": "RJ",
    "Rio Grande do Norte": "RN",
    "Rio Grande do Sul": "RS",
    "Rondônia": "RO",
    "Roraima": "RR",
    "Santa Catarina": "SC",
    "São Paulo": "SP",
    "Sergipe": "SE",
    "Tocantins": "TO",
}
_CL = {
    "Antofagasta": "AN",
    "Arica y Parinacota": "AP",
    "Atacama": "AT",
    "Aysén": "AI",
    "Biobío": "BI",
    "Coquimbo": "CO",
    "La Araucanía": "AR",
    "Libertador General Bernardo O'Higgins": "LI",
    "Los Lagos": "LL",
    "Los Ríos": "LR",
    "Magallanes": "MA",
    "Maule": "ML",
    "Metropolitana de Santiago": "RM",
    "Ñuble": "NB",
    "Tarapacá": "TA",
    "Valparaíso": "VS",
}
# Envia's own two signs, which are not those of ISO (three signs): docs/carriers/envia.md#states.
_MX = {
    "Aguascalientes": "AG",
    "Baja California": "BC",
    "Baja California Sur": "BS",
    "Campeche": "CM",
    "Chiapas": "CS",
    "Chihuahua": "CH",
    "Ciudad de México": "CX",
    "Coahuila": "CO",
    "Colima": "CL",
    "Durango": "DG",
    "Guanajuato": "GT",
    "Guerrero": "GR",
    "Hidalgo": "HG",
    "Jalisco": "JA",
    "Estado de México": "EM",
    "Michoacán": "MI",
    "Morelos": "MO",
    "Nayarit": "NA",
    "Nuevo León": "NL",
    "Oaxaca": "OA",
    "Puebla": "PU",
    "Querétaro": "QT",
    "Quintana Roo": "QR",
    "San Luis Potosí": "SL",
    "Sinaloa": "SI",
    "Sonora": "SO",
    "Tabasco": "TB",
    "Tamaulipas": "TM",
    "Tlaxcala": "TL",
    "Veracruz": "VE",
    "Yucatán": "YU",
    "Zacatecas": "ZA",
}

_BY_COUNTRY: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        country: MappingProxyType({folded(name): code for name, code in names.items()})
        for country, names in {"AR": _AR, "BR": _BR, "CL": _CL, "MX": _MX}.items()
    }
)


def code_of(country: str, state: str) -> str:
    """Return the code of a state, or "" for one that is not known here."""
    return _BY_COUNTRY.get(country, {}).get(folded(state), "")


def state_of(country: str, code: str, states: Sequence[str]) -> str:
    """Return the one of these states that has a code, or ""."""
    return next((state for state in states if code_of(country, state) == code), "")
