"""Only regular files are read in place of a file, and files with secrets are readable by their owner alone."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.connection import ConnectionFileError, load
from conformance.fakes.network.client_files import private
from conformance.files.regular import FileError, read_file, write_private
from conformance.pytest_plugin.cli import init
from conformance.recording.leaks.scan import ScanError
from conformance.recording.leaks.scan import read as read_scanned
from conformance.report.comparison import ComparisonError
from conformance.report.comparison import read as read_previous
from conformance.results.history import History, HistoryError
from conformance.results.journal import Journal, JournalError
from conformance.verification.baseline import BaselineError
from conformance.verification.baseline import read as read_baseline
from tests.contoso import FILE

LIMIT = 100


def places(folder: Path) -> dict[str, Path]:
    """Return paths that are not regular files, by their description."""
    os.mkfifo(folder / "pipe")
    (folder / "folder").mkdir()
    return {"a pipe": folder / "pipe", "a device": Path("/dev/zero"), "a folder": folder / "folder"}


@pytest.mark.skipif(not hasattr(os, "mkfifo") or not Path("/dev/zero").exists(), reason="needs pipes and devices")
def test_a_path_that_is_not_a_regular_file_is_reported_at_once(tmp_path: Path, subtests: pytest.Subtests) -> None:
    conn = tmp_path / "conn.toml"

    def secret(path: Path) -> None:
        conn.write_text(FILE.replace("env:CONTOSO_SECRET", f"file:{path}"), encoding="utf-8")
        load(conn)

    def certificate(path: Path) -> None:
        text = FILE.replace('client_secret = "env:CONTOSO_SECRET"', f'certificate = "file:{path}"')
        conn.write_text(text, encoding="utf-8")
        load(conn)

    readers: dict[str, tuple[Callable[[Path], object], type[Exception]]] = {
        "any": (lambda path: read_file(path, LIMIT), FileError),
        "connection": (lambda path: path.is_dir() or load(path), ConnectionFileError),
        "secret": (secret, ConnectionFileError),
        "certificate": (certificate, ConnectionFileError),
        "baseline": (read_baseline, BaselineError),
        "previous report": (read_previous, ComparisonError),
        "journal": (lambda path: Journal(path).finished({"a": "1"}), JournalError),
        "history": (lambda path: History(path).__enter__(), HistoryError),
    }
    for kind, path in places(tmp_path).items():
        for name, (reader, error) in readers.items():
            if (name, kind) == ("connection", "a folder"):
                continue  # a folder is allowed: all files in it are read
            with subtests.test(name, kind=kind), pytest.raises(error, match=f"is {kind}, no file"):
                reader(path)
    with pytest.raises(ScanError, match="is a pipe, no file"):
        read_scanned([tmp_path / "pipe"])


def test_a_file_is_read_up_to_a_limit(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(bytes(LIMIT))
    assert read_file(file, LIMIT) == bytes(LIMIT)
    file.write_bytes(bytes(LIMIT + 1))
    with pytest.raises(FileError, match="is larger than 100 B"):
        read_file(file, LIMIT)
    (tmp_path / "link").symlink_to(file)  # as Kubernetes mounts secrets
    assert read_file(tmp_path / "link", LIMIT + 1)


@pytest.mark.parametrize("write", [lambda path: private(path, "secret"), lambda path: write_private(path, b"secret")])
def test_a_private_file_is_replaced_and_links_are_not_followed(tmp_path: Path, write: Callable[[Path], None]) -> None:
    other, file = tmp_path / "other", tmp_path / "file"
    other.write_text("of somebody else", encoding="utf-8")
    file.symlink_to(other)
    write(file)
    assert other.read_text(encoding="utf-8") == "of somebody else"
    assert not file.is_symlink()
    file.chmod(0o666)
    write(file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert file.read_text(encoding="utf-8") == "secret"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "other"]


def test_the_starting_file_is_private_and_does_not_follow_a_link(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init(str(tmp_path / "conn.toml")) == 0
    assert stat.S_IMODE((tmp_path / "conn.toml").stat().st_mode) == 0o600
    (tmp_path / "link.toml").symlink_to(tmp_path / "elsewhere.toml")
    assert init(str(tmp_path / "link.toml")) == 4
    assert not (tmp_path / "elsewhere.toml").exists()
    assert "exists already" in capsys.readouterr().err
