"""Content codings of request bodies (RFC 9110 section 8.4): gzip and deflate, as SDKs and log shippers send them."""

from __future__ import annotations

import zlib

import httpx

CODINGS = ("gzip", "deflate")
_WINDOWS = {"gzip": (31,), "x-gzip": (31,), "deflate": (15, -15)}
"""Coding to the windows that zlib takes it with. Some clients send ``deflate`` without zlib's frame, too."""


class UndecodableBody(Exception):
    """A body that cannot be decoded; ``response`` is the refusal."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(response.text)
        self.response = response


def too_large(most: int) -> httpx.Response:
    """Return the refusal of a body of more than ``most`` bytes."""
    return httpx.Response(413, text=f"The virtual tenant takes bodies of up to {most} bytes.\n")


def decode(body: bytes, codings: str, most: int) -> bytes:
    """Return a body without the codings that its Content-Encoding names; at most ``most`` bytes come out of each.

    Raises :class:`UndecodableBody`: 413 for a body that is too large, 415 for another coding, 400 for broken data.
    """
    names = [name.strip().lower() for name in codings.split(",")]
    for name in reversed([name for name in names if name not in ("", "identity")]):
        if name not in _WINDOWS:
            raise UndecodableBody(
                httpx.Response(
                    415,
                    headers={"Accept-Encoding": ", ".join(CODINGS)},
                    text=f"The virtual tenant does not decode the Content-Encoding {name}: it takes"
                    f" {' and '.join(CODINGS)}.\n",
                )
            )
        body = _inflated(body, name, most)
    return body


def _inflated(body: bytes, name: str, most: int) -> bytes:
    for window in _WINDOWS[name]:
        inflater = zlib.decompressobj(window)
        try:
            content = inflater.decompress(body, most + 1)
        except zlib.error:
            continue
        if len(content) > most:
            raise UndecodableBody(too_large(most))
        if inflater.eof:
            return content
    raise UndecodableBody(httpx.Response(400, text=f"The body is not {name}, which its Content-Encoding says.\n"))
