"""Follow the installation instructions of an editor in an empty home directory, as a user would."""

from __future__ import annotations

import re

from tests.editors.workbench import EDITORS, ROOT, Session

# The user's configuration file of each editor, by the language of its code block.
_FILES = {"elisp": ".emacs", "lua": ".config/nvim/init.lua", "vim": ".vimrc"}
# Commands that need a network. The fixtures provide what they install.
_DOWNLOADS = ("uv tool install ", "git clone ")


def follow(session: Session, editor: str, *, variant: int = 0) -> None:
    """Follow the section "Install" of an editor's README in the home directory of ``session``.

    Shell commands run in the checkout. Lines for the configuration file of the editor are written to it; if there are
    several blocks of them, ``variant`` chooses one.
    """
    readme = (EDITORS / editor / "README.md").read_text("utf-8")
    _, _, section = readme.partition("\n## Install\n")
    section, _, _ = section.partition("\n## ")
    blocks = re.findall(r"^```(\w+)\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    commands = [line for language, block in blocks if language == "sh" for line in block.splitlines()]
    for command in commands:
        if not command.startswith(_DOWNLOADS):
            session.run("sh", "-c", f'cd "{ROOT}" && {command}')
    lines = [(language, block) for language, block in blocks if language in _FILES]
    assert commands
    if lines:
        language, block = lines[variant]
        path = session.home / _FILES[language]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(block, "utf-8")
