"""A made-up month of a fleet: the history for the tests of trends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from conformance.results.history import Observation

START = datetime(2026, 10, 26, 2, tzinfo=UTC)
NIGHTS, COUNT = 30, 60
SPELLS = (
    # cause, check, connections, first night, first night without it
    ("secret_expired", "AUTH-003", range(4), 6, 9),
    ("secret_expired", "AUTH-003", range(10, 16), 24, NIGHTS),
    ("rbac_role_missing", "RBAC-001", range(20, 22), 0, 20),
    ("rbac_role_missing", "RBAC-001", range(30, 33), 18, NIGHTS),
    ("app_role_missing", "PERM-001", range(40, 41), 3, NIGHTS),
    ("table_missing", "LA-003", range(50, 52), 11, 16),
)


def month() -> list[Observation]:
    """Return nightly observations of each connection: some break and are fixed, one flaps, one night has an outage."""
    looks = []
    for night in range(NIGHTS):
        for number in range(COUNT):
            causes = {
                (cause, check) for cause, check, who, first, end in SPELLS if number in who and first <= night < end
            }
            status = "nonconformant" if causes else "conformant"
            if number == 59 and night % 5 == 0:
                causes, status = {("throttled", "LA-001")}, "incomplete"
            if night == 13 and number >= 45:
                causes, status = causes | {("service_unavailable", "ARM-001")}, "incomplete"
            looks.append(
                Observation(START + timedelta(days=night), f"tenant-{number:03}", status, frozenset(causes))  # type: ignore[arg-type]
            )
    return looks
