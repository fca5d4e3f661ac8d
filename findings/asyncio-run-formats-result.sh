#!/usr/bin/env bash
# CPython 3.11: asyncio.run() calls repr() on the whole result of its coroutine, and discards the text.
#
# Expected: the result is returned and nothing else happens to it. Observed: the runner asks signal.getsignal() for its
# own handler at the end. That looks the handler up in an enumeration, whose error message formats it, with the task it
# holds and the result of this task: for a large result, this takes a tenth of the time of computing it.
# Exits 0 while the behaviour is as described, 1 once it has changed.
set -euo pipefail
"${PYTHON:-python3}" - <<'PYTHON'
import asyncio
import platform
import sys


class Result:
    formatted = 0

    def __repr__(self):
        Result.formatted += 1
        return "Result()"


async def main():
    return Result()


asyncio.run(main())
print(f"CPython {platform.python_version()}: the result was formatted {Result.formatted} times")
sys.exit(not Result.formatted)
PYTHON
