"""Texts of services cannot be commands of a CI system or of a terminal, wherever a line is wrapped."""

from __future__ import annotations

import io
import re

import pytest

from conformance.connection import ConnectionFileError, load
from conformance.redaction import Outlet, clean
from conformance.report.terminal_layout import Line, console, show
from tests.redaction.planted import HOSTS, PLACES, Planted, outputs

COMMANDS = (
    "::set-output name=x::y",
    "x ::add-mask::y",
    "line\n::error::y",
    "##[command]x",
    "x ##vso[task.setvariable variable=a]b",
    "##teamcity[message text='x']",
    "section_start:1:x\r\x1b[0K",
    "\x1b[8mha:////4NvYyw==\x1b[0m",
    "\x1b]0;title\x07 \x1b[2J \x9b31m",
    "\u202egnp.exe\u2066 \u200f \U000e0041\U000e007f",
)
OBEYED = re.compile(r"##(?:\[|vso\[|teamcity\[)|section_(?:start|end):|^\s*::", re.IGNORECASE | re.MULTILINE)
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e0fff]")


@pytest.mark.slow
def test_no_output_contains_a_command(subtests: pytest.Subtests) -> None:
    first = 0
    for api in ("arm", "graph", "log_analytics"):
        used: set[str] = set()
        while used != PLACES.keys():
            planted = Planted(HOSTS[api], list(COMMANDS), first)
            for output, content in outputs(planted).items():
                if output.endswith(("sqlite", "sqlite-wal", "sqlite-shm")):
                    continue
                text = content.decode()
                with subtests.test(api=api, output=output):
                    assert not OBEYED.search(text)
                    assert not CONTROL.search(text)
            used |= planted.used
            first += planted.count


@pytest.mark.parametrize("text", COMMANDS)
def test_a_wrapped_text_is_never_a_command(text: str) -> None:
    for width in range(20, 60):
        screen = io.StringIO()
        show(console(screen, width=width, color=False), [Line(f"{'word ' * 7}{clean(text)} {text}", label="why")])
        assert not OBEYED.search(screen.getvalue())
    for words in range(12):
        assert not OBEYED.search(clean("a " * words + text))


def test_a_line_written_in_parts_is_checked_as_a_whole() -> None:
    screen = io.StringIO()
    outlet = Outlet(screen)
    for part in (
        "said: ",
        "::error::x",
        "\n",
        "::error::y",
        "\n  ",
        "::error::z\n",
        "\x1b[31mred\x1b[0m\x1b]0;t\x07\n",
    ):
        outlet.write(part)
    assert screen.getvalue() == "said: ::error::x\n: :error::y\n  : :error::z\n\x1b[31mred\x1b[0m]0;t\n"


@pytest.mark.parametrize("name", [r"a\u001b]0;x", r"a\u202eb", "##vso[x", r"\u009b31m", r"a\nb", r"tag\U000E0041"])
def test_the_name_of_a_connection_is_plain_text(tmp_path, name) -> None:  # type: ignore[no-untyped-def]
    from tests.contoso import FILE

    file = tmp_path / "conn.toml"
    file.write_text(FILE.replace("[connection]", f'[connection]\nname = "{name}"'), encoding="utf-8")
    with pytest.raises(
        ConnectionFileError, match=r"name: found .*, expected a text without control characters"
    ) as caught:
        load(file, environ={"CONTOSO_SECRET": "a-secret-that-is-right-0001"})
    assert not CONTROL.search(str(caught.value))
    assert not OBEYED.search(str(caught.value))
