"""The HTTP client of a connection."""

from __future__ import annotations

import httpx


class _NoCookies(httpx.Cookies):
    """Takes no cookie and sends none."""

    def extract_cookies(self, response: httpx.Response) -> None:
        pass


class Client(httpx.AsyncClient):
    """A client without cookies: no API of a connection needs any, and looking for them takes a tenth of a request.

    Entra sets some with each token, to bring a browser back to the same server.
    """

    @property
    def cookies(self) -> httpx.Cookies:
        return _NONE

    @cookies.setter
    def cookies(self, cookies: object) -> None:
        raise AttributeError("this client has no cookies")


_NONE = _NoCookies()
