"""Errors that come from a lack of this machine's own resources: open files, memory, threads or ports."""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Mapping

from conformance.probing.open_files import limit

RESOURCES: Mapping[int, str] = {
    errno.EMFILE: "open files",
    errno.ENFILE: "open files (the limit of the whole machine)",
    errno.ENOMEM: "memory",
    errno.ENOBUFS: "memory for the network",
    errno.EADDRNOTAVAIL: "free local ports",
}


class Shortage(Exception):
    """This machine lacks a resource; neither a service nor the tenant is the cause. The message is one line for the
    user.
    """

    def __init__(self, resource: str) -> None:
        self.resource = resource
        files = limit()
        hint = f" (this process may open {files}; ulimit -n raises it)" if "files" in resource and files else ""
        super().__init__(f"this machine has not enough {resource}{hint}; verify fewer connections at the same time")


def shortage(error: BaseException) -> Shortage | None:
    """Return the shortage behind an error or its causes; None for every other error.

    In a group of errors, such as those for several addresses of a host, all must be shortages.
    """
    missing = _resource(error)
    return Shortage(missing) if missing else None


def _resource(error: BaseException | None) -> str | None:
    visited: list[BaseException] = []
    while error is not None and error not in visited:
        visited.append(error)
        if isinstance(error, Shortage):
            return error.resource
        if isinstance(error, BaseExceptionGroup):
            resources = [_resource(exception) for exception in error.exceptions]
            if all(resources):
                return resources[0]
        elif isinstance(error, MemoryError):
            return "memory"
        elif isinstance(error, RuntimeError) and "can't start new thread" in str(error):
            return "threads"
        elif isinstance(error, socket.gaierror):
            if _no_file_left():  # the resolver could not open its sockets, and reports an unknown name
                return RESOURCES[errno.EMFILE]
        elif isinstance(error, ImportError) and os.strerror(errno.EMFILE) in str(error):  # a compiled module
            return RESOURCES[errno.EMFILE]
        elif isinstance(error, OSError) and (found_here := RESOURCES.get(error.errno or 0)):
            return found_here
        error = error.__cause__ or error.__context__
    return None


def _no_file_left() -> bool:
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError as error:
        return error.errno in (errno.EMFILE, errno.ENFILE)
    return False
