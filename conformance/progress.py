"""How far the probes are, for whoever watches the terminal."""

from __future__ import annotations

from typing import Any


class Progress:
    """One line that says how far the probes are; nothing where nobody watches."""

    def __init__(self, stream: Any) -> None:
        self._stream, self._state = stream, {}

    _state: dict[str, tuple[int, int]]

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._stream and self._state:
            self._stream.write("\r\x1b[K")
            self._stream.flush()

    def update(self, name: str, known: int, total: int) -> None:
        self._state[name] = (known, total)
        if self._stream:
            done, all_of_them = (sum(pair[i] for pair in self._state.values()) for i in (0, 1))
            self._stream.write(f"\r\x1b[Kasking {name}: {done} of {all_of_them} answers")
            self._stream.flush()
