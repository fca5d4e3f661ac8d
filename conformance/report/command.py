"""The command that started a run, in a form that the user can run again."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

LEFT_OUT = re.compile(
    r"-(?:k|m)(?P<value>.*)|--(?:deselect|sentinel-(?:notify|report)|junit-?xml)(?P<given>=.*)?", re.DOTALL
)
"""Options that are left out with their values: selections of tests, and outputs (their addresses can contain
secrets).
"""
MANNER = re.compile(r"-[vqx]+|--(?:lf|last-failed|ff|failed-first|sw|stepwise|verbose|quiet|exitfirst|sentinel-resume)")
"""Options that are left out and have no value: verbosity, and options that depend on the previous run."""


CONSOLE = "sentinel-conformance"
"""The console command; its `verify` accepts pytest's options too."""


ISOLATION = re.compile(r"--noconftest|--disable-warnings|-p[\w:.]+|--(?:config-file|rootdir)=.*")
"""Options that the console command always adds."""


def program(argv0: str, executable: str) -> list[str]:
    """Return the words that start pytest again from the same folder.

    ``argv0`` is the running script, ``executable`` the Python interpreter. A bare name is returned only if ``PATH``
    leads to the same script.
    """
    script = Path(argv0)
    if script.name == "__main__.py":
        return [
            executable if shutil.which(Path(executable).stem) != executable else Path(executable).stem,
            "-m",
            "pytest",
        ]
    if script.stem == CONSOLE:
        return [CONSOLE, "verify"]
    if script.stem not in ("pytest", "py.test"):
        return ["pytest"]
    path = shutil.which(script.stem)
    return [script.stem if path and Path(path).resolve() == script.resolve() else argv0]


def command(arguments: Iterable[str], started: Sequence[str] = ("pytest",)) -> str:
    """Return pytest's command line without the options that select tests, so that ``-k`` with one check can be
    appended.

    ``started`` are the words that start pytest (:func:`program`).
    """
    words: list[str] = []
    rest = iter(arguments)
    for word in rest:
        if started[0] == CONSOLE and ISOLATION.fullmatch(word):
            continue
        if option := LEFT_OUT.fullmatch(word):
            if not (option["value"] or option["given"]):
                next(rest, None)
        elif not MANNER.fullmatch(word):
            words.append(word)
    return shlex.join([*started, *words])
