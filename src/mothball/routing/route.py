"""Which indexes answer for a dependency, or why none may be asked: the one place that decides. Pure.

A name goes only to indexes that its installer would ask: the index that the entry pins, else those that the options or
the tables of its file name, else the default. Who the installer is, the file says and the table that the entry stands
in; each tool's own rules are in a module of its own, imported where a file needs it. docs/indexes.md tells the order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache, partial
from operator import itemgetter

from mothball.config.project import NetworkSettings
from mothball.model.document import Dependency, IndexOption, SkipReason, ToolIndex
from mothball.model.lookup import Skipped
from mothball.model.records import NamedTuple
from mothball.routing.addresses import UserAddresses, base_url, has_credentials, is_default, is_http, is_local
from mothball.routing.candidates import (
    BUILT_IN_DEFAULT,
    Candidate,
    DefaultIndex,
    RejectedIndex,
    RoutingRequest,
    Selection,
    is_public,
    merge_selections,
    rejected,
    user_candidate,
)

# So many indexes may be asked about one name; nobody has so many, and each costs a request for every name.
MAX_INDEXES = 16
# So many options and tables may name indexes in what is installed together: beyond this, somebody means harm.
MAX_DECLARED = 256

_TOOLS = ("uv", "poetry", "pdm", "pixi", "rye")
_BY_FORMAT = {
    "uv-lock": "uv",
    "poetry-lock": "poetry",
    "pdm-lock": "pdm",
    "pipfile": "pipenv",
    "pipfile-lock": "pipenv",
    "pixi-toml": "pixi",
}

# What a file says of an entry that bears on whom to ask, its name aside.
_SAID = itemgetter(
    *map(Dependency._fields.index, ("section", "skip_reason", "index_url", "alternative_indexes", "index_name"))
)


class RoutedIndex(NamedTuple):
    """An index to ask: its base URL, without credentials and with one slash at its end.

    ``set_by`` says where it is named, and ``is_user_setting`` whether the user's side names it too.
    """

    url: str
    set_by: str
    is_user_setting: bool = False


class IndexRoute(NamedTuple):
    """The indexes to ask, in order. Never empty.

    ``status_index`` is asked when these state nothing; None for names that must not go there.
    """

    indexes: tuple[RoutedIndex, ...]
    status_index: str | None = None

    @property
    def urls(self) -> tuple[str, ...]:
        """The base URLs of the indexes."""
        return tuple(one.url for one in self.indexes)


Route = IndexRoute | Skipped


class DeclaredIndexes(NamedTuple):
    """What a file says of indexes: its own format, the tools with tables in it, its options and its tables' indexes."""

    format: str = ""
    tools: tuple[str, ...] = ()
    options: tuple[IndexOption, ...] = ()
    indexes: tuple[ToolIndex, ...] = ()


class Explanation(NamedTuple):
    """A route, and the indexes that are not on it with the reasons."""

    route: Route
    rejected: tuple[RejectedIndex, ...]
    no_index_reason: str = ""


class Router:
    """Routes the dependencies of one file."""

    def __init__(self, declared: DeclaredIndexes, network: NetworkSettings) -> None:
        """Take what the file says, and what our configuration and the user say."""
        self._declared = declared
        self._network = network
        self._settings = network.installers
        self._default = DefaultIndex(
            Candidate(network.index_url, network.index_set_by or BUILT_IN_DEFAULT, network.is_user_index),
            is_configured=bool(network.index_set_by),
        )
        self._users: UserAddresses | None = None
        self._private = _any_of(network.private) if network.private else None
        self._known: dict[tuple[object, ...], Route] = {}
        self._by_name = any(one.includes or one.excludes for one in declared.indexes)
        self._declares_too_many = len(declared.indexes) + len(declared.options) > MAX_DECLARED

    def route(self, dependency: Dependency) -> Route:
        """Return whom to ask about ``dependency``. Most of a file go the same way, which is found once."""
        if dependency.skip_reason is not None and not dependency.index_name:
            return Skipped(dependency.skip_reason)
        key = (
            dependency.section,
            dependency.skip_reason,
            dependency.index_url,
            dependency.alternative_indexes,
            dependency.index_name,
            self._is_private(dependency.name),
            self._by_name and dependency.name,
        )
        if key not in self._known:
            self._known[key] = self.explain(dependency).route
        return self._known[key]

    def routes(self, dependencies: Sequence[Dependency]) -> list[Route]:
        """Return whom to ask about each of ``dependencies``, in their order."""
        if self._by_name:
            return [self.route(one) for one in dependencies]
        # All that hangs on a name is whether it is private: the others of which the file says the same go the same way.
        known: dict[tuple[object, ...], Route] = {}
        routes = []
        for dependency, said in zip(dependencies, map(_SAID, dependencies), strict=True):
            if self._private is not None and self._private.match(dependency.name):
                routes.append(self.route(dependency))
                continue
            if said not in known:
                known[said] = self.route(dependency)
            routes.append(known[said])
        return routes

    def _is_private(self, name: str) -> bool:
        return self._private is not None and self._private.match(name) is not None

    def explain(self, dependency: Dependency) -> Explanation:
        """Return whom to ask about ``dependency`` and why nobody else."""
        if self._declares_too_many and dependency.skip_reason is None:
            words = f"more than {MAX_DECLARED} indexes are named in the files that are installed together"
            return Explanation(Skipped(SkipReason.TOO_MANY_INDEXES), (), words)
        # Of what the text alone keeps back, only an index may be known elsewhere that its file does not declare.
        is_kept_back = dependency.skip_reason is not None and not dependency.index_name
        choice = None if is_kept_back else self._pinned(dependency)
        if choice is None and dependency.skip_reason is not None:
            return Explanation(Skipped(dependency.skip_reason), ())
        return self._decide(dependency.name, choice or self._unless_unknown(self._chosen(dependency)))

    # --- what the installer would ask ---------------------------------------------------------------------------------

    def _pinned(self, dependency: Dependency) -> Selection | None:
        """Return the indexes that the entry itself pins, None where it pins none that can be told.

        Several are for different environments. Of what is left to others by them nobody is told: it may be private.
        """
        if dependency.index_name:
            is_open = dependency.skip_reason in {None, SkipReason.NO_INDEX}
            candidate = self._named(dependency.index_name) if is_open else None
            return Selection((candidate,)) if candidate else None
        if not dependency.index_url:
            return None
        asked = [self._pin(url) for url in (dependency.index_url, *dependency.alternative_indexes)]
        if "pipenv" in self._installers(dependency.section) and self._settings.pipenv_mirror is not None:
            from mothball.routing.pipenv import mirrored  # noqa: PLC0415 - few set a mirror

            asked = [mirrored(one, self._settings.pipenv_mirror) for one in asked]
        return Selection(tuple(asked))

    def _pin(self, url: str) -> Candidate:
        declared = next((one for one in self._declared.indexes if one.url == url), None)
        place = f", {declared.name or url} in {declared.declared_at}" if declared and declared.declared_at else ""
        return Candidate(url, f"{PINNED_BY_ENTRY}{place}")

    def _named(self, name: str) -> Candidate | None:
        if name == "pypi":  # as Poetry's entries name the default index
            return self._default.candidate
        from mothball.routing.uv import named  # noqa: PLC0415 - few files pin an index that they do not declare

        return named(name, self._declared.indexes, self._settings.uv)

    def _installers(self, section: str) -> tuple[str, ...]:
        """Return the tools that install what stands in ``section``, empty for what belongs to none of them.

        The standard tables of a pyproject.toml are for every tool: for those whose tables declare an index, and for
        uv where it has a table at all, as its settings are known.
        """
        declared = self._declared
        if declared.format == "requirements":
            return ()
        if declared.format in _BY_FORMAT:
            return (_BY_FORMAT[declared.format],)
        if section.startswith("tool."):
            tool = section.split(".", 2)[1]
            return (tool,) if tool in _TOOLS else ()
        with_indexes = {one.tool for one in declared.indexes}
        return tuple(tool for tool in _TOOLS if tool in with_indexes or (tool == "uv" and tool in declared.tools))

    def _chosen(self, dependency: Dependency) -> Selection:
        tools = self._installers(dependency.section)
        choices = [self._by_tool(tool, dependency) for tool in tools]
        if len(choices) == 1 and not self._is_mere_default(choices[0], dependency.section):
            return choices[0]
        if len(choices) == 1:
            return self._by_tool("requirements", dependency)
        if choices:
            return merge_selections(choices)
        return self._by_tool("requirements", dependency)

    def _is_mere_default(self, choice: Selection, section: str) -> bool:
        """Return whether uv, for which nobody has named an index, would take what pip's user has a home for.

        The standard tables are for pip as well, and of two main indexes the private one answers.
        """
        pip = self._settings.pip
        is_standard = self._declared.format == "pyproject" and not section.startswith("tool.")
        has_home = pip.default is not None and not pip.no_index and not is_public(user_candidate(pip.default))
        return (
            is_standard
            and has_home
            and choice.asked == (self._default.candidate,)
            and choice.asked[0].set_by == BUILT_IN_DEFAULT
        )

    def _by_tool(self, tool: str, dependency: Dependency) -> Selection:
        declared = self._declared
        # What uv installs around a requirements file counts for that; all else is the tool's own.
        owner = "uv" if tool == "requirements" else tool
        indexes = tuple(one for one in declared.indexes if one.tool == owner)
        request = RoutingRequest(
            dependency.name, dependency.section, declared.options, indexes, self._settings, self._default
        )
        # importlib.import_module does the same, and its own import costs as much as a tool's module.
        choice: Selection = __import__(f"mothball.routing.{tool}", fromlist=["select_indexes"]).select_indexes(request)
        return choice

    def _unless_unknown(self, choice: Selection) -> Selection:
        """Return ``choice``, or nobody where it ends at the default index and what cannot be read may name another."""
        unknown = next((one for one in self._declared.options if one.name == "unknown"), None)
        if unknown is None or not any(map(self._is_default, choice.asked)):
            return choice
        reason = f"what stands in {unknown.declared_at} may name an index, and cannot be read"
        return Selection(
            rejected=choice.rejected + rejected(choice.asked, "the name is sent nowhere"), no_index_reason=reason
        )

    def _is_default(self, candidate: Candidate) -> bool:
        return candidate == self._default.candidate or is_public(candidate)

    # --- what of it we ask --------------------------------------------------------------------------------------------

    def _decide(self, name: str, choice: Selection) -> Explanation:
        nothing = partial(Explanation, rejected=choice.rejected + rejected(choice.asked, "the name is sent nowhere"))
        if not choice.asked:
            return Explanation(Skipped(SkipReason.NO_INDEX), choice.rejected, choice.no_index_reason)
        found: list[RoutedIndex] = []
        over = choice.rejected
        for candidate in choice.asked:
            address = self._expanded(candidate)
            if address is None:
                return nothing(
                    Skipped(SkipReason.INDEX_VARIABLE), no_index_reason=f"{candidate.set_by} holds a variable"
                )
            base = base_url(address)
            if is_http(base):
                found.append(
                    RoutedIndex(base, candidate.set_by, candidate.is_user_setting or self._user_addresses().name(base))
                )
            elif candidate is choice.asked[-1] or self._may_hide_private_index(candidate, choice):
                # The last one is the installer's main index: where it cannot be asked, the others cannot speak for it.
                # Nor may the default index for one that is extra: it may be where the name belongs.
                return nothing(Skipped(SkipReason.NO_INDEX), no_index_reason=f"{candidate.set_by} is no http address")
            else:
                over += rejected([candidate], "it is no http address")
        return self._restrain(name, _in_order(found), over)

    def _may_hide_private_index(self, candidate: Candidate, choice: Selection) -> bool:
        """Return whether a name of ``candidate``, which nobody can ask, would be looked for at the default index."""
        is_file = candidate.address.lower().startswith("file:")
        # pip asks all that its user's configuration names about every name: the default index knows them by now.
        if is_file and candidate in map(user_candidate, self._settings.pip.extra):
            return False
        return any(map(self._is_default, choice.asked))

    def _restrain(self, name: str, asked: tuple[RoutedIndex, ...], over: tuple[RejectedIndex, ...]) -> Explanation:
        """Take out what must not learn the name."""
        is_private = self._is_private(name)
        if is_private:
            over += rejected((Candidate(*one) for one in asked if is_default(one.url)), "the name is private")
            asked = tuple(one for one in asked if not is_default(one.url))
        everything = tuple(RejectedIndex(Candidate(*one), "the name is sent nowhere") for one in asked)
        if not asked:
            return Explanation(Skipped(SkipReason.PRIVATE), over, "the name is private, and no other index is left")
        if len(asked) > MAX_INDEXES:
            words = f"{len(asked)} indexes would have to be asked, more than {MAX_INDEXES}"
            return Explanation(Skipped(SkipReason.TOO_MANY_INDEXES), over + everything, words)
        stranger = next((one for one in asked if self._needs_consent(one)), None)
        if stranger is not None:
            words = f"{stranger.set_by} names a local index, and only the repository does"
            return Explanation(Skipped(SkipReason.CONSENT), over + everything, words)
        return Explanation(IndexRoute(asked, None if is_private else self._status_index()), over)

    def _expanded(self, candidate: Candidate) -> str | None:
        if "$" not in candidate.address:
            return candidate.address
        if candidate.is_user_setting:
            # pip and uv expand nothing in their own configuration either.
            return None
        return self._user_addresses().expand(candidate.address, self._settings.variables)

    def _user_addresses(self) -> UserAddresses:
        """Return what the user's own side names."""
        if self._users is None:
            self._users = UserAddresses(self._network.user_indexes, self._network.trusted_hosts)
        return self._users

    def _needs_consent(self, index: RoutedIndex) -> bool:
        return not self._network.allow_local_indexes and not index.is_user_setting and is_local(index.url)

    def _status_index(self) -> str | None:
        if not self._network.status_index:
            return None
        index = RoutedIndex(base_url(self._network.status_index), "`status-index`")
        return None if self._needs_consent(index) else index.url


PINNED_BY_ENTRY = "the entry itself"


def credential_locations(declared: DeclaredIndexes, dependencies: Iterable[Dependency]) -> list[str]:
    """Return where a repository file writes credentials into the address of an index: they are never sent."""
    found = [f"`--{one.name}` in {one.declared_at}" for one in declared.options if has_credentials(one.value)]
    found += [f"{one.name or one.role} in {one.declared_at}" for one in declared.indexes if has_credentials(one.url)]
    known = {one.url for one in declared.indexes}
    pins = {one.index_url for one in dependencies if one.index_url}
    found += [f"the index {base_url(url)}" for url in sorted(pins - known) if has_credentials(url)]
    return found


def _in_order(asked: Iterable[RoutedIndex]) -> tuple[RoutedIndex, ...]:
    """Return ``asked`` each once, and the default index last: a name must not be looked for there before at home."""
    by_url: dict[str, RoutedIndex] = {}
    for one in asked:
        by_url.setdefault(one.url, one)
    return tuple(sorted(by_url.values(), key=lambda one: is_default(one.url)))


@lru_cache(maxsize=8)
def _any_of(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Return what matches the names that one of ``patterns`` does; an editor needs it at every keystroke."""
    from fnmatch import translate  # noqa: PLC0415 - most projects have no private names

    return re.compile("|".join(map(translate, patterns)))
