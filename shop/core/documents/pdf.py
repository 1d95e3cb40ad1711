"""PDF pages: styles, tables with a repeated head, "page x of y". The same flow gives the same bytes.

Nothing of the moment goes into a file (`invariant`): its date and key would differ each time it is made, and a stored
document is known by its hash.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from html import escape
from io import BytesIO
from typing import Any, Final

from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER, TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Table, TableStyle

from shop.core.documents import fonts

MARGIN: Final = 16 * mm
INK: Final = colors.HexColor("#16181d")
MUTED: Final = colors.HexColor("#5b6068")
RULE: Final = colors.HexColor("#c9ccd1")
# A page's text is written over what each page has: head, foot.
OnPage = Callable[[Canvas], None]


def style(
    *,
    size: float = 9,
    bold: bool = False,
    muted: bool = False,
    right: bool = False,
    center: bool = False,
    leading: float = 0,
) -> ParagraphStyle:
    """Return a paragraph's style. `leading` 0: a line and a third."""
    return ParagraphStyle(
        "text",
        fontName=fonts.BOLD if bold else fonts.REGULAR,
        fontSize=size,
        leading=leading or size * 1.33,
        textColor=MUTED if muted else INK,
        alignment=TA_RIGHT if right else TA_CENTER if center else 0,
        splitLongWords=1,
    )


def text(words: object, **looks: Any) -> Paragraph:
    """Return words as a paragraph: nothing in them is mark-up, a line break stays one. `looks`: see `style`."""
    lines = escape(fonts.printable(words), quote=False).split("\n")
    return Paragraph("<br/>".join(lines), style(**looks))


def table(
    head: Sequence[object], rows: Sequence[Sequence[object]], widths: Sequence[float], *, right: Sequence[int]
) -> Table:
    """Return a table whose head is repeated on each page; the columns in `right` are set to the right."""
    cells: list[list[Flowable]] = [
        [text(cell, size=7.5, muted=True, right=at in right) for at, cell in enumerate(head)]
    ]
    cells += [
        [
            cell if isinstance(cell, Flowable) else text(cell, size=8.5, right=at in right)
            for at, cell in enumerate(row)
        ]
        for row in rows
    ]
    made = Table(cells, colWidths=list(widths), repeatRows=1)
    made.setStyle(
        TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LINEBELOW", (0, 0), (-1, 0), 0.8, INK),
                ("LINEBELOW", (0, 1), (-1, -1), 0.3, RULE),
                ("LEFTPADDING", (0, 0), (-1, -1), 2),
                ("RIGHTPADDING", (0, 0), (-1, -1), 2),
                ("TOPPADDING", (0, 0), (-1, -1), 3),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 3),
            ]
        )
    )
    return made


def grid(rows: Sequence[Sequence[object]], widths: Sequence[float], commands: Sequence[Any] = ()) -> Table:
    """Return flowables side by side, without lines or paddings of its own; `commands`: reportlab's table commands."""
    made = Table([list(row) for row in rows], colWidths=list(widths))
    plain = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 0),
        ("TOPPADDING", (0, 0), (-1, -1), 0),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
    ]
    made.setStyle(TableStyle([*plain, *commands]))
    return made


def build(
    flow: Sequence[Flowable],
    *,
    title: str,
    author: str,
    page_of: str,
    size: tuple[float, float] = A4,
    margin: float = MARGIN,
    on_page: OnPage | None = None,
) -> bytes:
    """Return the PDF of a flow. `page_of` is a template with two places: "%(page)d / %(pages)d".

    Of papers in one file each counts its own pages: put a `NewPaper` where one begins.
    """
    fonts.register()
    target = BytesIO()
    document = SimpleDocTemplate(
        target,
        pagesize=size,
        leftMargin=margin,
        rightMargin=margin,
        topMargin=margin,
        bottomMargin=margin + 4 * mm,
        title=title,
        author=author,
        invariant=1,
    )
    document.build(
        list(flow), canvasmaker=partial(_NumberedCanvas, words=page_of, edge=margin, on_each=on_page)
    )
    return target.getvalue()


class NewPaper(Flowable):  # type: ignore[misc]  # reportlab has no types
    """What begins a paper of its own within a file, on a new page: its pages are counted from 1.

    `page_of`: the words of its feet, as for `build`; each paper may be in another language.
    """

    def __init__(self, page_of: str) -> None:
        super().__init__()
        self.page_of = page_of

    def wrap(self, *_available: float) -> tuple[float, float]:
        """Take no room."""
        return 0, 0

    def draw(self) -> None:
        """Tell the canvas."""
        self.canv.begin_paper(self.page_of)


class _NumberedCanvas(Canvas):  # type: ignore[misc]  # reportlab has no types
    """A canvas that knows at the end how many pages each paper has, and then writes each page's foot."""

    def __init__(self, *args: Any, words: str, edge: float, on_each: OnPage | None, **options: Any) -> None:
        super().__init__(*args, **options)
        self._words, self._edge, self._on_each = words, edge, on_each
        self._states: list[dict[str, Any]] = []
        self._paper = 0

    def begin_paper(self, words: str) -> None:
        """Count the pages from 1, from this one on."""
        self._paper, self._words = self._paper + 1, words

    def showPage(self) -> None:  # noqa: N802  (reportlab's name)
        """Keep the page; it is written when all are known."""
        self._states.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Write all pages with their feet."""
        pages = Counter(state["_paper"] for state in self._states)
        written: Counter[int] = Counter()
        for state in self._states:
            self.__dict__.update(state)
            written[self._paper] += 1
            if self._on_each is not None:
                self._on_each(self)
            self.setFont(fonts.REGULAR, 7.5)
            self.setFillColor(MUTED)
            self.drawRightString(
                self._pagesize[0] - self._edge,
                self._edge - 2 * mm,
                self._words % {"page": written[self._paper], "pages": pages[self._paper]},
            )
            super().showPage()
        super().save()
