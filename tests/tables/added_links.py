"""Symbolic links in a change: a table of docs/added.md, with git steps per row."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from tests.support.added import OFFLINE, Workshop, lines, toml
from tests.support.git_repository import new_repository
from tests.tables.added import Row, Step

LINKS: list[Row] = []


def row(case: str, outcome: str) -> Callable[[Step], Step]:
    """Append a row that the decorated function shows."""

    def append(step: Step) -> Step:
        LINKS.append(Row(case, outcome, (step,)))
        return step

    return append


def link(shop: Workshop, name: str, target: str) -> None:
    """Stage a symbolic link, in place of what was there."""
    path = shop.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if os.path.lexists(path):
        path.unlink()
    path.symlink_to(target)
    shop.git("add", "--force", name)


def expect(shop: Workshop, added: Mapping[str, list[str]], code: int) -> None:
    """Check the staged change, then commit it and compare the commit and the working tree with the one before."""
    assert shop.added() == added
    assert shop.check().code == code
    shop.commit()
    for arguments in (("--from-ref", "HEAD~1", "--to-ref", "HEAD"), ("--since", "HEAD~1")):
        assert shop.added(*arguments) == added, arguments
        assert shop.check(*arguments).code == code, arguments


@row("A new link to a file of any name", "yes, every name in the file, in the format of the link")
def new_link(shop: Workshop) -> None:
    shop.stage({"deps.data": lines("good-a", "old-a"), "part.toml": toml("old-b")})
    link(shop, "requirements.txt", "deps.data")
    link(shop, "app/pyproject.toml", "../part.toml")
    expect(shop, {"requirements.txt": ["good-a", "old-a"], "app/pyproject.toml": ["old-b"]}, 1)


@row("The target of an unchanged link changes", "only the new names")
def target_changes(shop: Workshop) -> None:
    shop.stage({"deps.data": lines("old-a"), "base.txt": lines("old-b")})
    link(shop, "requirements.txt", "deps.data")
    link(shop, "sub/requirements.txt", "../base.txt")
    shop.commit()
    shop.stage({"deps.data": lines("old-a", "old-c"), "base.txt": lines("old-b", "good-a")})
    assert shop.added("deps.data") == {"requirements.txt": ["old-c"]}, "a given file is the target of a link"
    expect(shop, {"requirements.txt": ["old-c"], "sub/requirements.txt": ["good-a"]}, 1)
    shop.stage({"deps.data": lines("old-a", "old-d")})
    expect(shop, {"requirements.txt": ["old-d"]}, 1)


@row("A file that is replaced by a link", "only the names that the file did not contain")
def file_replaced_by_link(shop: Workshop) -> None:
    shop.commit({"requirements.txt": lines("old-a"), "dev-requirements.txt": lines("old-b")})
    shop.stage({"parts/main.data": lines("old-a"), "parts/dev.data": lines("old-b", "old-c")})
    link(shop, "requirements.txt", "parts/main.data")
    link(shop, "dev-requirements.txt", "parts/dev.data")
    expect(shop, {"dev-requirements.txt": ["old-c"]}, 1)


@row("A link that is replaced by a file", "only the names that the target did not contain")
def link_replaced_by_file(shop: Workshop) -> None:
    shop.stage({"deps.data": lines("old-a")})
    link(shop, "requirements.txt", "deps.data")
    shop.commit()
    (shop.root / "requirements.txt").unlink()
    shop.stage({"requirements.txt": lines("old-a", "old-b")})
    expect(shop, {"requirements.txt": ["old-b"]}, 1)


@row("A chain of links of which one changes", "the names that the last file adds")
def chain(shop: Workshop) -> None:
    shop.stage({"one.data": lines("old-a"), "two.data": lines("old-a", "old-b")})
    link(shop, "current", "one.data")
    link(shop, "requirements.txt", "current")
    shop.commit()
    link(shop, "current", "two.data")
    expect(shop, {"requirements.txt": ["old-b"]}, 1)


@row("A target that is renamed together with its link", "no")
def target_renamed(shop: Workshop) -> None:
    shop.stage({"deps.data": lines("old-a")})
    link(shop, "requirements.txt", "deps.data")
    shop.commit()
    shop.git("mv", "deps.data", "moved.data")
    link(shop, "requirements.txt", "moved.data")
    expect(shop, {}, 0)


@row("A link to another dependency file", "every name once, with the path of the file")
def link_to_dependency_file(shop: Workshop) -> None:
    link(shop, "a-requirements.txt", "requirements.txt")
    link(shop, "b-requirements.txt", "a-requirements.txt")
    shop.stage({"requirements.txt": lines("old-a")})
    expect(shop, {"requirements.txt": ["old-a"]}, 1)
    assert shop.check("requirements.txt", "a-requirements.txt").out.count("error[archived]") == 1
    shop.stage({"requirements.txt": lines("old-a", "old-b")})
    expect(shop, {"requirements.txt": ["old-b"]}, 1)


@row("A link in one project to the file of another", "yes, every name that its own project did not contain")
def link_to_other_project(shop: Workshop) -> None:
    shop.commit({"a/pyproject.toml": toml(), "a/requirements.txt": lines("old-a"), "b/pyproject.toml": toml("old-b")})
    shop.stage({"a/requirements.txt": lines("old-a", "old-b")})
    link(shop, "b/requirements.txt", "../a/requirements.txt")
    expect(shop, {"a/requirements.txt": ["old-a", "old-b"]}, 1)


@row("A name that moves between files with links", "as if there were no links: one removal excuses one addition")
def move_between_linked_files(shop: Workshop) -> None:
    shop.commit({f"{name}/setup.py": "" for name in "abc"})
    for name in "ab":
        link(shop, f"{name}/requirements-dev.txt", "requirements.txt")
    shop.commit({"a/requirements.txt": lines("good-a", "old-a"), "b/requirements.txt": "", "c/requirements.txt": ""})
    shop.stage({"a/requirements.txt": lines("good-a"), "b/requirements.txt": lines("old-a")})
    expect(shop, {"b/requirements.txt": ["old-a"]}, 0)
    shop.commit({"a/requirements.txt": lines("good-a", "old-b")})
    shop.stage({f"{name}/requirements.txt": lines("old-a", "old-b") for name in "bc"})
    shop.stage({"a/requirements.txt": lines("good-a")})
    expect(shop, {"b/requirements.txt": ["old-b"], "c/requirements.txt": ["old-a", "old-b"]}, 1)
    shop.git("rm", "--quiet", "b/requirements-dev.txt")
    shop.stage({"a/requirements.txt": lines("good-a", "old-b")})
    expect(shop, {"a/requirements.txt": ["old-b"]}, 1)


@row("A link of another format than its target", "is checked in addition to its target")
def link_of_other_format(shop: Workshop) -> None:
    shop.stage({"environment.yml": lines("old-a")})
    link(shop, "requirements.txt", "environment.yml")
    assert shop.added() == {"requirements.txt": ["old-a"]}


@row("A constraints file that becomes the target of a requirements link", "yes: its entries are now installed")
def link_to_constraints(shop: Workshop) -> None:
    shop.commit({"constraints.txt": lines("old-a")})
    link(shop, "requirements.txt", "constraints.txt")
    expect(shop, {"requirements.txt": ["old-a"]}, 1)


@row("A link to a directory", "is not followed: the files in the directory are found by their own paths")
def link_to_directory(shop: Workshop) -> None:
    shop.stage({"parts/requirements.txt": lines("old-a"), "parts/base.txt": lines("old-b")})
    for name in ("linked", "requirements", "parts/loop", "app-requirements.txt"):
        link(shop, name, os.path.relpath(shop.root / "parts", (shop.root / name).parent))
    link(shop, "all", ".")
    expect(shop, {"parts/requirements.txt": ["old-a"]}, 1)


@row("A file that is included through a link", "every name once, with the path of the file")
def included_through_link(shop: Workshop) -> None:
    shop.stage({"parts/base.txt": lines("old-a"), "parts/dev.txt": lines("old-b")})
    link(shop, "linked", "parts")
    link(shop, "dev.txt", "parts/dev.txt")
    shop.stage({"requirements.txt": "-r linked/base.txt\n-r dev.txt\n"})
    expect(shop, {"parts/base.txt": ["old-a"], "parts/dev.txt": ["old-b"]}, 1)
    shop.stage({"parts/base.txt": lines("old-a", "old-c"), "parts/dev.txt": lines("old-b", "old-d")})
    expect(shop, {"parts/base.txt": ["old-c"], "parts/dev.txt": ["old-d"]}, 1)


@row("A link whose name is not that of a dependency file", "no, unless another file includes it")
def link_of_other_name(shop: Workshop) -> None:
    shop.stage({"requirements.md": lines("old-a")})
    link(shop, "notes.txt", "requirements.md")
    expect(shop, {}, 0)


@row(
    "A new or changed link that leads outside the repository, nowhere, in a circle or into a submodule",
    "`unresolvable`, exit code 3",
)
def link_nowhere(shop: Workshop) -> None:
    outside = shop.root.with_name("outside.txt")
    outside.write_text("old-b\n")
    inner = new_repository(shop.root / "module", shop.repository.environment)
    inner.commit({"requirements.txt": lines("old-a")})
    shop.git("-c", "advice.addEmbeddedRepo=false", "add", "module")
    shop.commit({"requirements.txt": lines("good-a")})
    for target in ("../outside.txt", str(outside), "gone.txt", "requirements.txt", "module/requirements.txt"):
        link(shop, "requirements.txt", target)
        result = shop.check()
        assert (result.code, "requirements.txt: error[unresolvable]" in result.out) == (3, True), target
        assert "old-b" not in result.out
        shop.commit()
        shop.stage({"dev-requirements.txt": lines("good-a")})
        assert shop.check().code == 0, "an unchanged link is not reported"
        shop.git("reset", "--quiet", "--hard", "HEAD~1")


@row("An unchanged link whose target is deleted", "`unresolvable`, exit code 3")
def target_deleted(shop: Workshop) -> None:
    shop.stage({"deps.data": lines("old-a")})
    link(shop, "requirements.txt", "deps.data")
    shop.commit()
    shop.git("rm", "--quiet", "deps.data")
    for arguments in ((), ("--since", "HEAD")):
        result = shop.check(*arguments)
        assert (result.code, "requirements.txt: error[unresolvable]" in result.out) == (3, True)


@row("A new link to an excluded file", "yes, unless the link is excluded, too")
def link_to_excluded_file(shop: Workshop) -> None:
    shop.commit({"mothball.toml": f'exclude = ["vendor/**"]\n{OFFLINE}', "vendor/requirements.txt": lines("old-a")})
    link(shop, "vendor/dev-requirements.txt", "requirements.txt")
    link(shop, "requirements.txt", "vendor/requirements.txt")
    expect(shop, {"requirements.txt": ["old-a"]}, 1)


@row("A link to a configuration whose target changes", "as if the configuration itself changed")
def configuration_link(shop: Workshop) -> None:
    config = 'offline = true\nsnapshot = "statuses.json"\n'
    shop.stage({"policy/base.toml": f'private = ["old-*"]\n{config}', "requirements.txt": lines("old-a")})
    link(shop, "mothball.toml", "policy/base.toml")
    shop.commit()
    shop.stage({"policy/base.toml": config})
    assert shop.added() == {"requirements.txt": ["old-a"]}, "a pattern is removed from `private`"


@row("A working tree without symbolic links (`core.symlinks=false`), in which a link is a text file", "the same")
def links_as_text_files(shop: Workshop) -> None:
    shop.stage({"deps.data": lines("old-a")})
    link(shop, "requirements.txt", "current")
    link(shop, "current", "deps.data")
    link(shop, "dev-requirements.txt", "../outside.txt")
    base = shop.commit()
    shop.git("config", "core.symlinks", "false")
    for name in ("requirements.txt", "current", "dev-requirements.txt"):
        (shop.root / name).unlink()
    shop.git("checkout", "--", ".")
    assert (shop.root / "requirements.txt").read_text() == "current"
    assert shop.added("--since", base) == {}
    assert shop.check("--since", base).code == 0
    shop.stage({"deps.data": lines("old-a", "old-b")})
    assert shop.added() == {"requirements.txt": ["old-b"]}
    assert shop.added("--since", base) == {"requirements.txt": ["old-b"]}
