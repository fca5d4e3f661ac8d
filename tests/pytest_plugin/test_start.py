"""What a start costs: which modules are imported, from which form, and what the collector looks at."""

from __future__ import annotations

import gc
import json
import sys
from pathlib import Path

import pytest

from conformance.pytest_plugin.garbage import paused_collector
from tests.contoso import CONNECTION_FILE

REPORTER = """
import json, sys

def pytest_unconfigure(config):
    modules = {name: type(module.__loader__).__name__ for name, module in sys.modules.items() if module is not None}
    with open("modules.json", "w") as file:
        json.dump({name: loader for name, loader in modules.items() if name.partition(".")[0] == "conformance"}, file)
"""
