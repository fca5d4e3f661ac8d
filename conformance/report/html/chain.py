"""A picture of the connection: credential, tokens, permissions and roles, APIs, and the state of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from conformance.report.model import CheckPart
from conformance.report.wording import ORDER, SIGNS, counted, worst

WIDTH, HEIGHT = 216, 56
GAP, ROW = 58, 72
"""The space between columns, and the distance between rows. They fit the size of a box in the style sheet."""


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a connection. ``checks`` are areas or beginnings of check ids.

    An ``optional`` part is drawn only if one of its checks applies to the connection; parts in its row and in the rows
    below then move down by one row.
    """

    name: str
    title: str
    column: int
    row: float
    checks: tuple[str, ...]
    needs: tuple[str, ...] = ()
    optional: bool = False

    def covers(self, check: CheckPart) -> bool:
        """Return whether the check belongs to this part."""
        return check.area in self.checks or check.id.startswith(self.checks)


NODES = (
    Node("credential", "Credential", 0, 2, ("connection", "AUTH-00")),
    Node("token_arm", "Azure token", 1, 0.5, ("AUTH-010", "AUTH-020"), ("credential",)),
    Node("token_log_analytics", "Log Analytics token", 1, 2, ("AUTH-011", "AUTH-021"), ("credential",)),
    Node("token_graph", "Graph token", 1, 3, ("AUTH-012", "AUTH-022"), ("credential",)),
    Node("token_defender", "Defender token", 1, 4, ("AUTH-013", "AUTH-023"), ("credential",)),
    Node("role", "Azure role", 2, 1, ("rbac",), ("token_arm", "token_log_analytics")),
    Node("graph_consent", "Graph permissions", 2, 3, ("PERM-00",), ("token_graph",)),
    Node("defender_consent", "Defender permissions", 2, 4, ("PERM-01",), ("token_defender",)),
    Node("arm", "Workspace", 3, 0, ("arm",), ("role",)),
    Node("sentinel", "Microsoft Sentinel", 3, 1, ("sentinel",), ("role",)),
    Node("log_analytics", "Log Analytics", 3, 2, ("log_analytics",), ("role",)),
    Node("ingestion", "Log ingestion", 3, 3, ("ingestion",), ("role",), optional=True),
    Node("graph", "Graph security", 3, 3, ("graph",), ("graph_consent",)),
    Node("defender", "Defender for Endpoint", 3, 4, ("defender",), ("defender_consent",)),
)
COLUMNS = ("Credential", "Token", "Permission or role", "API")


@dataclass(frozen=True, slots=True)
class Box:
    """A drawn node."""

    title: str
    state: str
    label: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Edge:
    """A curve from one box to the next; its state is ``broken`` if a check of the target fails itself."""

    path: str
    state: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Chain:
    """The picture."""

    boxes: tuple[Box, ...]
    edges: tuple[Edge, ...]
    heads: tuple[tuple[str, float], ...]
    width: float
    height: float

    @property
    def columns(self) -> list[tuple[str, list[Box]]]:
        """Return the boxes below the head of their column, for a narrow screen."""
        return [(title, [box for box in self.boxes if box.x == x]) for title, x in self.heads]

    @property
    def sentence(self) -> str:
        """Return the alternative text of the picture."""
        return "; ".join(f"{box.title}: {box.label}" for box in self.boxes)


def chain(checks: Sequence[CheckPart]) -> Chain:
    """Return the picture of a connection with these checks."""
    extra = [node for node in NODES if node.optional and _applies(node, checks)]
    nodes = [
        node if node.optional else replace(node, row=node.row + sum(above.row <= node.row for above in extra))
        for node in NODES
        if not node.optional or node in extra
    ]
    boxes = {node.name: _box(node, checks) for node in nodes}
    edges = tuple(_edge(boxes[need], boxes[node.name]) for node in nodes for need in node.needs)
    heads = tuple((title, column * (WIDTH + GAP)) for column, title in enumerate(COLUMNS))
    rows = max(node.row for node in nodes) + 1
    return Chain(tuple(boxes.values()), edges, heads, len(COLUMNS) * (WIDTH + GAP) - GAP, rows * ROW + 16)


def _applies(node: Node, checks: Sequence[CheckPart]) -> bool:
    return any(node.covers(check) and not check.outcome.startswith("not_") for check in checks)


def _box(node: Node, checks: Sequence[CheckPart]) -> Box:
    counts = Counter[str](check.outcome for check in checks if node.covers(check))
    state = worst(counts) if counts else "unasked"
    if state == "unasked" or state.startswith("not_"):
        label = "not asked" if state == "unasked" else SIGNS[state].word
    else:
        applicable = [status for status in ORDER if counts[status] and not status.startswith("not_")]
        label = counted({outcome: counts[outcome] for outcome in applicable[:2]})
    return Box(node.title, state, label, node.column * (WIDTH + GAP), node.row * ROW + 30)


def _edge(source: Box, target: Box) -> Edge:
    x1, y1 = source.x + WIDTH, source.y + HEIGHT / 2
    x2, y2 = target.x, target.y + HEIGHT / 2
    bend = GAP / 2
    path = f"M{x1:g} {y1:g}C{x1 + bend:g} {y1:g} {x2 - bend:g} {y2:g} {x2:g} {y2:g}"
    broken = target.state in ("failed", "error", "inconclusive")
    open_ = target.state in ("passed", "warning")
    return Edge(path, "broken" if broken else "open" if open_ else "shut", (x1 + x2) / 2, (y1 + y2) / 2)
