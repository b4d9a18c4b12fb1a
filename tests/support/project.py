"""A project on disk with a home directory, and runs of mothball in it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from mothball.index.cache import CachedPage, StatusCache, page_key
from mothball.index.project_page import ProjectPage
from tests.support.cli import Result, cache_of, run_in_process
from tests.tables.json_fields import verify

INDEX = "https://index.example/simple/"


def snapshot_text(statuses: Mapping[str, object], *, age_days: int = 0, index: str = INDEX) -> str:
    """Return a snapshot, written ``age_days`` ago, of projects and their statuses, or whole entries."""
    generated = (datetime.now(UTC) - timedelta(days=age_days)).date().isoformat()
    projects = {name: status if isinstance(status, dict) else {"status": status} for name, status in statuses.items()}
    content = {"mothball-snapshot": 1, "generated": generated, "index": index, "projects": projects}
    return json.dumps(content)


class Project(NamedTuple):
    """A directory with dependency files, and a home directory beside it."""

    root: Path
    home: Path

    def write(self, name: str, content: str | bytes) -> Path:
        """Write a file of the project."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def offline(self, statuses: Mapping[str, object], more: str = "", *, age_days: int = 0) -> None:
        """Configure the project as offline with a snapshot of ``statuses``; ``more`` is further configuration."""
        self.write("statuses.json", snapshot_text(statuses, age_days=age_days))
        self.write("mothball.toml", f'index-url = "{INDEX}"\noffline = true\nsnapshot = "statuses.json"\n{more}')

    def run(self, *arguments: str, **options: Any) -> Result:
        """Run mothball here, in this process."""
        return run_in_process(*arguments, cwd=options.pop("cwd", self.root), home=self.home, **options)

    def check(self, *arguments: str, **options: Any) -> Result:
        """Run ``mothball check`` here."""
        return self.run("check", *arguments, **options)

    def check_json(self, *arguments: str, **options: Any) -> dict[str, Any]:
        """Run ``mothball check --format json`` here and return the report, which must match the documentation."""
        result = self.check("--format", "json", *arguments, **options)
        report: dict[str, Any] = json.loads(result.out)
        verify(report)
        return report

    def user_config(self, text: str) -> None:
        """Write the user-level configuration."""
        path = self.home / ".config" / "mothball" / "config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def remember(self, name: str, marker: str | None, *, age: float = 0.0, index: str = INDEX) -> None:
        """Put a lookup result of the given ``age`` (seconds) into the user's cache."""
        cache = StatusCache.open(cache_of(self.home))
        stored_at = datetime.now(UTC).timestamp() - age
        cache.put_many({page_key(index, name): CachedPage(ProjectPage(marker), None, stored_at)})
        if marker is not None:
            cache.record_markers(index)
        cache.close()
