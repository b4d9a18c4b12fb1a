"""The process of the language server: its streams, its working directory, its beginning and its end."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import BinaryIO

from mothball.lsp.effective_settings import Environment
from mothball.lsp.features import actions, commands, documents, hover, lifecycle, links, settings
from mothball.lsp.server import Server
from mothball.lsp.transport import MessageWriter, start_reading, take_over_stdio

# A check makes some 20,000 records that reference counting frees again; to look for circles in between finds none.
_GARBAGE = 200_000
# Where the server stands. It holds pages of text and no program, whoever can write there can change mothball itself, it
# is there as long as mothball is, and nothing has to be removed in the end, however that comes.
_STANDING = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "check", "rule_pages")


def serve(environment: Environment) -> int:
    """Serve one client on standard input and output, until it leaves; then end the process. Never returns a code."""
    # Look-ups may be under way in threads, for a minute yet; the interpreter would wait for them.
    leave: Callable[[int], None] = os._exit
    _leave_on_signals(leave)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="mothball: %(levelname)s: %(message)s")
    # pygls tells of every message that it cannot use, and quotes it; what matters of that is told by us.
    logging.getLogger("pygls").setLevel(logging.CRITICAL)
    # A workspace is somebody's else; what we start, or load by a relative name, must not come from it.
    os.chdir(_STANDING)
    incoming, outgoing = take_over_stdio()
    # What was imported stays for good; to go through all of it at every collection would cost more than a check.
    gc.freeze()
    gc.set_threshold(_GARBAGE, 10, 10)

    asyncio.run(_serve(create_server(environment, leave), incoming, outgoing))
    return 1


def create_server(environment: Environment, leave: Callable[[int], None]) -> Server:
    """Return a server with all features; ``leave`` ends the process with an exit code."""
    server = Server(environment, leave)
    for feature in (lifecycle, documents, hover, actions, links, settings, commands):
        feature.register(server)
    return server


def _leave_on_signals(leave: Callable[[int], None]) -> None:
    """End at once, and without a word, when told to from outside; with the code that shells give to such an end."""
    for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK"):
        number = getattr(signal, name, None)
        # Who started us with nohup wants us to go on.
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, lambda told, _: leave(128 + told))


async def _serve(server: Server, incoming: BinaryIO, outgoing: BinaryIO) -> None:
    loop = asyncio.get_running_loop()
    protocol = server.protocol

    def gone() -> None:
        protocol.leave(protocol.exit_code())

    protocol.set_writer(MessageWriter(outgoing, gone))
    start_reading(
        incoming,
        lambda body: _call(loop, protocol.take, body),
        lambda reason: _call(loop, protocol.refuse, reason),
        lambda: _call(loop, gone),
    )
    await asyncio.Event().wait()


def _call(loop: asyncio.AbstractEventLoop, function: object, *arguments: object) -> None:
    with suppress(RuntimeError):  # the loop has ended, and with it all that could be done
        loop.call_soon_threadsafe(function, *arguments)  # type: ignore[arg-type]
