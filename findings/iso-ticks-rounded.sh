#!/usr/bin/env bash
# msgspec 0.22.0 and arrow 1.4.0 round the seventh digit of a time up, where Python and the SDKs cut it off: the results
# can be a year apart.
#
# Expected: all of Python reads "2026-12-31T23:59:59.9999999Z", the last moment of the year as .NET and Sentinel write
# it, as the last microsecond of 2026. Observed: datetime, dateutil 4.0.0, pydantic 2.14.4 and isodate 0.7.2 (under the
# Azure SDKs) do; msgspec and arrow give midnight of 2027. This affects everyone who reads one API's answers by two of
# these, or groups by day: the same alert is on two days, and ends of time spans overlap with the next. Instead: one
# reader for all, or cut the text at six digits before it is read.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check \
  msgspec==0.22.0 arrow==1.4.0 pydantic==2.14.4 python-dateutil==4.0.0 isodate==0.7.2
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from datetime import datetime, timezone

import arrow
import dateutil.parser
import isodate
import msgspec
import pydantic

TEXT = "2026-12-31T23:59:59.9999999Z"
readers = {
    "datetime": datetime.fromisoformat,
    "dateutil": dateutil.parser.isoparse,
    "pydantic": pydantic.TypeAdapter(datetime).validate_python,
    "isodate": isodate.parse_datetime,
    "msgspec": lambda text: msgspec.convert(text, datetime),
    "arrow": lambda text: arrow.get(text).datetime,
}
seen = {name: read(TEXT) for name, read in readers.items()}
print(TEXT, {name: str(value) for name, value in seen.items()})
cut = datetime(2026, 12, 31, 23, 59, 59, 999999, timezone.utc)
rounded = datetime(2027, 1, 1, tzinfo=timezone.utc)
sys.exit(seen != {name: rounded if name in ("msgspec", "arrow") else cut for name in readers})
PYTHON
