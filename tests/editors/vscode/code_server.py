"""VS Code served to a browser: a code-server process with its own directories."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, Self

from tests.editors import tools

# A limit for hanging processes, in seconds.
LIMIT = 60.0

# Nothing opens, moves or saves by itself, so that tests see only what they did.
_CALM = {
    "breadcrumbs.enabled": False,
    "chat.disableAIFeatures": True,
    "editor.hover.delay": 100,
    "editor.minimap.enabled": False,
    "extensions.ignoreRecommendations": True,
    "files.autoSave": "off",
    "git.enabled": False,
    "security.workspace.trust.enabled": False,
    "telemetry.telemetryLevel": "off",
    "window.restoreWindows": "none",
    "workbench.colorTheme": "Default Light Modern",
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": False,
}


class Installation(NamedTuple):
    """Node, code-server, and a directory of installed extensions that is copied for each run."""

    node: Path
    entry: Path
    extensions: Path

    def install(self, vsix: Path, scratch: Path) -> None:
        """Install the packaged extension ``vsix``; ``scratch`` is a directory for temporary files of code-server."""
        command = (*self.command(scratch), "--install-extension", str(vsix), "--force")
        tools.run(*command, environment=self.environment(scratch))

    def command(self, home: Path) -> tuple[str, ...]:
        folders = ("--user-data-dir", str(home / "data"), "--extensions-dir", str(self.extensions))
        return (str(self.node), str(self.entry), "--config", str(home / "config.yaml"), *folders)

    def environment(self, home: Path) -> dict[str, str]:
        """Return a clean environment: no proxies, no gallery, its own home directory."""
        home.mkdir(parents=True, exist_ok=True)
        config = home / "config.yaml"
        config.write_text("auth: none\n", "utf-8")
        folders = {f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CACHE", "CONFIG", "DATA", "STATE")}
        return {
            "PATH": os.defpath,
            "HOME": str(home),
            "SHELL": "/bin/sh",
            "LANG": "C.UTF-8",
            "EXTENSIONS_GALLERY": json.dumps({"serviceUrl": ""}),
            **folders,
        }


class CodeServer:
    """A running code-server, as a context manager.

    ``settings`` are user settings; ``machine`` are those of the machine of the server, which a workspace cannot change.
    ``environment`` adds to a clean one.
    """

    def __init__(
        self,
        installation: Installation,
        home: Path,
        *,
        settings: Mapping[str, object] | None = None,
        machine: Mapping[str, object] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.home = home
        self.log = home / "code-server.log"
        self._environment = {**installation.environment(home), **(environment or {})}
        # VS Code reads the search path from a login shell, which would return that of this machine.
        search_path = shlex.quote(self._environment["PATH"])
        (home / ".profile").write_text(f"export PATH={search_path}\n", "utf-8")
        self._command = (
            *installation.command(home),
            *("--bind-addr", "127.0.0.1:0", "--disable-telemetry", "--disable-update-check"),
            "--disable-getting-started-override",
        )
        for folder, chosen in (("User", {**_CALM, **(settings or {})}), ("Machine", machine or {})):
            path = home / "data" / folder / "settings.json"
            path.parent.mkdir(parents=True)
            path.write_text(json.dumps(chosen, indent=2), "utf-8")

    @property
    def machine_settings(self) -> dict[str, object]:
        """The current machine settings on disk."""
        settings: dict[str, object] = json.loads((self.home / "data/Machine/settings.json").read_text("utf-8"))
        return settings

    def __enter__(self) -> Self:
        with self.log.open("w") as log:
            self._process = subprocess.Popen(
                self._command, env=self._environment, cwd=self.home, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self._process.stdout is not None
        said = []
        for line in self._process.stdout:
            said.append(line)
            listening = re.search(r"listening on (http://\S+?)/?$", line.strip())
            if listening:
                self.url = listening[1]
                return self
        self.__exit__()
        raise AssertionError(f"code-server did not start: {''.join(said)}{self.log.read_text('utf-8')}")

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
