#!/usr/bin/env bash
# httpx writes bytes of a form as Python shows them; msal returns its signed client assertion as bytes.
#
# Expected: bytes in a form are sent unchanged, as by requests. Observed: httpx sends b'...' with the letter and the
# quotes. Together, a certificate never works: Entra answers AADSTS50027 to an assertion that begins with b'.
# Exits 0 while that is so, 1 once one of the two has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check httpx==0.28.1 requests==2.32.5 msal==1.39.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import httpx
import msal
import requests
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from msal.oauth2cli import JwtAssertionCreator

url, form = "https://service.example/token", {"client_assertion": b"e30.e30.sig"}
by_httpx = httpx.Request("POST", url, data=form).content
by_requests = requests.Request("POST", url, data=form).prepare().body
key = generate_private_key(public_exponent=65537, key_size=2048)
assertion = JwtAssertionCreator(key, "PS256", sha256_thumbprint="00" * 32).create_normal_assertion(url, "client")
print(f"httpx {httpx.__version__}: {by_httpx!r}")
print(f"requests {requests.__version__}: {by_requests!r}")
print(f"msal {msal.__version__}: an assertion is {type(assertion).__name__}")
as_seen = by_httpx == b"client_assertion=b%27e30.e30.sig%27" and isinstance(assertion, bytes)
sys.exit(0 if as_seen and by_requests == "client_assertion=e30.e30.sig" else 1)
PYTHON
