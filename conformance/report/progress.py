"""How far the probes are, live, while they run; nothing where nobody watches."""

from __future__ import annotations

import os
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress as Bars


class Progress:
    """One line per run with counts and time, on a terminal; gone when the report comes."""

    def __init__(self, stream: IO[str] | None) -> None:
        self._bars = None if stream is None else bars(stream)
        self._state: dict[str, tuple[int, int]] = {}
        self._task: Any = None

    def __enter__(self) -> Progress:
        if self._bars:
            self._task = self._bars.add_task("connecting", total=None)
            self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bars:
            self._bars.stop()

    def update(self, name: str, known: int, total: int) -> None:
        """``known`` of the ``total`` probes of a connection that are on their way have been answered."""
        self._state[name] = (known, total)
        if self._bars:
            done, asked = (sum(pair[part] for pair in self._state.values()) for part in (0, 1))
            what = name if len(self._state) == 1 else f"{len(self._state)} connections"
            self._bars.update(self._task, description=f"asking {what}", completed=done, total=asked)


def watched(stream: IO[str]) -> IO[str] | None:
    """The stream, if somebody watches it: a terminal that can redraw a line, and no CI log."""
    able = stream.isatty() and os.environ.get("TERM") != "dumb" and not os.environ.get("CI")
    return stream if able else None


def bars(stream: IO[str]) -> Bars:
    """rich's progress bar: what is asked, how much has come, how long it has taken."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    plain = not (getattr(stream, "encoding", "") or "").lower().startswith("utf")
    return Progress(
        SpinnerColumn("line" if plain else "dots", style="cyan"),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("answers"),
        TimeElapsedColumn(),
        console=Console(file=stream, highlight=False),
        transient=True,
    )
