"""Starting a program and talking to it over pipes, without ``subprocess``.

Importing ``subprocess`` and forking cost as much as a bare interpreter start, and the hook runs git several times. What
is imported here is next to nothing (see ``start``).
"""

from __future__ import annotations

import os
import select

from mothball.model.records import NamedTuple

TYPE_CHECKING = False  # see mothball.model.records
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MAX_ERROR = 64 * 1024
_CHUNK = 256 * 1024
_SIGKILL = 9


class Done(NamedTuple):
    """How a program ended. ``truncated`` is set where it had more to say than was wanted, and was stopped."""

    code: int
    out: bytes
    err: bytes
    truncated: bool = False


def spawn(command: Sequence[str], environment: Mapping[str, str], stdin: bytes, limit: int) -> Done:
    """Run ``command``, whose first word is an absolute path, and return what it wrote, at most ``limit`` bytes.

    Raises OSError when it cannot be started. Whatever happens, no process and no descriptor is left behind.
    """
    pipes = [os.pipe() for _ in range(3)]
    (to_child, feed), (answers, from_child), (complaints, errors_from_child) = pipes
    open_ends = {end for pipe in pipes for end in pipe}
    child = None
    try:
        ends = enumerate((to_child, from_child, errors_from_child))
        actions = [(os.POSIX_SPAWN_DUP2, end, place) for place, end in ends]
        child = os.posix_spawn(command[0], list(command), environment, file_actions=actions)
        for end in (to_child, from_child, errors_from_child):
            os.close(end)
            open_ends.discard(end)
        out, err = _converse(feed, stdin, {answers: limit + 1, complaints: _MAX_ERROR}, open_ends)
        truncated = len(out) > limit
        if truncated:
            os.kill(child, _SIGKILL)
        _, status = os.waitpid(child, 0)
        child = None
        return Done(os.waitstatus_to_exitcode(status), out[:limit], err, truncated)
    finally:
        for end in open_ends:
            os.close(end)
        if child is not None:
            os.kill(child, _SIGKILL)
            os.waitpid(child, 0)


def _converse(feed: int, stdin: bytes, limits: Mapping[int, int], open_ends: set[int]) -> list[bytes]:
    """Write ``stdin`` to ``feed`` while reading from the descriptors of ``limits``; return what each of them gave.

    Neither side ever waits for the other: a child that answers before it has heard all would else wait for ever. It
    ends where the first of ``limits`` is reached, or the child has closed all its ends.
    """
    read = {end: bytearray() for end in limits}
    first = next(iter(limits))
    unsent = memoryview(stdin)
    waiting = select.poll()

    def close(end: int) -> None:
        waiting.unregister(end)
        os.close(end)
        open_ends.discard(end)

    os.set_blocking(feed, False)
    waiting.register(feed, select.POLLOUT)
    for end in limits:
        waiting.register(end, select.POLLIN)
    while len(read[first]) < limits[first] and not open_ends.isdisjoint(limits):
        for end, _ in waiting.poll():
            if end == feed:
                unsent = _send(feed, unsent)
                if not unsent:
                    close(feed)
                continue
            data = os.read(end, _CHUNK)
            if not data:
                close(end)
            elif len(read[end]) < limits[end]:
                read[end] += data
    return [bytes(one) for one in read.values()]


def _send(feed: int, unsent: memoryview) -> memoryview:
    """Write to a pipe as much as it takes, and return what is left; nothing is for one that nobody reads."""
    try:
        return unsent[os.write(feed, unsent[:_CHUNK]) :] if unsent else unsent
    except BlockingIOError:
        return unsent
    except BrokenPipeError:
        return unsent[:0]
