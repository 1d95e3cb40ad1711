"""PDF pages and QR codes: read back by a PDF reader and a barcode reader."""

import pypdfium2
import zxingcpp
from reportlab.lib.units import mm
from reportlab.platypus import PageBreak

from shop.core.documents import pdf, qr

ADDRESS = "https://example.com/?p=eyJ2ZXIiOjF9"


def made(rows: int = 3) -> bytes:
    cells = [[f"Niño <b>São {at}</b> & Cía — €", f"{at}"] for at in range(rows)]
    table = pdf.table(["Qué", "Cuánto"], cells, [120 * mm, 30 * mm], right=[1])
    return pdf.build(
        [pdf.text("Señal & marca", size=14, bold=True), table, qr.drawing(ADDRESS, side=30 * mm)],
        title="Prueba",
        author="Ana",
        page_of="Hoja %(page)d de %(pages)d",
    )


def test_the_same_story_gives_the_same_bytes():
    assert made() == made()


def test_letters_and_signs_are_read_back_and_nothing_is_mark_up():
    words = pypdfium2.PdfDocument(made())[0].get_textpage().get_text_range()
    assert "Niño <b>São 0</b> & Cía — €" in words
    assert "Señal & marca" in words


def test_a_long_table_repeats_its_head_and_each_page_says_which_it_is():
    pages = list(pypdfium2.PdfDocument(made(120)))
    words = [page.get_textpage().get_text_range() for page in pages]
    assert len(pages) > 2
    assert all("Cuánto" in page for page in words[:-1])
    assert f"Hoja 2 de {len(pages)}" in words[1]


def test_papers_in_one_file_count_their_own_pages_in_their_own_words():
    first = [pdf.NewPaper("Page %(page)d of %(pages)d"), pdf.text("one"), PageBreak(), pdf.text("two")]
    second = [PageBreak(), pdf.NewPaper("Hoja %(page)d de %(pages)d"), pdf.text("uno")]
    file = pypdfium2.PdfDocument(pdf.build([*first, *second], title="", author="", page_of=""))
    words = [page.get_textpage().get_text_range() for page in file]
    feet = ["Page 1 of 2", "Page 2 of 2", "Hoja 1 de 1"]
    assert [foot in page for foot, page in zip(feet, words, strict=True)] == [True] * 3


def test_a_character_that_the_fonts_lack_is_marked_and_breaks_nothing():
    file = pdf.build([pdf.text("漢字 ok")], title="", author="", page_of="%(page)d/%(pages)d")
    assert "?? ok" in pypdfium2.PdfDocument(file)[0].get_textpage().get_text_range()


def test_the_code_on_paper_is_read_by_a_reader():
    picture = pypdfium2.PdfDocument(made())[0].render(scale=3).to_pil()
    (found,) = zxingcpp.read_barcodes(picture)
    assert (found.text, found.ec_level) == (ADDRESS, "M")


def test_the_code_of_a_page_is_a_picture_of_its_own():
    assert qr.data_address(ADDRESS).startswith("data:image/svg+xml;base64,")
