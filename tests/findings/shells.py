"""The words of a command line as shells read it: bash itself, and the rules of PowerShell and cmd.exe."""

from __future__ import annotations

import json
import re
import subprocess

SPECIAL_TO_CMD = "&|<>^()%"
"""Characters with a meaning for cmd.exe outside of quotes; ``%`` also within them."""


def in_bash(lines: list[str]) -> list[list[str]]:
    """Return the words that bash passes to the program of each line. Stubs print them; ``$(...)`` gives ``ID``."""
    script = "\n".join(
        [
            "shopt -s expand_aliases; set -f",
            "show() { printf '%s\\0' \"$@\" >&3; printf '\\n\\0' >&3; }",
            'az() { if [ -n "${inner:-}" ]; then echo ID; else show az "$@"; fi; }',
            *(f'{name}() {{ show {name} "$@"; }}' for name in ("curl", "getent", "sudo", "timedatectl")),
            *lines,
        ]
    )
    script = script.replace("$(az ", "$(inner=1; az ")
    process = subprocess.run(
        ["bash", "-c", f"exec 3>&1 >/dev/null\n{script}"], capture_output=True, text=True, check=True, timeout=60
    )
    assert not process.stderr, process.stderr
    return [words.split("\0")[:-1] for words in process.stdout.split("\n\0")[:-1]]


def in_cmd(line: str) -> list[str]:
    """Return the words of a line at the prompt of cmd.exe; raise AssertionError if it would interpret a character."""
    words: list[str] = []
    word, quoted, begun = "", False, False
    for sign in line:
        assert sign not in ("%" if quoted else SPECIAL_TO_CMD), f"cmd.exe reads {sign}: {line}"
        if sign == '"':
            quoted, begun = not quoted, True
        elif sign in " \t" and not quoted:
            if begun:
                words.append(word)
            word, begun = "", False
        else:
            word, begun = word + sign, True
    assert not quoted, f"a quote is left open: {line}"
    return [*words, word] if begun else words


def in_powershell(line: str) -> list[str]:
    """Return the words that ``az``, a batch file, gets from PowerShell on Windows; raise AssertionError if they may
    differ.

    PowerShell removes quotes and puts them back only around words with blanks; then cmd.exe reads the line.
    """
    line = re.sub(r"\$\(az [^()]*\)", "ID", line)
    words: list[str] = []
    for part in re.findall(r"""(?:[^\s"']|"[^"]*"|'[^']*')+""", line):
        bare = re.sub(r"""["'].*["']""", "", part)
        assert not set(bare) & set("$`;,{}()@#&|<>%"), f"PowerShell reads it: {part}"
        assert not re.search(r'"[^"]*[$`“”„][^"]*"', part), f"PowerShell expands it: {part}"
        words.append(part[1:-1] if part[:1] in "\"'" and part[:1] == part[-1:] else part)
    assert all('"' not in word[1:-1] for word in words)
    again = (f'"{word}"' if " " in word and not word.startswith('"') else word for word in words)
    return in_cmd(" ".join(again))


def displayed(words: list[str]) -> str:
    """Return words as text in which each character is visible."""
    return json.dumps(words, ensure_ascii=False)
