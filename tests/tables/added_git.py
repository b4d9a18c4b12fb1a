"""The versions that ``mothball check --added`` compares: the third table of docs/added.md, with git steps per row."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable

from tests.support.added import OFFLINE, Workshop, lines, toml
from tests.support.git_repository import Repository, new_repository
from tests.tables.added import Row, Step

COMPARED: list[Row] = []


def row(case: str, outcome: str) -> Callable[[Step], Step]:
    """Append a row that the decorated function shows."""

    def append(step: Step) -> Step:
        COMPARED.append(Row(case, outcome, (step,)))
        return step

    return append


def clone(shop: Workshop, name: str, *options: str) -> Workshop:
    """Return a clone beside the repository, by a transport that supports depth and filters."""
    place = shop.root.with_name(name)
    shop.git("config", "uploadpack.allowFilter", "true")
    shop.git("clone", "--quiet", *options, shop.root.as_uri(), str(place), cwd=shop.root.parent)
    return Workshop(Repository(place, shop.repository.environment), shop.home)


def branched(shop: Workshop, theirs: dict[str, str], ours: dict[str, str]) -> None:
    """Commit ``theirs`` on a branch of that name and ``ours`` on main."""
    shop.git("checkout", "--quiet", "-b", "theirs")
    shop.commit(theirs)
    shop.git("checkout", "--quiet", "main")
    shop.commit(ours)


# --- the index --------------------------------------------------------------------------------------------------------


@row("Nothing is staged", "nothing to do, exit code 0")
def nothing_is_staged(shop: Workshop) -> None:
    shop.repository.write("requirements.txt", lines("old-a"))
    result = shop.check()
    assert (result.code, result.out, result.err) == (0, "", "")
    assert shop.added() == {}


@row(
    "Files are given and none is staged",
    "all of them are checked in full, and a note says so (`pre-commit run --all-files`)",
)
def given_files_none_staged(shop: Workshop) -> None:
    shop.commit({"requirements.txt": lines("old-a", "dull-lib"), "notes.txt": "x"})
    result = shop.check("requirements.txt", "notes.txt")
    assert result.code == 1
    assert "note: none of the given files is staged: all dependencies were checked" in result.out
    assert "--since REV" in result.out
    assert "--write-ignores" in result.out
    assert "what to do" not in result.out, "no commit is rejected"
    assert shop.added("notes.txt") == {}


@row(
    "Files are given and some are staged",
    "the staged files are checked for what is added, the others in full, and a note says so",
)
def given_files_some_staged(shop: Workshop) -> None:
    shop.commit({"requirements.txt": lines("old-a"), "base.txt": lines("old-c"), "app.py": ""})
    shop.stage({"pyproject.toml": toml("good-a"), "dev-requirements.txt": lines("old-b")})
    given = ("requirements.txt", "pyproject.toml", "base.txt", "app.py")
    assert shop.added(*given) == {"pyproject.toml": ["good-a"], "requirements.txt": ["old-a"]}
    result = shop.check(*given)
    assert result.code == 1
    assert "3 of the 4 given files are not staged: all their dependencies were checked" in result.out
    assert "what to do" in result.out
    assert shop.check("pyproject.toml").out.count("staged") == 0
    (shop.root / "sub").mkdir()
    given_above = shop.added("../dev-requirements.txt", cwd=shop.root / "sub")
    assert given_above == {"../dev-requirements.txt": ["old-b"]}
    assert set(shop.added(".")) == {"pyproject.toml", "dev-requirements.txt"}
    listed = shop.check("--list-files", *given).out
    assert listed.split() == ["pyproject.toml", "pyproject", "requirements.txt", "requirements"]


@row("A staged file that an unstaged file includes", "is checked once, as a staged file")
def staged_file_included_by_unstaged_file(shop: Workshop) -> None:
    shop.commit({"requirements.txt": "-r base.txt\n", "base.txt": "old-a  # mothball: ignore[archived] x\n"})
    shop.stage({"base.txt": "old-a  # mothball: ignore[archived] x\nold-b\n"})
    result = shop.check("requirements.txt", "base.txt", "--format", "json")
    assert [item["name"] for item in json.loads(result.out)["dependencies"]] == ["old-b"]
    assert [one["rule"] for one in json.loads(result.out)["findings"]] == ["archived"]


@row("A given file that does not exist", "an error, unless the change deletes it")
def missing_file(shop: Workshop) -> None:
    base = shop.commit({"requirements.txt": lines("good-a"), "gone.txt": "x", "notes.txt": "x"})
    for name in ("nosuch.txt", "nosuch/requirements.txt"):
        for more in ((), ("--since", base), ("--from-ref", base, "--to-ref", "HEAD")):
            result = shop.check(*more, name)
            assert (result.code, f"{name}: error[unreadable] no such file" in result.out) == (2, True)
            assert "were checked" not in result.out
    shop.git("rm", "--quiet", "gone.txt")
    assert shop.check("gone.txt").code == 0, "the change deletes it"
    result = shop.check("notes.txt")
    assert (result.code, "and no dependency file was given: nothing was checked" in result.out) == (0, True)


@row(
    "A first push, to a remote without commits",
    "nothing: all dependencies of the pushed branch are checked, and only quarantined projects stop it",
)
def first_push(shop: Workshop) -> None:
    shop.commit({"requirements.txt": lines("old-a", "no-lib"), "dev-requirements.txt": lines("good-a") + "?\n"})
    shop.stage({"dev-requirements.txt": lines("good-a", "old-b")})
    push = {"PRE_COMMIT_REMOTE_NAME": "origin", "PRE_COMMIT_LOCAL_BRANCH": "refs/heads/main"}
    given = ("requirements.txt", "dev-requirements.txt")
    everything = {"requirements.txt": ["old-a", "no-lib"], "dev-requirements.txt": ["good-a"]}
    zeros = "0" * 40
    head = shop.git("rev-parse", "HEAD")
    for more in (
        {},
        {"PRE_COMMIT_FROM_REF": zeros, "PRE_COMMIT_TO_REF": head},
        {"PRE_COMMIT_FROM_REF": "", "PRE_COMMIT_TO_REF": "main"},
    ):
        assert shop.added(*given, env={**push, **more}) == everything, "staged changes are not pushed"
        result = shop.check("--strict", "--", *given, env={**push, **more})
        assert (result.code, "only quarantined projects stop it" in result.out) == (0, True)
        assert "requirements.txt:1:1: warning[archived]" in result.out
        assert "dev-requirements.txt:2:1: warning[unreadable]" in result.out
    deleted = {"PRE_COMMIT_FROM_REF": head, "PRE_COMMIT_TO_REF": zeros}
    assert shop.check(*given, env={**push, **deleted}) == (0, "", ""), "a deleted branch"
    shop.git("checkout", "--quiet", "-b", "other")
    shop.commit()
    assert shop.added(*given, env=push) == everything, "the pushed branch is main"
    assert "old-b" in shop.added(*given, env={"PRE_COMMIT_REMOTE_NAME": "origin"})["dev-requirements.txt"]
    shop.commit({"requirements.txt": lines("bad-lib")})
    assert shop.check(*given, env={**push, "PRE_COMMIT_LOCAL_BRANCH": "refs/heads/other"}).code == 1


@row("Any other push", "the pushed commits with those of the remote")
def other_push(shop: Workshop) -> None:
    start = shop.commit({"requirements.txt": lines("old-a")})
    end = shop.commit({"requirements.txt": lines("old-a", "old-b")})
    push = {"PRE_COMMIT_REMOTE_NAME": "origin", "PRE_COMMIT_FROM_REF": start, "PRE_COMMIT_TO_REF": end}
    assert shop.added(env=push) == {"requirements.txt": ["old-b"]}
    assert shop.check(env=push).code == 1


@row("The first commit", "the index with an empty tree: everything in it is added")
def first_commit(shop: Workshop) -> None:
    shop = shop._replace(repository=new_repository(shop.root.with_name("new")))
    assert shop.check().code == 0
    shop.stage({"requirements.txt": lines("old-a"), "mothball.toml": OFFLINE.replace("snapshot", "#")})
    assert shop.added() == {"requirements.txt": ["old-a"]}
    assert shop.check().code == 3, "offline, and not in the snapshot"


@row("A partly staged file", "the staged text, not that of the working tree")
def partly_staged_file(shop: Workshop) -> None:
    shop.commit({"requirements.txt": lines("good-a")})
    shop.stage({"requirements.txt": lines("good-a", "old-a")})
    shop.repository.write("requirements.txt", lines("old-b", "good-a"))
    assert shop.added() == {"requirements.txt": ["old-a"]}
    assert "requirements.txt:2:1" in shop.check().out


@row("A temporary index (`git commit -a`, `git commit FILE`)", "that index")
def temporary_index(shop: Workshop) -> None:
    shop.commit({"requirements.txt": lines("good-a")})
    shop.repository.write("requirements.txt", lines("good-a", "old-a"))
    index = str(shop.root / ".git" / "other-index")
    done = shop.repository.try_git("read-tree", "HEAD", more={"GIT_INDEX_FILE": index})
    assert done.returncode == 0, done.stderr
    assert shop.repository.try_git("add", "requirements.txt", more={"GIT_INDEX_FILE": index}).returncode == 0
    assert shop.added() == {}
    assert shop.added(env={"GIT_INDEX_FILE": index}) == {"requirements.txt": ["old-a"]}
    (shop.root / "sub").mkdir()
    relative = {"GIT_INDEX_FILE": ".git/other-index"}
    assert list(shop.added(env=relative, cwd=shop.root / "sub").values()) == [["old-a"]]


@row("A deleted file", "nothing is added")
def deleted_file(shop: Workshop) -> None:
    shop.commit({"requirements.txt": lines("old-a")})
    shop.git("rm", "--quiet", "requirements.txt")
    assert shop.added() == {}


@row("A subdirectory as working directory", "the whole repository")
def subdirectory(shop: Workshop) -> None:
    shop.stage({"backend/requirements.txt": lines("old-a"), "requirements.txt": lines("old-b")})
    below = shop.root / "backend"
    assert shop.added(cwd=below) == {"requirements.txt": ["old-a"], "../requirements.txt": ["old-b"]}
    assert shop.added("requirements.txt", cwd=below) == {"requirements.txt": ["old-a"]}


@row("A file name of any bytes", "is like any other")
def file_names_of_any_bytes(shop: Workshop) -> None:
    odd = os.fsdecode(b"d\xff\n\t'/requirements.txt")
    shop.stage({odd: lines("old-a"), "--since=x/requirements.txt": lines("old-b"), ":(top)/requirements.txt": "old-c"})
    assert sorted(name for names in shop.added().values() for name in names) == ["old-a", "old-b", "old-c"]
    assert shop.added("--", odd) == {odd: ["old-a"]}
    result = shop.check()
    assert result.code == 1
    assert "\udcff" not in result.out


@row("A file whose name looks like an option", "is a file after `--`, as in the hook; an error without it")
def file_name_like_an_option(shop: Workshop) -> None:
    name = "--config=requirements.txt"
    shop.stage({name: lines("old-a")})
    assert shop.added("--", name) == {name: ["old-a"]}
    result = shop.check(name)
    assert (result.code, result.out) == (2, "")
    assert "pass `--` before the file names" in result.err
    shop.stage({"--exit-zero": "", "requirements.txt": lines("old-b")})
    assert shop.check("--exit-zero", "requirements.txt").code == 2


@row("A new submodule, or a submodule at another commit", "is passed over: its files belong to another repository")
def submodule(shop: Workshop) -> None:
    inner = new_repository(shop.root / "requirements.txt", shop.repository.environment)
    for name in ("old-a", "old-b"):
        inner.commit({"requirements.txt": lines(name)})
        shop.git("-c", "advice.addEmbeddedRepo=false", "add", "requirements.txt")
        assert shop.git("ls-files", "--stage").count("160000") == 1
        assert shop.added() == {}
        shop.commit()
        assert shop.added("--from-ref", "HEAD~1", "--to-ref", "HEAD") == {}
        assert shop.added("--since", "HEAD~1") == {}


@row("A submodule that is replaced by its files", "yes, every name in them")
def submodule_replaced_by_files(shop: Workshop) -> None:
    inner = new_repository(shop.root / "module", shop.repository.environment)
    inner.commit({"requirements.txt": lines("old-a")})
    shop.git("-c", "advice.addEmbeddedRepo=false", "add", "module")
    base = shop.commit()
    (shop.root / "module" / ".git").rename(shop.root.with_name("module.git"))
    shop.git("rm", "--quiet", "--cached", "module")
    shop.stage({"module/requirements.txt": lines("old-a")})
    assert shop.added() == {"module/requirements.txt": ["old-a"]}
    assert shop.added("--since", base) == {"module/requirements.txt": ["old-a"]}


@row("An index with a conflict", "an error: resolve the conflict first")
def index_with_a_conflict(shop: Workshop) -> None:
    branched(shop, {"requirements.txt": lines("old-a")}, {"requirements.txt": lines("old-b")})
    shop.repository.try_git("merge", "theirs")
    result = shop.check()
    assert (result.code, "unresolved merge conflict in requirements.txt" in result.err) == (2, True)


@row("A merge after a conflict", "the index with all parents: a name that any of them contains is not added")
def merge_after_a_conflict(shop: Workshop) -> None:
    branched(shop, {"requirements.txt": lines("old-a")}, {"requirements.txt": lines("old-b")})
    shop.repository.try_git("merge", "theirs")
    shop.stage({"requirements.txt": lines("old-a", "old-b")})
    assert shop.added() == {}
    shop.stage({"requirements.txt": lines("old-a", "old-b", "old-c")})
    assert shop.added() == {"requirements.txt": ["old-c"]}


@row("A merge without a conflict", "the same")
def merge_without_a_conflict(shop: Workshop) -> None:
    branched(shop, {"requirements.txt": lines("old-a")}, {"pyproject.toml": toml("old-b")})
    shop.git("merge", "--quiet", "--no-commit", "--no-ff", "theirs")
    assert shop.added() == {}
    theirs = shop.git("rev-parse", "theirs")
    (shop.root / ".git" / "MERGE_HEAD").unlink()
    assert shop.added() == {"requirements.txt": ["old-a"]}
    assert shop.added(env={f"GITHEAD_{theirs}": "theirs"}) == {}, "git sets no other variable for a clean merge"


@row("A merge of several branches", "the same")
def merge_of_several_branches(shop: Workshop) -> None:
    for number in "abc":
        shop.git("checkout", "--quiet", "-b", f"topic-{number}", "main")
        shop.commit({f"{number}-requirements.txt": lines(f"old-{number}")})
    shop.git("checkout", "--quiet", "main")
    shop.commit({"pyproject.toml": toml("old-d")})
    shop.git("merge", "--quiet", "--no-commit", "topic-a", "topic-b", "topic-c")
    assert shop.added() == {}
    shop.stage({"a-requirements.txt": lines("old-a", "old-e")})
    assert shop.added() == {"a-requirements.txt": ["old-e"]}


@row("`--from-ref A --to-ref B`, or the variables that pre-commit sets", "B with the merge base of A and B")
def two_commits(shop: Workshop) -> None:
    start = shop.commit({"requirements.txt": lines("good-a")})
    branched(shop, {"requirements.txt": lines("good-a", "old-a")}, {"pyproject.toml": toml("old-b")})
    assert shop.added("--from-ref", "main", "--to-ref", "theirs") == {"requirements.txt": ["old-a"]}
    assert shop.added("--from-ref", start) == {"pyproject.toml": ["old-b"]}
    refs = {"PRE_COMMIT_FROM_REF": start, "PRE_COMMIT_TO_REF": "theirs"}
    assert shop.added(env=refs) == {"requirements.txt": ["old-a"]}
    assert shop.added("requirements.txt", env=refs) == {"requirements.txt": ["old-a"]}
    assert shop.added("mothball.toml", env=refs) == {}, "an unchanged file adds nothing"


@row("The configuration of the target commit", "is the effective one")
def configuration_of_the_target_commit(shop: Workshop) -> None:
    start = shop.git("rev-parse", "HEAD")
    entry = '[ignore]\nold-a = { rules = ["archived"], reason = "until June" }\n'
    shop.commit({"requirements.txt": lines("old-a"), "mothball.toml": OFFLINE + entry})
    shop.repository.write("mothball.toml", "= broken")
    assert shop.check("--from-ref", start).code == 0


@row("`--since REV`", "the tracked files of the working tree with the merge base of REV and HEAD")
def since_a_commit(shop: Workshop) -> None:
    shop.commit({"requirements.txt": lines("good-a")})
    branched(shop, {"requirements.txt": lines("good-a", "old-a")}, {"pyproject.toml": toml("old-b")})
    shop.git("checkout", "--quiet", "theirs")
    assert shop.added("--since", "main") == {"requirements.txt": ["old-a"]}
    shop.repository.write("requirements.txt", lines("good-a", "old-a", "old-c"))
    shop.repository.write("untracked-requirements.txt", lines("old-d"))
    assert shop.added("--since", "main") == {"requirements.txt": ["old-a", "old-c"]}
    (shop.root / "requirements.txt").unlink()
    assert shop.added("--since", "main") == {}


@row("A base commit ID of zeros", "an empty tree is the base, and a note says so")
def base_of_zeros(shop: Workshop) -> None:
    shop.commit({"requirements.txt": lines("old-a")})
    for arguments in (("--since", "0" * 40), ("--from-ref", "0" * 40)):
        result = shop.check(*arguments)
        assert result.code == 1
        assert "note: no base commit to compare with: every dependency counts as added" in result.out


@row("Two commits without a merge base", "an empty tree is the base, and a note says so")
def no_merge_base(shop: Workshop) -> None:
    shop.git("checkout", "--quiet", "--orphan", "other")
    shop.commit({"requirements.txt": lines("old-a")})
    result = shop.check("--from-ref", "main", "--to-ref", "other")
    assert (result.code, "every dependency counts as added" in result.out) == (1, True)


@row("A commit that does not exist", "an error")
def missing_commit(shop: Workshop) -> None:
    for revision in ("origin/nowhere", "f" * 40, "--exec=evil", ""):
        result = shop.check("--since=" + revision)
        assert (result.code, result.out) == (2, "")
        assert "no such commit" in result.err


@row("A shallow or single-branch clone without the base", "an error with the command that fetches it")
def shallow_clone_without_the_base(shop: Workshop) -> None:
    start = shop.git("rev-parse", "HEAD")
    branched(shop, {"requirements.txt": lines("old-a")}, {"pyproject.toml": toml("old-b")})
    shop.commit({"pyproject.toml": toml("old-b", "good-a")})
    options = [(f"--depth={depth}", branch) for depth in (1, 2) for branch in ("--no-single-branch", "--single-branch")]
    for number, clone_options in enumerate([*options, ("--single-branch",)]):
        for revision in (start, "origin/theirs"):
            other = clone(shop, f"{number}-{revision[:3]}", *clone_options)
            result = other.check("--since", revision)
            if len(clone_options) == 1 and revision == start:
                assert result.code == 1
                continue
            assert result.code == 2
            program, *arguments = shlex.split(result.err.split("`")[1])
            assert (program, "--unshallow" in arguments) == ("git", len(clone_options) == 2)
            other.git(*arguments)
            assert other.added("--since", revision) == {"pyproject.toml": ["old-b", "good-a"]}


@row("A partial clone without the base", "an error: nothing is fetched implicitly")
def partial_clone_without_the_base(shop: Workshop) -> None:
    shop.commit({"requirements.txt": lines("good-a")})
    shop.commit({"requirements.txt": lines("good-a", "old-a")})
    partial = clone(shop, "partial", "--filter=blob:none")
    result = partial.check("--since", "HEAD~1")
    assert result.code == 2
    assert "git object" in result.err
    assert "git fetch" in result.err


@row(
    "A partial clone with a sparse checkout",
    "the index; names that only the missing files contain count as added, and a note says so",
)
def sparse_checkout_of_a_partial_clone(shop: Workshop) -> None:
    shop.commit({"a/requirements.txt": lines("old-a"), "a/b/pyproject.toml": toml(), "b/requirements.txt": ""})
    sparse = clone(shop, "sparse-and-partial", "--filter=blob:none", "--sparse")
    sparse.git("sparse-checkout", "set", "b")
    sparse.stage({"b/requirements.txt": lines("good-a", "old-a", "old-b")})
    assert sparse.added() == {"b/requirements.txt": ["good-a", "old-a", "old-b"]}
    assert "note: other files of the repository are not in this partial clone" in sparse.check().out
    sparse.stage({"b/requirements.txt": "--extra-index-url https://index.example/simple/\n"})
    assert "git object" in sparse.check().err, "the indexes of all names are compared"


@row("A merge in a partial clone", "the index with all parents, as far as the clone has their files")
def merge_in_a_partial_clone(shop: Workshop) -> None:
    shop.commit({"pyproject.toml": toml("good-a"), "requirements.txt": lines("good-a")})
    branched(shop, {"x/requirements.txt": lines("old-b")}, {"pyproject.toml": toml("old-c"), "requirements.txt": ""})
    partial = clone(shop, "partial", "--filter=blob:none")
    partial.git("merge", "--quiet", "--no-commit", "--no-ff", "origin/theirs")
    assert partial.added() == {}
    assert partial.check().code == 0
    partial.stage({"requirements.txt": lines("old-a")})
    assert partial.check().code == 2, "the version of the other parent is compared"
    partial.stage({"requirements.txt": "", "dev-requirements.txt": lines("old-a")})
    assert partial.added() == {"dev-requirements.txt": ["old-a"]}


@row("A sparse checkout", "the index, which contains all files")
def sparse_checkout(shop: Workshop) -> None:
    shop.commit({"a/pyproject.toml": toml("old-a"), "b/pyproject.toml": toml("good-a"), "b/x/requirements.txt": ""})
    sparse = clone(shop, "sparse", "--sparse")
    sparse.git("sparse-checkout", "set", "--sparse-index", "b")
    assert not (sparse.root / "a").exists()
    sparse.stage({"b/pyproject.toml": toml("good-a", "old-b")})
    assert sparse.added() == {"b/pyproject.toml": ["old-b"]}


@row("`--since` in a sparse checkout", "the index, which contains all files; unstaged changes are an error")
def since_in_a_sparse_checkout(shop: Workshop) -> None:
    start = shop.commit({"a/pyproject.toml": toml("old-a"), "b/pyproject.toml": toml("good-a")})
    shop.commit({"a/pyproject.toml": toml("old-a", "old-c")})
    sparse = clone(shop, "sparse", "--sparse")
    sparse.git("sparse-checkout", "set", "b")
    assert not (sparse.root / "a").exists()
    # A project that is left out is neither deleted nor unknown.
    sparse.commit({"b/pyproject.toml": toml("good-a", "old-a")})
    expected = {"a/pyproject.toml": ["old-c"], "b/pyproject.toml": ["old-a"]}
    assert sparse.added("--since", start) == expected
    sparse.repository.write("b/pyproject.toml", toml("good-a", "old-a", "old-b"))
    result = sparse.check("--since", start)
    assert (result.code, "git add b/pyproject.toml" in result.err) == (2, True)
    sparse.git("add", "b/pyproject.toml")
    assert sparse.added("--since", start) == {**expected, "b/pyproject.toml": ["old-a", "old-b"]}


@row("Another worktree of the repository", "the index of that worktree")
def another_worktree(shop: Workshop) -> None:
    shop.commit({"requirements.txt": lines("good-a")})
    place = shop.root.with_name("tree")
    shop.git("worktree", "add", "--quiet", "-b", "topic", str(place))
    other = Workshop(Repository(place, shop.repository.environment), shop.home)
    other.stage({"requirements.txt": lines("good-a", "old-a")})
    assert other.added() == {"requirements.txt": ["old-a"]}
    assert shop.added() == {}
    directory = other.git("rev-parse", "--absolute-git-dir")
    hook = {"GIT_DIR": directory, "GIT_INDEX_FILE": os.path.join(directory, "index")}
    assert other.added(env=hook) == {"requirements.txt": ["old-a"]}


@row("A directory outside every repository", "an error")
def no_repository(shop: Workshop) -> None:
    result = shop._replace(repository=Repository(shop.root.parent, {})).check()
    assert (result.code, result.out) == (2, "")
    assert "no git working tree" in result.err


@row("A repository that belongs to another user", "an error that says how to trust it")
def repository_of_another_user(shop: Workshop) -> None:
    shop = shop._replace(repository=shop.repository._replace(root=shop.root.rename(shop.root.with_name("my $repo"))))
    result = shop.check(env={"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"})
    assert result.code == 2
    assert "belongs to another user" in result.err
    assert f"safe.directory '{shop.root}'" in result.err
