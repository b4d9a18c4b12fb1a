"""The commands of the language server: the table in docs/editors.md."""

from __future__ import annotations

from mothball.lsp.features.commands import CHECK_AGAIN, CHECK_WORKSPACE, OPEN_PAGE, OPEN_SETTINGS

COMMANDS = {
    CHECK_WORKSPACE: "checks all dependency files of the workspace, including those that are not open",
    CHECK_AGAIN: "queries the indexes again and ignores cached results",
    OPEN_PAGE: "opens the page of a project on its index; the action *Open the project page of …* passes the URL",
    OPEN_SETTINGS: "opens the configuration file with the given URI, in VS Code its settings; used by *Open settings*",
}
