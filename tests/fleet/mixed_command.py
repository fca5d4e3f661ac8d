"""`python -m tests.fleet.mixed_command`: the command of a fleet, over virtual tenants in different states.

Its worker processes import this module too, and so use the same replacements.
"""

import sys

from conformance.fleet.__main__ import main
from tests.fleet import killed_runs, mixed_fleet

__all__ = ["killed_runs", "mixed_fleet"]

if __name__ == "__main__":
    sys.exit(main())
