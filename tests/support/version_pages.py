"""Project pages with files, and locks that record them, for the version rules."""

from __future__ import annotations

import hashlib
import json
from typing import Any, NamedTuple

from tests.support.scripted_index import Reply, html_page, json_page

DAY = "2024-05-06"


class File(NamedTuple):
    """A wheel of `old-lib` or a file called ``name``; ``content`` determines its digest."""

    version: str = "1.0"
    content: str = "original"
    uploaded: str | None = f"{DAY}T07:08:09.000000Z"
    yanked: bool | str = False
    name: str = ""
    project: str = "old-lib"

    @property
    def file_name(self) -> str:
        """The name of the file."""
        return self.name or f"{self.project.replace('-', '_')}-{self.version}-py3-none-any.whl"

    @property
    def digest(self) -> str:
        """The SHA-256 digest, which depends on the version and the content only."""
        return hashlib.sha256(f"{self.file_name} {self.content}".encode()).hexdigest()

    def entry(self) -> dict[str, Any]:
        """Return the file as an item of a JSON page."""
        entry = {"filename": self.file_name, "url": self.file_name, "hashes": {"sha256": self.digest}}
        times = {"upload-time": self.uploaded} if self.uploaded else {}
        return {**entry, **times, "yanked": self.yanked}


def page(*files: File, name: str = "old-lib", status: str | None = "active") -> Reply:
    """Return the JSON page of ``name`` with ``files``."""
    return json_page(name, status, files=[file.entry() for file in files])


def page_in_html(*files: File, name: str = "old-lib") -> Reply:
    """Return the HTML page of ``name`` with ``files``."""
    anchors = "".join(
        f'<a href="{file.file_name}#sha256={file.digest}"{" data-yanked" if file.yanked else ""}>x</a>'
        for file in files
    )
    reply = html_page(name, "active")
    return reply._replace(body=reply.body.replace(b"</body>", f"{anchors}</body>".encode()))


def uv_lock(index: str, *files: File, version: str = "1.0") -> str:
    """Return a uv.lock with `old-lib` from ``index``."""
    wheels = "".join(
        f'    {{ url = "{index}{file.file_name}", hash = "sha256:{file.digest}", size = 1, '
        f'upload-time = "{file.uploaded}" }},\n'
        if file.uploaded
        else f'    {{ url = "{index}{file.file_name}", hash = "sha256:{file.digest}", size = 1 }},\n'
        for file in files
    )
    return (
        'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n\n'
        f'[[package]]\nname = "old-lib"\nversion = "{version}"\nsource = {{ registry = "{index}" }}\n'
        f"wheels = [\n{wheels}]\n"
    )


def poetry_lock(*files: File, version: str = "1.0") -> str:
    """Return a poetry.lock with `old-lib` from the default index."""
    listed = "".join(f'    {{file = "{file.file_name}", hash = "sha256:{file.digest}"}},\n' for file in files)
    return (
        f'[[package]]\nname = "old-lib"\nversion = "{version}"\ndescription = ""\noptional = false\n'
        f'python-versions = "*"\ngroups = ["main"]\nfiles = [\n{listed}]\n\n'
        '[metadata]\nlock-version = "2.1"\npython-versions = "*"\ncontent-hash = "x"\n'
    )


def pdm_lock(*files: File, version: str = "1.0") -> str:
    """Return a pdm.lock with `old-lib`."""
    listed = "".join(f'    {{file = "{file.file_name}", hash = "sha256:{file.digest}"}},\n' for file in files)
    return (
        '[metadata]\ngroups = ["default"]\nlock_version = "4.5.0"\ncontent_hash = "x"\n\n'
        f'[[package]]\nname = "old-lib"\nversion = "{version}"\nsummary = ""\nfiles = [\n{listed}]\n'
    )


def pylock(index: str, *files: File, version: str = "1.0") -> str:
    """Return a pylock.toml with `old-lib` from ``index``."""
    wheels = "".join(
        f'[[packages.wheels]]\nname = "{file.file_name}"\nurl = "{index}{file.file_name}"\n'
        + (f"upload-time = {file.uploaded}\n" if file.uploaded else "")
        + f'hashes = {{ sha256 = "{file.digest}" }}\n'
        for file in files
    )
    return (
        'lock-version = "1.0"\ncreated-by = "test"\n\n'
        f'[[packages]]\nname = "old-lib"\nversion = "{version}"\nindex = "{index}"\n\n{wheels}'
    )


def pipfile_lock(index: str, *files: File, version: str = "1.0") -> str:
    """Return a Pipfile.lock with `old-lib` from ``index``."""
    package = {"hashes": [f"sha256:{file.digest}" for file in files], "index": "main", "version": f"=={version}"}
    meta = {"hash": {}, "pipfile-spec": 6, "requires": {}, "sources": [{"name": "main", "url": index}]}
    return json.dumps({"_meta": meta, "default": {"old-lib": package}, "develop": {}}, indent=4)


def hashed_requirements(*files: File, version: str = "1.0") -> str:
    """Return a requirements file with `old-lib` and its hashes."""
    hashes = "".join(f" \\\n    --hash=sha256:{file.digest}" for file in files)
    return f"old-lib=={version}{hashes}\n"
