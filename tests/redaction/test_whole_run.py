"""A run of pytest with a secret in the environment: neither the terminal nor a file contains any part of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.contoso import FILE

SECRET = "Zk7vPq3nXw9tRb5yLm2dHs8fGc4jTe6a"
PASSWORD = "pr0xy-Pa55word-of-the-machine"
OWN = f'''
import logging

import httpx

from conformance.checks.registry import check


@check("OWN-001", "an own check", area="arm")
def test_own(connection):
    raise AssertionError(connection.credential.secret.reveal())


def test_of_others():
    secret = "{SECRET}"
    print(secret)
    logging.getLogger("httpcore").warning("::error::%s", secret)
    raise ValueError(secret)
'''


@pytest.mark.slow
def test_neither_the_terminal_nor_a_file_contains_the_secret(tmp_path: Path) -> None:
    (tmp_path / "conn.toml").write_text(FILE, encoding="utf-8")
    (tmp_path / "test_own.py").write_text(OWN, encoding="utf-8")
    options = ["--sentinel-config=conn.toml", "--sentinel-source=fake:no-azure-role", "--sentinel-report=out"]
    options += ["--sentinel-history=history.db", "-vv", "-rA", "--showlocals", "--junitxml=junit.xml"]
    options += ["-o", "junit_logging=all", "--log-cli-level=DEBUG", "--log-file=log.txt", "test_own.py"]
    proxy = f'"http://user:{PASSWORD}@proxy.example:8080"'
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options],
        cwd=tmp_path,
        env={"PATH": "", "CONTOSO_SECRET": SECRET, "HTTPS_PROXY": proxy, "https_proxy": proxy},
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 1, run.stderr.decode()
    contents = {
        file.name: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file() and file.suffix != ".pyc"
    }
    del contents["test_own.py"]
    assert {"junit.xml", "log.txt", "report.json", "history.db"} <= contents.keys()
    for name, content in {**contents, "stdout": run.stdout, "stderr": run.stderr}.items():
        assert SECRET.encode() not in content, name
        assert PASSWORD.encode() not in content, name
    assert b"ValueError: ***" in run.stdout
    assert not [line for line in run.stdout.splitlines() if line.strip().startswith(b"::")]
