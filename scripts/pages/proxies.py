"""docs/proxies.md: the settings that name a proxy, the finding for each failure, and tests with real proxies."""

from __future__ import annotations

import tomllib
from pathlib import Path

from conformance.findings import CAUSES
from scripts.pages.markdown import NOTE, code, table

DESCRIPTIONS = Path(__file__).parents[2] / "tests" / "network" / "proxies.toml"

HEAD = """
# Behind a proxy

## Settings of this machine

| setting | source |
| --- | --- |
| the proxy | `HTTPS_PROXY`, else `ALL_PROXY` (lower case wins), else the system's settings on macOS and Windows |
| hosts without a proxy | `NO_PROXY` |
| user and password for the proxy | only that variable, percent-encoded: `http://user:password@host:port` |
| trusted authorities | `SSL_CERT_FILE` and `SSL_CERT_DIR`, else the operating system's store, as pip does |

`https://` proxies, which use TLS themselves, need a certificate by one of the same authorities. `socks5://` and
`socks5h://` need an extra: `pip install 'sentinel-conformance[socks]'`. For the sign-in to a proxy, this client
supports only Basic; for Negotiate, NTLM and Digest run a local relay that signs in. `REQUESTS_CA_BUNDLE` and
`CURL_CA_BUNDLE` are not read; if one of them is set and a certificate is not trusted, the finding names it.

A company that inspects TLS signs certificates with its own authority. `SSL_CERT_FILE` then needs that root **and** the
public roots, or hosts that are exempt from inspection are not trusted.

## Findings

A proxy has 10 seconds to open a tunnel and complete TLS. These findings are never a failure of the connection: the exit
code is 6.
"""

NOTES = """
## Tests with real proxies

Each row is a test (`tests/network/proxies.toml` has the configurations): the proxy runs on loopback in front of the
served virtual tenant, and the whole verification must end with only this root cause within 20 seconds. A `-` means
that all checks pass.
"""

CAUSE = ("proxy_unusable", "proxy_auth_required", "proxy_denied", "proxy_failed", "tls_untrusted", "intercepted")


def page() -> str:
    """Return the text of docs/proxies.md."""
    causes = table(
        ("cause", "means", "who fixes it"),
        [(f"[{code(name)}](findings.md#{name})", CAUSES[name].means, CAUSES[name].owner) for name in CAUSE],
    )
    rows = []
    for proxy, row in tomllib.loads(DESCRIPTIONS.read_text(encoding="utf-8")).items():
        for name, situation in row["situations"].items():
            title = f"{proxy} {row['version']}" if "version" in row else "no proxy there"
            rows.append(
                (
                    title,
                    name.replace("-", " "),
                    situation["seen"],
                    code(situation["cause"]) if situation["cause"] else "-",
                )
            )
    situations = table(("proxy", "situation", "behaviour", "root cause"), rows)
    return "\n".join((NOTE + HEAD, causes + NOTES, situations))
