"""Reads docs/decision-table.md: which reasons and result types each row may give."""
import re
from dataclasses import dataclass, field

from .table import LAB

TOP = LAB.parent.parent
DOCUMENT = TOP / "docs" / "decision-table.md"
SHORT = {"VF": "validation-failure", "CNT": "certificate-not-trusted", "null": None}
CERTIFICATE_ROWS = ("41", "52")  # "the certificate reason"
USERS_REASONS = 18


@dataclass
class Row:
    label: str
    observed: str
    kind: str     # the result type's cell
    reason: str   # the reason's cell
    outcomes: set = field(default_factory=set)  # (reason, result type)


def known_reasons():
    """In the order of policy/reason.h: the user's own come first."""
    return re.findall(r'ROW\(\w+,\s*"([a-z_]+)"', (TOP / "policy" / "reason.c").read_text())


def load():
    """The rows by label, each with the outcomes that its cells name."""
    known = set(known_reasons())
    rows = {}
    for line in DOCUMENT.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 5 and re.fullmatch(r"\d+[a-z]?|B\d", cells[0]):
            if cells[0] in rows:
                raise ValueError(f"row {cells[0]} stands twice in {DOCUMENT.name}")
            rows[cells[0]] = Row(*cells[:4])
    for row in rows.values():
        name_outcomes(row, known)
    for row in rows.values():
        refer(row, rows)
    return rows


def words(cell, known):
    return {word for word in re.findall(r"[a-z]+(?:_[a-z]+)*", cell) if word in known}


def name_outcomes(row, known):
    """What the cells say themselves. A reason among what is observed is an aside without a type."""
    kind = SHORT.get(row.kind, row.kind)
    row.outcomes |= {(reason, kind) for reason in words(row.reason, known)}
    row.outcomes |= {(reason, None) for reason in words(row.observed, known)}


def refer(row, rows):
    """What the cells say by naming other rows."""
    if same := re.match(r"as (\d+)", row.reason):
        row.outcomes |= rows[same[1]].outcomes
    if "the certificate reason" in row.reason:
        kind = SHORT.get(row.kind, row.kind)
        row.outcomes |= {(reason, kind) for reason, _ in typed(between(rows, *CERTIFICATE_ROWS))}
    if row.kind.startswith("as there"):
        row.outcomes = set()
        for first, last in re.findall(r"rows? (\d+)(?: to (\d+))?", row.observed):
            row.outcomes |= typed(between(rows, first, last or first))
        # Under TLSA alone the rows' "else" holds.
        row.outcomes -= {("mta_sts_policy_upgrade", "starttls-not-supported")}


def between(rows, first, last):
    labels = list(rows)
    return [rows[label] for label in labels[labels.index(first):labels.index(last) + 1]]


def typed(rows):
    """The outcomes of these rows that TLS-RPT has a type for."""
    return {outcome for row in rows for outcome in row.outcomes if outcome[1]}


def policy_types(label, result_type):
    """The policy types that the table's preamble allows a finding of this row."""
    if result_type is None:
        return {None}
    number = {"B1": 54, "B7": 73}.get(label) or int(re.match(r"\d+", label)[0])
    if number == 5 or 68 <= number <= 74:
        return {"tlsa"}
    return {"sts"} if 54 <= number <= 67 else {"sts", "no-policy-found"}
