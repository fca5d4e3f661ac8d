"""The facts about an error in a body, collected layer by layer."""

from __future__ import annotations

from dataclasses import dataclass, field

from conformance.findings import hosts, pasted
from conformance.findings.body import Shape


@dataclass
class Contents:
    """The facts about an error in a body. ``numbers`` are Entra's; ``status`` is the innermost one in the body itself;
    ``addresses`` are the targets of requests; ``inner`` is the shape of a document within a text.

    Documents within strings are layers. The codes of all layers count, but only the messages of the innermost: outer
    messages are the text of a client.
    """

    codes: list[str] = field(default_factory=list)
    mentions: list[str] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    keys: set[str] = field(default_factory=set)
    named_addresses: list[hosts.Address] = field(default_factory=list)
    addresses: list[hosts.Address] = field(default_factory=list)
    """Every address with a path."""
    inner: Shape | None = None
    status: int | None = None
    passed_on: bool = False
    """A gateway's status was dropped, since what it passes on has a code of its own."""
    nodes: int = 0
    layer: int = 0
    mention_layers: list[int] = field(default_factory=list)
    _layers: list[int] = field(default_factory=list)
    _status_layer: float = -1
    _code_layers: list[int] = field(default_factory=list)

    def say(self, message: str) -> None:
        """Add a message of the current layer."""
        self.messages.append(message)
        self._layers.append(self.layer)

    def answered(self, status: int | None, within: float = 0) -> None:
        """Note a status of the current layer. The innermost one counts; within one layer, the first.

        ``within`` is added to the depth of the layer, for a status of an inner document.
        """
        if status is not None and self.layer + within > self._status_layer:
            self.status, self._status_layer = status, self.layer + within

    def call(self, code: str) -> None:
        """Add a code of the current layer."""
        self.codes.append(code)
        self._code_layers.append(self.layer)

    def fact_count(self) -> int:
        """Return the number of known facts about the error."""
        return len(self.codes) + len(self.numbers) + len(self.messages)

    def settle(self) -> None:
        """Drop the messages of outer layers, and duplicates."""
        innermost = max(self._layers, default=0)
        code_layer = max(self._code_layers, default=0)
        if self.status and self.status >= 500 and self._status_layer + 1 <= code_layer:
            self.status, self.passed_on = None, True  # status of a gateway that passes on a refusal
        self.codes = [
            code
            for code, layer in zip(self.codes, self._code_layers, strict=True)
            if layer == code_layer or (pasted.status(code, bare=True) or 0) < 500
        ]
        self._code_layers = [code_layer] * len(self.codes)
        self.messages = [text for text, layer in zip(self.messages, self._layers, strict=True) if layer == innermost]
        self._layers = [innermost] * len(self.messages)
        self.codes = list(dict.fromkeys(self.codes))
        inner = [word for word, at in zip(self.mentions, self.mention_layers, strict=True) if at == innermost]
        self.mentions = [word for word in dict.fromkeys(inner) if word not in self.codes]
        self.numbers = list(dict.fromkeys(self.numbers))
