"""What can be tested of Windows and macOS on another system.

File systems are simulated by pyfakefs: paths, drives, shares, and names whose case does not matter. The branches for
Windows run in a process whose modules see a Python without POSIX functions (tests/support/like_windows.py).
"""

from __future__ import annotations

import contextlib
import io
import json
import ntpath
import os
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from pyfakefs.fake_filesystem import FakeFilesystem, OSType
from pyfakefs.fake_filesystem_unittest import Patcher

from mothball.cli.start import main
from tests.support import like_windows
from tests.support.added import OFFLINE, STATUSES, Workshop, lines, workshop
from tests.support.cli import clean_environment, installed_script, run_installed
from tests.support.git_repository import IDENTITY
from tests.support.project import Project, snapshot_text

WINDOWS = {"requirements.txt": "old-a\r\n", "sub/requirements.txt": "good-a\r\nold-b\r\n"}
SNAPSHOT = snapshot_text(STATUSES)


# --- simulated file systems -------------------------------------------------------------------------------------------


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeFilesystem]:
    """Replace the file system by one of Windows, with the drives C: and D:."""
    # A path without a drive is not absolute there.
    for variable in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(variable, "C:\\Users\\user")
    with simulated(OSType.WINDOWS) as file_system:
        file_system.add_mount_point("D:")
        # That of pyfakefs distinguishes case.
        vars(os.path)["relpath"] = ntpath.relpath
        yield file_system


@pytest.fixture
def macos() -> Iterator[FakeFilesystem]:
    """Replace the file system by one of macOS, in which case does not matter."""
    with simulated(OSType.MACOS) as file_system:
        yield file_system


@contextlib.contextmanager
def simulated(system: OSType) -> Iterator[FakeFilesystem]:
    # What is imported first in a simulated file system would keep its simulated modules.
    like_windows.import_all()
    with Patcher() as patcher:
        assert patcher.fs is not None
        patcher.fs.os = system
        yield patcher.fs


def lay_out(file_system: FakeFilesystem, root: str, files: Mapping[str, str]) -> None:
    """Create a repository at ``root`` with ``files``, and enter it."""
    separator = file_system.path_separator
    file_system.create_dir(f"{root}{separator}.git")
    for name, text in {"mothball.toml": OFFLINE, "statuses.json": SNAPSHOT, **files}.items():
        file_system.create_file(f"{root}{separator}{name.replace('/', separator)}", contents=text)
    os.chdir(root)


def check(*arguments: str) -> tuple[int, list[str]]:
    """Return the exit code of ``mothball check`` and its output without the summary."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        code = main(["check", "--no-cache", "--format", "concise", *arguments])
    return code, output.getvalue().splitlines()[:-1]


@pytest.mark.parametrize("root", ["C:\\work\\repo", "\\\\server\\share\\repo"])
def test_paths_on_windows_are_shown_with_slashes(windows: FakeFilesystem, root: str) -> None:
    lay_out(windows, root, WINDOWS)
    everything = [
        "requirements.txt:1:1: error[archived] old-a is archived",
        "sub/requirements.txt:2:1: error[archived] old-b is archived",
    ]
    assert check() == (1, everything)
    assert check(root) == (1, everything)
    assert check("sub\\requirements.txt") == (1, everything[1:])
    assert check(f"{root}\\sub") == (1, everything[1:])


@pytest.mark.parametrize("name", ["c:\\work\\repo\\requirements.txt", "C:/Work/Repo/requirements.txt"])
def test_a_file_named_in_another_case_is_below_the_repository(windows: FakeFilesystem, name: str) -> None:
    lay_out(windows, "C:\\work\\repo", WINDOWS)
    assert check(name) == (1, ["requirements.txt:1:1: error[archived] old-a is archived"])


@pytest.mark.parametrize("report_format", ["json", "gitlab", "github", "junit", "markdown"])
def test_a_repository_on_another_drive_is_shown_with_its_absolute_path(
    windows: FakeFilesystem, capsys: pytest.CaptureFixture[str], report_format: str
) -> None:
    lay_out(windows, "D:\\work\\repo", WINDOWS)
    os.chdir("C:\\")
    assert check("D:\\work\\repo\\sub") == (
        1,
        ["D:/work/repo/sub/requirements.txt:2:1: error[archived] old-b is archived"],
    )
    assert main(["check", "--no-cache", "--format", report_format, "D:\\work\\repo\\sub"]) == 1
    assert "D:/work/repo/sub/requirements.txt" in capsys.readouterr().out.replace("D%3A", "D:")


@pytest.mark.parametrize(
    "include", ["sub/requirements.txt", "SUB/Requirements.TXT", "c:/work/repo/sub/requirements.txt"]
)
def test_includes_on_windows_are_read_whatever_the_case(windows: FakeFilesystem, include: str) -> None:
    lay_out(windows, "C:\\work\\repo", {**WINDOWS, "requirements.txt": f"-r {include}\r\n"})
    code, found = check("requirements.txt")
    assert code == 1
    assert [line.lower() for line in found] == ["sub/requirements.txt:2:1: error[archived] old-b is archived"]


@pytest.mark.parametrize(
    "include", ["//host/share/x.txt", "D:/x.txt", "D:x.txt", "/x.txt", "\\\\\\\\host\\\\share\\\\x.txt"]
)
def test_includes_of_other_drives_and_shares_are_not_read(windows: FakeFilesystem, include: str) -> None:
    windows.create_file("D:\\x.txt", contents="old-c\n")
    windows.create_file("C:\\x.txt", contents="old-c\n")
    windows.create_file("\\\\host\\share\\x.txt", contents="old-c\n")
    lay_out(windows, "C:\\work\\repo", {"requirements.txt": f"-r {include}\r\n"})
    code, found = check()
    assert code == 2
    assert "is not read: it is outside the repository" in found[0]


@pytest.mark.parametrize("name", ["nul", "CON", "aux.txt", "COM1"])
def test_includes_of_reserved_names_are_errors(windows: FakeFilesystem, name: str) -> None:
    lay_out(windows, "C:\\work\\repo", {"requirements.txt": f"-r {name}\n"})
    code, found = check()
    assert (code, len(found)) == (2, 1)
    assert f"{name} cannot be read: no such file in the repository" in found[0]


def test_names_on_macos_may_be_given_in_any_case(macos: FakeFilesystem) -> None:
    lay_out(macos, "/work/repo", {"requirements.txt": "-r SUB/other.txt\n", "sub/Other.txt": "old-a\n"})
    assert check() == (1, ["SUB/other.txt:1:1: error[archived] old-a is archived"])
    assert check("Requirements.TXT") == (1, ["SUB/other.txt:1:1: error[archived] old-a is archived"])


# --- without POSIX ----------------------------------------------------------------------------------------------------


def run_like_windows(*arguments: str, cwd: Path, home: Path) -> subprocess.CompletedProcess[str]:
    """Run mothball in a process that takes the branches for Windows; git is called git.exe there."""
    programs = home / "programs"
    programs.mkdir(parents=True, exist_ok=True)
    git = shutil.which("git")
    assert git is not None
    with contextlib.suppress(FileExistsError):
        (programs / "git.exe").symlink_to(git)
    environment = {**clean_environment(home, **IDENTITY), "PATH": str(programs), "MOTHBALL_DEBUG": "1"}
    command = [sys.executable, "-I", str(Path(like_windows.__file__)), *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, encoding="utf-8", check=False)


posix_only = pytest.mark.skipif(sys.platform == "win32", reason="imitates Windows on other systems")


@posix_only
def test_every_module_can_be_imported_without_posix(tmp_path: Path) -> None:
    done = run_like_windows("imports", cwd=tmp_path, home=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@posix_only
def test_additions_are_found_without_posix(tmp_path: Path) -> None:
    shop = workshop(tmp_path)
    shop.commit({"requirements.txt": lines("old-a")})
    shop.stage({"requirements.txt": lines("old-a", "old-b")})
    expected = "requirements.txt:2:1: error[archived] old-b is archived"
    for mode in (("--added",), ("--since", "HEAD"), ("--since", "HEAD", "--policy", "base")):
        done = run_like_windows("check", *mode, "--format", "concise", cwd=shop.root, home=shop.home)
        assert (done.returncode, done.stderr) == (1, "")
        assert done.stdout.splitlines()[0] == expected


@posix_only
def test_commands_work_without_posix(tmp_path: Path) -> None:
    shop = workshop(tmp_path)
    shop.commit({"requirements.txt": lines("old-a")})
    for arguments in (
        ("check", "--write-ignores", "--reason", "kept"),
        ("check", "--list-files"),
        ("cache", "info"),
        ("config", "path"),
        ("init", "--dry-run"),
        ("rule", "archived"),
    ):
        done = run_like_windows(*arguments, cwd=shop.root, home=shop.home)
        assert (done.returncode, done.stderr) == (0, ""), arguments


# --- encodings and line ends ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [("cp1252", "zurückgezogen • ??"), ("cp437", "zurückgezogen ? ??"), ("cp932", "zur?ckgezogen ? 日本")],
)
def test_reports_are_written_in_the_code_page_of_the_console(project: Project, encoding: str, shown: str) -> None:
    project.offline({"old-lib": {"status": "archived", "reason": "zurückgezogen • 日本"}})
    project.write("requirements.txt", "old-lib\n")
    environment = clean_environment(project.home, PYTHONIOENCODING=encoding, PYTHONUTF8="0")
    command = [installed_script(), "check"]
    done = subprocess.run(command, cwd=project.root, env=environment, capture_output=True, check=False)
    assert f'"{shown}"' in done.stdout.decode(encoding)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.parametrize("report_format", ["json", "sarif", "gitlab", "junit"])
def test_reports_for_programs_do_not_depend_on_the_locale(project: Project, report_format: str) -> None:
    project.offline({"old-lib": {"status": "archived", "reason": "zurückgezogen"}})
    project.write("requirements.txt", "old-lib\n")
    environment = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    arguments = ("check", "--format", report_format)
    result = run_installed(*arguments, cwd=project.root, home=project.home, env=environment)
    assert result.code == 1
    assert result.out.isascii()
    assert "zur?" not in result.out


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_output_that_powershell_redirects_can_be_read(project: Project, encoding: str) -> None:
    """Windows PowerShell writes `pip freeze > FILE` as UTF-16, and text files as UTF-8 with a byte-order mark."""
    project.offline({"old-lib": "archived"})
    content = "good-lib\r\nold-lib\r\n".encode(encoding)
    project.write("requirements.txt", content)
    expected = "requirements.txt:2:1: error[archived] old-lib is archived\n"
    assert expected in project.check("--format", "concise").out
    assert (
        expected in project.check("--format", "concise", "-", "--stdin-filename", "requirements.txt", stdin=content).out
    )


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "cp932"])
def test_a_file_in_a_code_page_is_an_error_unless_it_names_it(project: Project, encoding: str) -> None:
    comment = "# 日本\n" if encoding == "cp932" else "# è\n"
    project.offline({"old-lib": "archived"})
    project.write("requirements.txt", f"old-lib  {comment}".encode(encoding))
    assert project.check().code == 2
    project.write("requirements.txt", f"# -*- coding: {encoding} -*-\nold-lib  {comment}".encode(encoding))
    assert "requirements.txt:2:1: error[archived]" in project.check("--format", "concise").out


def test_converted_line_ends_are_no_additions(tmp_path: Path) -> None:
    """With `core.autocrlf`, files of the working tree end lines with CRLF, and those of the repository with LF."""
    shop = workshop(tmp_path)
    unusual = (
        "./local \\\n  --hash=sha256:aa\nold-b @ https://index.example/x.whl \\\n  ; python_version > '3'\n${NAME}\n"
    )
    shop.commit({"requirements.txt": lines("old-a") + unusual})
    checkout = tmp_path / "checkout"
    shop.git("clone", "--quiet", "-c", "core.autocrlf=true", str(shop.root), str(checkout))
    assert b"old-a\r\n" in (checkout / "requirements.txt").read_bytes()
    result = run_installed("check", "--since", "HEAD", "--policy", "base", cwd=checkout, home=shop.home, env=IDENTITY)
    assert (result.code, result.out) == (0, "0 dependencies in 1 file: 0 checked, no findings\n")


def test_decomposed_names_of_macos_are_checked(tmp_path: Path) -> None:
    shop: Workshop = workshop(tmp_path)
    name = unicodedata.normalize("NFD", "requirements-é.txt")
    shop.stage({name: lines("old-a")})
    result = shop.check("--format", "json")
    assert [finding["path"] for finding in json.loads(result.out)["findings"]] == [name]
