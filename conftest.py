"""Marks the top of the checkout for pytest. The plugin itself comes by its entry point, in tests as for users.

Images of containers set PYTHONDONTWRITEBYTECODE. Here each process, and the tests start hundreds, would compile all it
imports anew, and pytest rewrite each test: the larger part of the time of collecting, and of most runs in tests.
"""

import os
import sys

sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
