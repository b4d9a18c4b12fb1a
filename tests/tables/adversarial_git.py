"""Ways to hide the addition of an archived project in the state of a git repository. The hook rejects each of them."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.added import Workshop, lines

# The title, and the step that stages the change in a repository that contains requirements.txt with good-a.
GitWay = tuple[str, Callable[[Workshop], object]]
GIT_WAYS: list[GitWay] = []
_ADDED = {"requirements.txt": lines("good-a", "old-a")}


def way(title: str) -> Callable[[Callable[[Workshop], object]], Callable[[Workshop], object]]:
    """Append a way that the decorated function makes."""

    def append(step: Callable[[Workshop], object]) -> Callable[[Workshop], object]:
        GIT_WAYS.append((title, step))
        return step

    return append


@way("the working tree no longer contains the name")
def only_staged(shop: Workshop) -> None:
    shop.stage(_ADDED)
    shop.repository.write("requirements.txt", lines("good-a"))


@way("the working tree no longer contains the file")
def deleted_in_working_tree(shop: Workshop) -> None:
    shop.stage(_ADDED)
    (shop.root / "requirements.txt").unlink()


@way("`git update-index --assume-unchanged`")
def assume_unchanged(shop: Workshop) -> None:
    shop.stage(_ADDED)
    shop.git("update-index", "--assume-unchanged", "requirements.txt")


@way("`git update-index --skip-worktree`")
def skip_worktree(shop: Workshop) -> None:
    shop.stage(_ADDED)
    shop.git("update-index", "--skip-worktree", "requirements.txt")


@way("an index entry without a file (`--cacheinfo`)")
def cache_info(shop: Workshop) -> None:
    oid = shop.git("hash-object", "-w", "--stdin", stdin=b"old-a\n")
    shop.git("update-index", "--add", "--cacheinfo", f"100644,{oid},sub/requirements.txt")


@way("an intent to add that is then added")
def intent_to_add(shop: Workshop) -> None:
    shop.repository.write("sub/requirements.txt", lines("old-a"))
    shop.git("add", "--intent-to-add", "sub/requirements.txt")
    shop.git("add", "sub/requirements.txt")


@way("a replaced object (`git replace`) in which the base contains the name")
def replaced_blob(shop: Workshop) -> None:
    old = shop.git("rev-parse", "HEAD:requirements.txt")
    new = shop.git("hash-object", "-w", "--stdin", stdin=b"good-a\nold-a\n")
    shop.git("replace", old, new)
    shop.stage({"requirements.txt": lines("good-a", "old-a", "good-b")})


@way("a replaced commit (`git replace`) whose tree contains the name")
def replaced_commit(shop: Workshop) -> None:
    before = shop.git("rev-parse", "HEAD")
    other = shop.commit(_ADDED)
    shop.git("reset", "--quiet", "--hard", before)
    shop.git("replace", before, other)
    shop.stage({"requirements.txt": lines("good-a", "old-a", "good-b")})


@way("an environment with a graft file")
def graft(shop: Workshop) -> None:
    shop.repository.write(".git/info/grafts", shop.git("rev-parse", "HEAD") + "\n")
    shop.stage(_ADDED)


@way("a clean filter that removes the name from what git compares with the working tree")
def clean_filter(shop: Workshop) -> None:
    shop.stage(_ADDED)
    shop.git("config", "filter.hide.clean", "sed /old-a/d")
    shop.repository.write(".git/info/attributes", "requirements.txt filter=hide\n")


@way("a text conversion that shows nothing")
def text_conversion(shop: Workshop) -> None:
    shop.git("config", "diff.hide.textconv", "true")
    shop.stage({**_ADDED, ".gitattributes": "requirements.txt diff=hide\n"})


@way("`core.fileMode=false` with another mode")
def file_mode(shop: Workshop) -> None:
    shop.git("config", "core.fileMode", "false")
    shop.stage(_ADDED)
    shop.git("update-index", "--chmod=+x", "requirements.txt")


@way("`diff.external` and `diff.ignoreSubmodules`")
def external_diff(shop: Workshop) -> None:
    shop.git("config", "diff.external", "true")
    shop.git("config", "diff.ignoreSubmodules", "all")
    shop.stage(_ADDED)


@way("a sparse checkout without the file")
def sparse_checkout(shop: Workshop) -> None:
    shop.commit({"a/requirements.txt": lines("good-a"), "b/x": ""})
    shop.stage({"a/requirements.txt": lines("good-a", "old-a")})
    oid = shop.git("rev-parse", ":a/requirements.txt")
    shop.git("reset", "--quiet", "--hard")
    shop.git("sparse-checkout", "set", "b")
    shop.git("update-index", "--cacheinfo", f"100644,{oid},a/requirements.txt")


@way("an amended commit after one without the hook")
def amended(shop: Workshop) -> None:
    shop.commit({"notes.txt": "x"})
    shop.stage(_ADDED)
    shop.git("update-ref", "HEAD", "HEAD~1")


@way("a merge in which neither parent contains the name")
def evil_merge(shop: Workshop) -> None:
    shop.git("checkout", "--quiet", "-b", "theirs")
    shop.commit({"a": ""})
    shop.git("checkout", "--quiet", "main")
    shop.commit({"b": ""})
    shop.git("merge", "--quiet", "--no-commit", "--no-ff", "theirs")
    shop.stage(_ADDED)


@way("a revert of the commit that removed the name")
def revert(shop: Workshop) -> None:
    shop.commit(_ADDED)
    shop.commit({"requirements.txt": lines("good-a")})
    shop.git("revert", "--no-commit", "HEAD")


@way("a cherry-pick of a commit that adds the name")
def cherry_pick(shop: Workshop) -> None:
    shop.git("checkout", "--quiet", "-b", "theirs")
    shop.commit(_ADDED)
    shop.git("checkout", "--quiet", "main")
    shop.git("cherry-pick", "--no-commit", "theirs")


@way("a file mode that changes from a link to a file")
def link_to_file(shop: Workshop) -> None:
    (shop.root / "sub").mkdir()
    (shop.root / "sub" / "requirements.txt").symlink_to("../requirements.txt")
    shop.git("add", "sub")
    shop.commit()
    (shop.root / "sub" / "requirements.txt").unlink()
    shop.stage({"sub/requirements.txt": lines("old-a")})


@way("a removed and added file of another case")
def other_case(shop: Workshop) -> None:
    shop.git("config", "core.ignoreCase", "true")
    shop.git("rm", "--quiet", "requirements.txt")
    shop.stage({"Requirements.txt": lines("good-a", "old-a")})
