"""A VS Code window, used by keyboard and mouse."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar
from urllib.parse import quote

from tests.editors.vscode.code_server import LIMIT, CodeServer

if TYPE_CHECKING:
    # Installed only where real editors are tested.
    from playwright.sync_api import Locator, Page

_Seen = TypeVar("_Seen")
_MILLISECONDS = LIMIT * 1000

# Rectangles of the underlines and of the characters above them, in pixels of the window.
_UNDERLINES = """
() => [...document.querySelectorAll(".editor-instance .cdr[class*='squiggly-']")].map((mark) => {
    const box = mark.getBoundingClientRect();
    const weight = [...mark.classList].find((name) => name.startsWith("squiggly-")).slice("squiggly-".length);
    const under = [];
    for (const line of document.querySelectorAll(".editor-instance .view-line")) {
        const row = line.getBoundingClientRect();
        if (row.top > box.top + box.height / 2 || row.bottom < box.top + box.height / 2) continue;
        const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            for (let index = 0; index < node.length; index++) {
                const range = document.createRange();
                range.setStart(node, index);
                range.setEnd(node, index + 1);
                const character = range.getBoundingClientRect();
                const middle = (character.left + character.right) / 2;
                if (middle > box.left && middle < box.right) under.push(node.data[index]);
            }
        }
    }
    return { weight, text: under.join(""), top: box.top };
}).sort((one, other) => one.top - other.top)
"""

# Position of a text in the editor: the center of its first character on the screen.
_PLACE = """
(text) => {
    for (const line of document.querySelectorAll(".editor-instance .view-line")) {
        const whole = line.textContent.replaceAll("\\u00a0", " ");
        const start = whole.indexOf(text);
        if (start < 0) continue;
        const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
        let before = 0;
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            if (start < before + node.length) {
                const range = document.createRange();
                range.setStart(node, start - before);
                range.setEnd(node, start - before + 1);
                const box = range.getBoundingClientRect();
                return [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
            }
            before += node.length;
        }
    }
    return null;
}
"""

# Color of the first character of a text in the editor.
_COLOR = """
(text) => {
    for (const line of document.querySelectorAll(".editor-instance .view-line")) {
        const start = line.textContent.replaceAll("\\u00a0", " ").indexOf(text);
        if (start < 0) continue;
        const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
        let before = 0;
        for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            if (start < before + node.length) return getComputedStyle(node.parentElement).color;
            before += node.length;
        }
    }
    return null;
}
"""

_QUICK_INPUT = ".quick-input-widget:visible input[type='text']"

# Space below the hover in a cropped picture, in pixels.
_MARGIN = 16

_STATUS_ITEM = ".statusbar-item[id='mothball.mothball.mothball.status'] .statusbar-item-label"


class Underline(NamedTuple):
    """An underline: its severity (``error``, ``warning``, ``info``) and the characters above it."""

    weight: str
    text: str


class Window:
    """A window on ``folder``, or on no folder."""

    def __init__(self, page: Page, server: CodeServer, folder: Path | None) -> None:
        self.page = page
        self.server = server
        page.set_default_timeout(_MILLISECONDS)
        where = f"?folder={quote(str(folder))}" if folder else "?ew=true"
        page.goto(f"{server.url}/{where}")
        self._wait_for_workbench()

    def reload(self) -> None:
        """Close the window and open another one in its place."""
        self.page.reload()
        self._wait_for_workbench()

    def open(self, path: Path) -> None:
        """Open the file at ``path`` and wait until its text is shown."""
        self._quick_input("Control+p", str(path), path.name)
        self.page.wait_for_selector(f".tab.active[data-resource-name='{path.name}']")
        self.page.wait_for_selector(".editor-instance .view-line")

    def run(self, command: str) -> None:
        """Run a command of the palette by its title."""
        self._quick_input("F1", f">{command}", command)

    def wait_for_underlines(self, *expected: Underline) -> None:
        """Wait until exactly these underlines are in the visible editor, from top to bottom."""

        def seen() -> tuple[Underline, ...]:
            return tuple(
                Underline(underline["weight"], _plain(underline["text"]))
                for underline in self.page.evaluate(_UNDERLINES)
            )

        self._until(seen, lambda found: found == expected)

    def hover(self, text: str) -> str:
        """Hover over ``text`` and return the hover text."""

        def point() -> None:
            self.page.mouse.move(0, 0)
            left, top = self._place(text)
            self.page.mouse.move(left + 1, top)
            self.page.mouse.move(left + 3, top, steps=3)

        shown = self.page.locator(".monaco-hover:visible .hover-contents")
        self._insist(point, shown)
        return _plain(" ".join(shown.all_inner_texts()))

    def quick_fixes(self, text: str) -> list[str]:
        """Put the cursor on ``text``, open its quick fixes, and return their titles."""
        self.place_cursor(text)
        self.page.mouse.move(0, 0)
        self.page.locator(".monaco-hover:visible").first.wait_for(state="hidden")
        titles = self.page.locator(".action-widget .action")
        self._insist(lambda: self.page.keyboard.press("Control+."), titles)
        return [_plain(title) for title in titles.all_inner_texts()]

    def choose(self, title: str) -> None:
        """Choose one of the quick fixes that are shown."""
        self.page.locator(".action-widget .action", has_text=title).first.click()

    def save(self) -> None:
        """Save the visible editor and wait until it is saved."""
        self.page.locator(".tab.active.dirty").wait_for()
        self.page.keyboard.press("Control+s")
        self.page.locator(".tab.active:not(.dirty)").wait_for()

    def problems(self, expected: int) -> list[str]:
        """Show the Problems panel and return its entries once there are ``expected`` of them."""
        if not self.page.locator(".markers-panel:visible").count():
            self.page.keyboard.press("Control+Shift+m")
        entries = self.page.locator(".markers-panel .monaco-list-row[aria-level='2']")
        self._until(entries.count, lambda count: count == expected)
        return [_plain(text) for text in entries.all_inner_texts()]

    def status(self, pattern: str) -> str:
        """Return the accessibility label of mothball's status bar item once it matches ``pattern``."""
        item = self.page.locator(_STATUS_ITEM)

        def said() -> str:
            return _plain(item.first.get_attribute("aria-label") or "") if item.count() else ""

        return self._until(said, lambda text: re.search(pattern, text) is not None)

    def click_status(self) -> None:
        """Click mothball's status bar item."""
        self.page.locator(_STATUS_ITEM).first.click()

    def pick(self, label: str) -> None:
        """Choose the entry of the open quick pick whose label or detail contains ``label``."""
        self.page.locator(".quick-input-list .monaco-list-row", has_text=label).first.click()
        self.page.locator(".quick-input-widget:visible").wait_for(state="hidden")

    def choose_file(self, path: Path) -> None:
        """Choose the file at ``path`` in the dialog that opens."""
        box = self.page.locator(_QUICK_INPUT)
        # The dialog replaces its text once it has read the directory that it starts in.
        self._until(lambda: box.evaluate_all("boxes => boxes[0]?.value ?? ''"), lambda text: text.endswith("/"))
        box.fill(str(path))
        # Only the first rows are rendered.
        first = min(child.name for child in path.parent.iterdir())
        self.page.locator(".quick-input-list .monaco-list-row", has_text=first).first.wait_for()
        self.page.keyboard.press("Enter")

    def color_of(self, text: str) -> str:
        """Return the color of the first character of ``text`` in the visible editor, as in CSS."""
        color: str = self._until(lambda: self.page.evaluate(_COLOR, text), lambda found: found is not None)
        return color

    def notification(self, pattern: str) -> Locator:
        """Return the notification that matches ``pattern`` once it is shown."""
        toast = self.page.locator(".notification-toast", has_text=re.compile(pattern)).first
        toast.wait_for()
        return toast

    def press(self, *keys: str) -> None:
        """Press ``keys`` one after the other, without waiting in between."""
        for key in keys:
            self.page.keyboard.press(key)

    def place_cursor(self, text: str) -> None:
        """Put the cursor on ``text`` in the visible editor."""
        self.page.mouse.click(*self._place(text))

    def type(self, text: str) -> None:
        """Type ``text`` into the visible editor at typing speed."""
        self.page.locator(".editor-instance .view-lines").first.click()
        self.page.keyboard.type(text, delay=20)

    def wait(self, is_so: Callable[[], bool], limit: float = LIMIT) -> None:
        """Wait at most ``limit`` seconds until a condition outside of the window holds."""
        self._until(is_so, bool, limit)

    def wait_for_page(self, text: str) -> None:
        """Wait until a page inside the window, such as a Markdown preview, contains ``text``."""

        from playwright.sync_api import Error

        def shown() -> bool:
            # Frames are replaced while a page loads.
            with suppress(Error):
                return any(frame.get_by_text(text).count() for frame in self.page.frames[1:])
            return False

        self._until(shown, bool)

    def picture(self, path: Path, *, cropped: bool = False) -> None:
        """Take a screenshot once nothing moves; ``cropped`` to the editor down to its hover."""
        self.page.wait_for_timeout(600)
        editor = self.page.locator(".part.editor").bounding_box()
        hover = self.page.locator(".monaco-hover:visible").first.bounding_box() if cropped else None
        if editor is None or hover is None:
            self.page.screenshot(path=path)
        else:
            left, top = min(editor["x"], hover["x"]), editor["y"]
            right, bottom = editor["x"] + editor["width"], hover["y"] + hover["height"] + _MARGIN
            self.page.screenshot(path=path, clip={"x": left, "y": top, "width": right - left, "height": bottom - top})

    def _wait_for_workbench(self) -> None:
        self.page.wait_for_selector(".monaco-workbench .part.statusbar")

    def _quick_input(self, key: str, text: str, entry: str) -> None:
        """Press ``key``, type ``text``, and choose the first result, which must contain ``entry``."""
        box = self.page.locator(_QUICK_INPUT)
        self._insist(lambda: self.page.keyboard.press(key), box)
        box.fill(text)
        self.page.locator(".quick-input-widget .monaco-list-row.focused", has_text=entry).wait_for()
        self.page.keyboard.press("Enter")
        # The command may open another quick pick.
        self._until(lambda: box.evaluate_all("boxes => boxes.map((box) => box.value)"), lambda texts: text not in texts)

    def _insist(self, act: Callable[[], None], shown: Locator) -> None:
        """Repeat ``act`` every few seconds until ``shown`` is there."""

        def seen() -> bool:
            act()
            for _ in range(50):
                if shown.count():
                    return True
                self.page.wait_for_timeout(100)
            return False

        self._until(seen, bool, limit=LIMIT / 5)

    def _place(self, text: str) -> tuple[float, float]:
        place = self._until(lambda: self.page.evaluate(_PLACE, text), lambda found: found is not None)
        return float(place[0]), float(place[1])

    def _until(self, look: Callable[[], _Seen], is_right: Callable[[_Seen], bool], limit: float = LIMIT) -> _Seen:
        """Repeat ``look`` until its result is right; fail with the last result."""
        seen = look()
        for _ in range(int(limit * 10)):
            if is_right(seen):
                return seen
            self.page.wait_for_timeout(100)
            seen = look()
        raise AssertionError(f"seen last: {seen!r}")


OpenWindow = Callable[..., Window]
TakePicture = Callable[..., None]


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\u00a0", " ")).strip()
