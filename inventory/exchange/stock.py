"""Validate and write the rows of a stock file: openings, receipts and corrections as movements of the ledger.

Every row that moves stock has a reference: its own (a delivery note) or one made of the file's content and the row's
number. What was booked once under a reference at a level is never booked again (`ImportedRow`, a unique constraint),
so that the same file sent twice changes nothing, even when units were sold in between.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from django.db import connection, models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from catalog.exchange import lookalikes
from inventory import codes, ledger
from inventory.exchange import columns
from inventory.exchange.resources import StockResource
from inventory.models import ImportedRow, ImportJob, Location, StockLevel, StockMovement
from inventory.sql import load
from shop.core.spreadsheets import headings
from shop.core.spreadsheets.import_rows import CHANGED, CREATED, ImportRow, Plan, RowResult, Rows, Tell, shown
from shop.core.spreadsheets.sheets import Sheet

Place = tuple[UUID, UUID]
BATCH: Final = 1000
SET_RULES: Final = load("set_rules")


class Act(models.TextChoices):
    """What a row does to the stock."""

    OPENING = "opening", gettext_lazy("opening")
    RECEIVE = "receive", gettext_lazy("receipt")
    SET = "set", gettext_lazy("set to")


_RULES: Final = ("minimum", "optimal", "bin")


@dataclass
class Move:
    """One row that moves stock. `difference` is what will be booked; 0: the books agree already."""

    row: ImportRow
    place: Place
    act: str
    quantity: int
    reference: str
    outcome: RowResult
    difference: int = 0


@dataclass
class StockPlan(Plan):
    """What `write` will do."""

    moves: list[Move] = field(default_factory=list)
    rules: dict[Place, dict[str, object]] = field(default_factory=dict)
    levels: dict[Place, StockLevel] = field(default_factory=dict)


def validate(sheet: Sheet, *, tell: Tell, lock: bool = False) -> StockPlan:
    """Return what a stock file would book and change.

    With `lock` the levels it names are made where they are missing and locked in primary key order, after every cell
    was parsed, so that buyers of these variants wait for comparing and booking only.

    Raises: Unreadable for invalid headings.
    """
    places = headings.places(sheet, {**columns.STOCK_INFORMATIVE, **columns.STOCK})
    facts = set(columns.STOCK_INFORMATIVE)
    chosen = {code: at for code, at in places.items() if code not in facts}
    rows = Rows(sheet, StockResource(), chosen, tell, known=lookalikes.known(sheet, chosen))
    return _Validator(rows, tell, lock=lock).plan()


class _Validator:
    def __init__(self, rows: Rows, tell: Tell, *, lock: bool) -> None:
        self.rows, self.tell = rows, tell
        skus: set[str] = {row.values.get("sku", "") for row in rows.rows}
        self.variants = codes.by_sku(skus - {""})
        self.alike = lookalikes.alike_skus(rows)
        self.locations: dict[str, Location] = {}
        every = list(Location.objects.all())
        for location in every:
            self.locations[headings.plain(location.name)] = location
            self.locations[headings.plain(location.code)] = location
        self.only = every[0] if len(every) == 1 else None
        self.acts = {headings.plain(value): value for value in Act.values}
        self.acts |= headings.known(dict(Act.choices))
        self.lock = lock
        self.digest = rows.digest()
        self.known: set[Place] = set()
        self.result = StockPlan()

    def plan(self) -> StockPlan:
        named = [(row, place) for row in self.rows.rows if (place := self._place(row)) is not None]
        self.result.levels = self._levels({place for _row, place in named})
        seen: dict[tuple[Place, str, str], int] = {}
        ruled: dict[Place, int] = {}
        for done, (row, place) in enumerate(named, start=1):
            outcome = RowResult(row.number, row.values["sku"])
            self._move(row, place, outcome, seen)
            self._rules(row, place, outcome, ruled)
            self.result.outcomes.append(outcome)
            if not done % 500:
                self.tell("judging", done, len(named))
        self._weigh()
        self.result.issues = sorted(self.rows.issues, key=lambda issue: issue.row)
        self.result.warnings = self.rows.warnings
        return self.result

    def _place(self, row: ImportRow) -> Place | None:
        sku = row.values.get("sku")
        if not sku:
            return None
        if other := self.alike.other(sku, is_number="sku" in row.numbers):
            self.rows.tell(row.number, "sku", lookalikes.lost_zeros(sku, other), sku)
            return None
        variant = self.variants.get(sku)
        if variant is None:
            self.rows.tell(row.number, "sku", _("No variant has this SKU."), sku)
            return None
        name = row.values.get("location", "")
        location = self.locations.get(headings.plain(name)) if name else self.only
        if location is None:
            words = _("No location has this name or code.") if name else _("Say the location.")
            self.rows.tell(row.number, "location", words, name)
            return None
        return variant, location.pk

    def _levels(self, wanted: set[Place]) -> dict[Place, StockLevel]:
        there = StockLevel.objects.filter(
            variant_id__in={place[0] for place in wanted}, location_id__in={place[1] for place in wanted}
        ).order_by("pk")
        self.known = set(there.values_list("variant_id", "location_id"))
        if self.lock:
            # A new level starts at zero, with nothing reserved; the trigger refuses anything else.
            new = [
                StockLevel(variant_id=variant, location_id=at) for variant, at in sorted(wanted - self.known)
            ]
            StockLevel.objects.bulk_create(new, ignore_conflicts=True, batch_size=BATCH)
            there = there.select_for_update(no_key=True)
        levels = {(level.variant_id, level.location_id): level for level in there}
        return {
            place: levels.get(place) or StockLevel(variant_id=place[0], location_id=place[1])
            for place in wanted
        }

    def _move(
        self, row: ImportRow, place: Place, outcome: RowResult, seen: dict[tuple[Place, str, str], int]
    ) -> None:
        said, quantity = row.values.get("act", ""), row.values.get("quantity")
        if self.rows.is_broken(row) or (not said and quantity is None):
            return
        act = self.acts.get(headings.plain(said))
        if act is None:
            wanted = ", ".join(f"“{label}”" for label in Act.labels)
            self.rows.tell(
                row.number, "act" if said else "quantity", _("Say which movement: %s.") % wanted, said
            )
            return
        if quantity is None or (act != Act.SET and not quantity):
            self.rows.tell(row.number, "quantity", _("Say how many units."), quantity)
            return
        reference = row.values.get("reference") or f"import {self.digest} · {row.number}"
        first = seen.setdefault((place, act, reference), row.number)
        if first != row.number:
            words = _("Row %s has the same SKU, location, movement and reference: add them up.")
            self.rows.tell(row.number, "reference", words % first, reference)
            return
        self.result.moves.append(Move(row, place, act, quantity, reference, outcome))

    def _rules(self, row: ImportRow, place: Place, outcome: RowResult, ruled: dict[Place, int]) -> None:
        """Record the minimum, optimal and bin that a row sets for its level."""
        wanted = {name: row.values[name] for name in _RULES if name in row.values}
        level = self.result.levels[place]
        if ruled.setdefault(place, row.number) != row.number:
            said = self.result.rules.get(place, {})
            if any(value != said.get(name, getattr(level, name)) for name, value in wanted.items()):
                words = _("Row %s says otherwise of the same SKU and location.")
                self.rows.tell(row.number, "", words % ruled[place])
            return
        changed: dict[str, object] = {
            name: value for name, value in wanted.items() if value != getattr(level, name)
        }
        if changed:
            self.result.rules[place] = changed
            outcome.kind = CHANGED
            for name, value in changed.items():
                outcome.changes.append((str(columns.STOCK[name]), shown(getattr(level, name)), shown(value)))

    def _weigh(self) -> None:
        """Compare each move with the book quantity after the rows before it; drop what was booked before."""
        known = self._booked()
        on_hand = {place: level.on_hand for place, level in self.result.levels.items()}
        moved = self._have_moved()
        kept: list[Move] = []
        for move in self.result.moves:
            level = self.result.levels[move.place]
            before = known.get((level.pk, move.act, move.reference))
            if before is not None:
                if before != move.quantity:
                    words = ngettext(
                        "%(units)s unit is booked under this reference already; use another for the rest.",
                        "%(units)s units are booked under this reference already; use another for the rest.",
                        before,
                    )
                    self.rows.tell(move.row.number, "reference", words % {"units": before}, move.reference)
                continue
            move.difference = move.quantity - on_hand[move.place] if move.act == Act.SET else move.quantity
            kept.append(move)
            self._refuse(move, level, on_hand[move.place], has_moved=level.pk in moved)
            moved.add(level.pk)
            if move.difference:
                label = str(columns.STOCK_INFORMATIVE["on_hand"])
                after = on_hand[move.place] + move.difference
                move.outcome.changes.insert(0, (label, str(on_hand[move.place]), str(after)))
                move.outcome.kind = CHANGED if move.place in self.known else CREATED
                on_hand[move.place] = after
        self.result.moves = kept

    def _refuse(self, move: Move, level: StockLevel, on_hand: int, *, has_moved: bool) -> None:
        if move.act == Act.OPENING and has_moved:
            words = _("This SKU has movements here already: an opening is the first. Use “%s”.")
            self.rows.tell(move.row.number, "act", words % Act.RECEIVE.label, move.act)
        elif on_hand + move.difference < level.reserved:
            words = _("%(held)s of these units are held for buyers; it cannot be set below that.")
            self.rows.tell(move.row.number, "quantity", words % {"held": level.reserved}, move.quantity)
        elif move.act == Act.SET and move.difference and not move.row.values.get("note"):
            self.rows.tell(move.row.number, "note", _("Say in the note why the stock is corrected."))

    def _booked(self) -> dict[tuple[UUID, str, str], int]:
        references = {move.reference for move in self.result.moves}
        found = ImportedRow.objects.filter(reference__in=references)
        return {
            (level, act, reference): quantity
            for level, act, reference, quantity in found.values_list(
                "level_id", "act", "reference", "quantity"
            )
        }

    def _have_moved(self) -> set[UUID]:
        """Return the levels, of those that rows open, which have movements already."""
        opened = [self.result.levels[move.place].pk for move in self.result.moves if move.act == Act.OPENING]
        return set(
            StockLevel.objects.filter(pk__in=opened)
            .filter(models.Exists(StockMovement.objects.filter(level=models.OuterRef("pk"))))
            .values_list("pk", flat=True)
        )


def write(plan: StockPlan, *, job: ImportJob, actor: str, tell: Tell) -> None:
    """Book what the plan says, with the import as cause. Validate in the same transaction, with `lock`."""
    if plan.issues:
        raise ValueError("A file with errors is never written.")
    _write_rules(plan)
    done = 0
    for act, kind in (
        (Act.OPENING, StockMovement.Kind.PURCHASE),
        (Act.RECEIVE, StockMovement.Kind.PURCHASE),
        (Act.SET, StockMovement.Kind.ADJUSTMENT),
    ):
        # One level may be named by several rows (two delivery notes): a key pairs each movement with its row.
        moves = sorted(
            (move for move in plan.moves if move.act == act), key=lambda move: plan.levels[move.place].pk
        )
        for start in range(0, len(moves), BATCH):
            batch = moves[start : start + BATCH]
            _record(plan, kind, batch, job, actor)
            done += len(batch)
            tell("movements", done, len(plan.moves))


def _record(
    plan: StockPlan, kind: StockMovement.Kind, moves: Sequence[Move], job: ImportJob, actor: str
) -> None:
    """Write the movements of some rows in one statement, and record the rows as booked."""
    real = [move for move in moves if move.difference]
    entries = [
        ledger.MovementEntry(
            level_id=plan.levels[move.place].pk,
            quantity=move.difference,
            unit_cost=move.row.values.get("unit_cost"),
            reference=move.reference,
            note=move.row.values.get("note") or str(Act(move.act).label).capitalize(),
        )
        for move in real
    ]
    booked = ledger.record(kind, entries, actor=actor, cause=(ImportJob._meta.label_lower, job.pk))
    keys = {(movement.level_id, movement.reference): movement.pk for movement in booked}
    ImportedRow.objects.bulk_create(
        ImportedRow(
            job=job,
            row=move.row.number,
            act=move.act,
            level_id=plan.levels[move.place].pk,
            reference=move.reference,
            quantity=move.quantity,
            movement_id=keys.get((plan.levels[move.place].pk, move.reference)),
        )
        for move in moves
    )


def _write_rules(plan: StockPlan) -> None:
    """Set what the rows say about levels, in one statement."""
    changed = [plan.levels[place] for place in plan.rules]
    for level in changed:
        for name, value in plan.rules[level.variant_id, level.location_id].items():
            setattr(level, name, value)
    with connection.cursor() as cursor:
        cursor.execute(
            SET_RULES,
            {
                "ids": [level.pk for level in changed],
                "minimums": [level.minimum for level in changed],
                "optimals": [level.optimal for level in changed],
                "bins": [level.bin for level in changed],
            },
        )
