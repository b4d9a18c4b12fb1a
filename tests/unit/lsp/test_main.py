"""The heap of the server's process."""

from __future__ import annotations

import ctypes
import sys
from types import SimpleNamespace

import pytest

from mothball.lsp import main


@pytest.mark.parametrize(("platform", "expected"), [("linux", [(-8, 1)]), ("darwin", []), ("win32", [])])
def test_threads_share_one_heap_of_glibc(
    monkeypatch: pytest.MonkeyPatch, platform: str, expected: list[tuple[int, int]]
) -> None:
    calls: list[tuple[int, int]] = []
    library = SimpleNamespace(mallopt=lambda *arguments: calls.append(arguments))
    monkeypatch.setattr(ctypes, "CDLL", lambda _: library)
    monkeypatch.setattr(sys, "platform", platform)
    main._share_heap()
    assert calls == expected


def test_other_c_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda _: SimpleNamespace())
    monkeypatch.setattr(sys, "platform", "linux")
    main._share_heap()
