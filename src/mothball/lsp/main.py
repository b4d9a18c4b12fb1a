"""Process of the language server: streams, working directory, start and exit."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import logging
import os
import signal
import sys
from collections.abc import Callable
from typing import BinaryIO

from mothball.lsp.features import actions, commands, completion, hover, lenses_hints_links, lifecycle
from mothball.lsp.server import Server, take_over_stdio
from mothball.lsp.settings import Environment

# A check creates about 20,000 objects that reference counting frees; frequent garbage collection would find no cycles.
_GC_THRESHOLD = 200_000
# The parameter M_ARENA_MAX of mallopt(3).
_ARENA_MAX = -8
# Working directory of the server: it holds no code, is writable only to those who can change mothball itself, exists as
# long as mothball does, and needs no cleanup.
_WORKING_DIRECTORY = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "check", "rule_pages")


def serve(environment: Environment) -> int:
    """Serve one client on standard input and output until it exits, then end the process."""
    # Lookups may still be running in threads for up to a minute, and a normal exit would wait for them.
    end_process: Callable[[int], None] = os._exit
    _end_on_signals(end_process)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="mothball: %(levelname)s: %(message)s")
    # pygls logs every invalid message with its content; mothball logs what matters itself.
    logging.getLogger("pygls").setLevel(logging.CRITICAL)
    # The workspace is untrusted: child processes and relative imports must not use files in it.
    os.chdir(_WORKING_DIRECTORY)
    incoming, outgoing = take_over_stdio()
    # Imported modules stay loaded; scanning them at every collection would cost more than a check.
    gc.freeze()
    gc.set_threshold(_GC_THRESHOLD, 10, 10)
    _share_heap()

    asyncio.run(_serve(environment, end_process, incoming, outgoing))
    return 1


def _share_heap() -> None:
    """Have glibc use one heap for all threads; call it before they start.

    Each thread otherwise keeps some MB that long texts have used. The threads rarely allocate at the same time, as the
    interpreter runs one of them.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(_ARENA_MAX, 1)


def create_server(environment: Environment, end_process: Callable[[int], None]) -> Server:
    """Return a server with all features for the running event loop; ``end_process`` takes the exit code."""
    server = Server(environment, end_process)
    for feature in (lifecycle, hover, actions, lenses_hints_links, commands, completion):
        feature.register(server)
    return server


def _end_on_signals(end_process: Callable[[int], None]) -> None:
    """Exit silently on termination signals, with the exit code that shells use for them."""
    for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK"):
        number = getattr(signal, name, None)
        # With nohup, SIGHUP is ignored and must stay so.
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda received, _: end_process(128 + received))


async def _serve(
    environment: Environment, end_process: Callable[[int], None], incoming: BinaryIO, outgoing: BinaryIO
) -> None:
    create_server(environment, end_process).serve(incoming, outgoing)
    await asyncio.Event().wait()
