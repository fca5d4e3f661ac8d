"""Print the shell steps of action.yml as one bash script, as GitHub runs them.

The arguments are the inputs of the action: `python -m scripts.action NAME=VALUE...`. Steps that use other actions are
left out.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

ACTION = Path(__file__).parents[1] / "action.yml"
EXPRESSION = re.compile(r"\$\{\{ inputs\.(?P<name>[\w-]+) \}\}")


def steps(values: Mapping[str, str]) -> dict[str, str]:
    """Return the script of each shell step by its name, for these inputs.

    Raises ``KeyError`` for an input that is not given and has no default.
    """
    action: dict[str, Any] = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
    inputs = {name: row["default"] for name, row in action["inputs"].items() if "default" in row} | dict(values)
    scripts = {}
    for step in action["runs"]["steps"]:
        if "run" in step:
            variables = {
                name: EXPRESSION.sub(lambda match: inputs[match["name"]], value)
                for name, value in step.get("env", {}).items()
            }
            exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
            scripts[step["name"]] = f"{exports}set -e -o pipefail\n{step['run'].rstrip()}\n"
    return scripts


def main() -> int:
    """Print the script; each step runs in its own shell, which a failure ends. Return the exit code."""
    values = dict(argument.split("=", 1) for argument in sys.argv[1:])
    print("set -e")
    for name, script in steps(values).items():
        print(f"# {name}\n(\n{script})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
