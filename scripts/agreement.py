"""Run the clients of tests/clients/operations.py in every scenario, and write tests/clients/agreement.json.

`make agreement` runs it in the environment of `make test-clients`.
"""

from __future__ import annotations

import json
import logging
import os
import sys


def observe(scenario: str) -> dict[str, str]:
    """Return the result of each client in a scenario, over sockets."""
    from conformance.fakes.network.served import serve_tenant
    from tests.clients.operations import outcomes
    from tests.contoso import made_up

    with serve_tenant(made_up(), scenario) as stage:
        for name in [*os.environ]:
            if name.startswith(("AZURE_", "MSAL_", "IDENTITY_")) or name.lower().endswith("_proxy"):
                del os.environ[name]
        os.environ.update(stage.server.environment)
        return outcomes(stage.connection)


def main() -> int:
    """Write the clients' results in every scenario to ``agreement.json``; return the exit code."""
    from conformance.fakes import SCENARIOS
    from tests.agreement_table import OBSERVATIONS

    logging.disable()  # azure-identity also logs each refusal
    observations = {name: observe(name) for name in SCENARIOS}
    OBSERVATIONS.write_text(json.dumps(observations, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
