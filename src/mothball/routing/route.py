"""Choose the indexes that a dependency is looked up on, or the reason why it is not looked up. No I/O.

A name is only sent to indexes that its installer would query: the index that the entry pins, else those of the options
or tables of its file, else the default. The format of the file and the table of the entry determine the installer. The
rules of pip and uv are in ``candidates``, those of others in ``tools``, imported when a file needs it. docs/indexes.md
documents the order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache, partial
from operator import itemgetter

from mothball.config.project import NetworkSettings, is_default_index
from mothball.model.document import Dependency, IndexOption, SkipReason, ToolIndex
from mothball.model.records import NamedTuple
from mothball.model.results import Skipped
from mothball.model.sanitize import base_url
from mothball.routing.candidates import (
    BUILT_IN_DEFAULT,
    Candidate,
    RejectedIndex,
    RoutingRequest,
    Selection,
    UserAddresses,
    has_secret,
    index_by_name,
    index_of_variables,
    is_http,
    is_local,
    is_public,
    merge_selections,
    reject,
    select_for_requirements,
    select_for_uv,
    user_candidate,
)
from mothball.routing.facts import NO_FACTS, LookupFacts, routed_as_saved, with_pin

# Indexes per name: each costs a request for every name.
MAX_INDEXES = 16
# Index options and tables in files that are installed together. More are only found in hostile files.
MAX_DECLARED = 256

_TOOLS = ("uv", "poetry", "pdm", "pixi", "rye")
_TOOL_BY_FORMAT = {
    "uv-lock": "uv",
    "poetry-lock": "poetry",
    "pdm-lock": "pdm",
    "pipfile": "pipenv",
    "pipfile-lock": "pipenv",
    "pixi-toml": "pixi",
    "pixi-lock": "pixi",
}

# The fields of a dependency that determine its route, except for the name.
_route_key = itemgetter(
    *map(Dependency._fields.index, ("section", "skip_reason", "index_url", "alternative_indexes", "index_name"))
)
_name_of = itemgetter(Dependency._fields.index("name"))
_NOT_LOOKED_UP = "no index is queried for the name"


class IndexRoute(NamedTuple):
    """The indexes to query, in order. Never empty.

    ``status_index`` is queried for the status if these state none; None for private names.
    """

    indexes: tuple[Candidate, ...]
    status_index: str | None = None
    is_private: bool = False

    @property
    def urls(self) -> tuple[str, ...]:
        """The base URLs of the indexes."""
        return tuple(index.url for index in self.indexes)


Route = IndexRoute | Skipped


class DeclaredIndexes(NamedTuple):
    """The index settings of a file: its format, the tools that have tables in it, index options, indexes of tables."""

    format: str = ""
    tools: tuple[str, ...] = ()
    options: tuple[IndexOption, ...] = ()
    indexes: tuple[ToolIndex, ...] = ()

    def declares_any(self) -> bool:
        """Return True if there is any index setting."""
        return bool(self.options or self.indexes)


class Explanation(NamedTuple):
    """A route, the rejected indexes with reasons, and why no index may be queried (empty if one may)."""

    route: Route
    rejected: tuple[RejectedIndex, ...]
    no_index_reason: str = ""


class Router:
    """Routes the dependencies of one file."""

    def __init__(self, declared: DeclaredIndexes, network: NetworkSettings, facts: LookupFacts = NO_FACTS) -> None:
        """Create a router for a file with the indexes ``declared``; ``network`` is the effective configuration."""
        self._declared = declared
        self._facts = facts
        self._network = network
        self._settings = network.installers
        set_by = network.index_set_by or BUILT_IN_DEFAULT
        self._default = Candidate(network.index_url, set_by, network.is_user_index)
        private = tuple(dict.fromkeys((*network.private, *facts.private)))
        self._private = _name_pattern(private) if private else None
        self._public_urls = network.public_indexes()
        self._depends_on_name = any(index.includes or index.excludes for index in declared.indexes)
        self._declares_too_many = len(declared.indexes) + len(declared.options) > MAX_DECLARED

    def route(self, dependency: Dependency) -> Route:
        """Return the route of ``dependency``."""
        return self.routes((dependency,))[0]

    def ignored_codes(self) -> frozenset[tuple[str, int]]:
        """Return the URLs of indexes, each with an HTTP status that means that the index does not have a project.

        mothball's key ``ignore-error-codes`` takes precedence over uv's. Of uv's, the first declaration of an index
        counts, those of the file before those of the user.
        """
        codes: dict[str, tuple[int, ...]] = {
            index.url: index.ignore_error_codes
            for index in self._network.index_settings
            if index.ignore_error_codes is not None
        }
        of_uv = [(index.url, index.ignore_error_codes) for index in self._declared.indexes]
        uv = self._settings.uv
        of_user = (uv.file_default, *uv.file_indexes, *uv.explicit)  # only tables of files can have the key
        of_uv += [(index.url, index.ignore_error_codes) for index in of_user if index is not None]
        for url, statuses in of_uv:
            if statuses:
                codes.setdefault(base_url(url), statuses)
        return frozenset((url, code) for url, statuses in codes.items() for code in statuses)

    def _resolved(self, dependencies: Sequence[Dependency]) -> Sequence[Dependency]:
        """Return ``dependencies`` with the pins that the root of the workspace, or the saved file, sets."""
        if self._facts.inherited_pins or self._facts.false_claims:
            dependencies = [with_pin(dependency, self._facts.pin(dependency)) for dependency in dependencies]
        if self._facts.saved is None:
            return dependencies
        return routed_as_saved(dependencies, self._facts, self._facts.saved)

    def routes(self, dependencies: Sequence[Dependency]) -> list[Route]:
        """Return the route of each of ``dependencies``, in their order."""
        dependencies = self._resolved(dependencies)
        names = list(map(_name_of, dependencies))
        # Only the routes of these names depend on more than the fields of the key.
        individual = set(names) if self._depends_on_name else self._facts.local_names.keys() & set(names)
        if self._private is not None:
            individual = individual.union(filter(self._private.match, names))
        keys: list[tuple[object, ...]] = list(map(_route_key, dependencies))
        if individual:
            keys = [
                (*key, *self._fields_of_name(dependency)) if dependency.name in individual else key
                for key, dependency in zip(keys, dependencies, strict=True)
            ]
        distinct = dict(zip(keys, dependencies, strict=True))
        routes = {key: self._explain(dependency).route for key, dependency in distinct.items()}
        return list(map(routes.__getitem__, keys))

    def _fields_of_name(self, dependency: Dependency) -> tuple[object, ...]:
        name = dependency.name
        return self._facts.skip_reason(dependency), self._is_private(name), self._depends_on_name and name

    def _is_private(self, name: str) -> bool:
        return self._private is not None and self._private.match(name) is not None

    def explain(self, dependency: Dependency) -> Explanation:
        """Return the route of ``dependency`` with the rejected indexes and the reasons.

        The first reason applies for which a name is not looked up: the text of the entry, a local project, unsaved
        text, too many declared indexes, an unknown index instead of the default, an unusable index, ``private``, too
        many candidates, missing consent.
        """
        return self._explain(*self._resolved((dependency,)))

    def _explain(self, dependency: Dependency) -> Explanation:
        skip_reason = self._facts.skip_reason(dependency)
        # A skipped entry is only routed if it pins an index by a name that another file may declare.
        if skip_reason is not None and not (skip_reason is SkipReason.NO_INDEX and dependency.index_name):
            return Explanation(Skipped(skip_reason), ())
        if self._declares_too_many:
            reason = f"more than {MAX_DECLARED} indexes are declared in the files that are installed together"
            return Explanation(Skipped(SkipReason.TOO_MANY_INDEXES), (), reason)
        selection = self._pinned(dependency)
        if selection is None:
            if skip_reason is not None:
                return Explanation(Skipped(skip_reason), ())
            selection = self._select(dependency)
            # An unreadable part that may name another index than the default.
            options = (option.declared_at for option in self._declared.options if option.name == "unknown")
            unknown = next(iter((*options, *self._facts.unknown_indexes)), None)
            if unknown is not None and any(map(self._is_default, selection.selected)):
                reason = f"{unknown or 'an index setting'} cannot be read and may name an index"
                rejected = selection.rejected + reject(selection.selected, _NOT_LOOKED_UP)
                return Explanation(Skipped(SkipReason.UNKNOWN_INDEX, reason), rejected, reason)
        return self._resolve(dependency.name, selection)

    # --- the indexes that the installer queries -----------------------------------------------------------------------

    def _pinned(self, dependency: Dependency) -> Selection | None:
        """Return the indexes that the entry itself pins, None if it pins none.

        Several pins are for different environments. The one by name comes last. No other index is queried for the
        remaining environments, since the name may be private.
        """
        urls = (dependency.index_url, *dependency.alternative_indexes) if dependency.index_url else ()
        selected = [self._pinned_candidate(url) for url in urls]
        if "pipenv" in self._installers(dependency.section) and self._settings.pipenv_mirror is not None:
            from mothball.routing.pipenv import mirror_or  # noqa: PLC0415 - few set a mirror

            selected = [mirror_or(candidate, self._settings.pipenv_mirror) for candidate in selected]
        if dependency.index_name == "pypi":  # the name of the default index in Poetry
            selected.append(self._default)
        elif dependency.index_name:
            by_name = index_by_name(dependency.index_name, self._declared.indexes, self._settings.uv)
            selected += [] if by_name is None else [by_name]
        return Selection(tuple(selected)) if selected else None

    def _pinned_candidate(self, url: str) -> Candidate:
        index = next((index for index in self._declared.indexes if index.url == url), None)
        if index is not None and index.tool == "uv" and index.name:
            replacing = index_of_variables(index.name, self._settings.uv)
            if replacing is not None:
                return replacing
        location = f", {index.name or base_url(url)} in {index.declared_at}" if index and index.declared_at else ""
        return Candidate(url, f"{PINNED_BY_ENTRY}{location}")

    def _installers(self, section: str) -> tuple[str, ...]:
        """Return the tools that install the dependencies of ``section``, empty if no single tool does.

        The standard tables of a pyproject.toml are read by every tool. They count for the tools whose tables declare an
        index, and for uv if it has any table, because its user settings are known.
        """
        declared = self._declared
        if declared.format == "requirements":
            return ()
        if declared.format in _TOOL_BY_FORMAT:
            return (_TOOL_BY_FORMAT[declared.format],)
        if section.startswith("tool."):
            tool = section.split(".", 2)[1]
            return (tool,) if tool in _TOOLS else ()
        with_indexes = {index.tool for index in declared.indexes}
        return tuple(tool for tool in _TOOLS if tool in with_indexes or (tool == "uv" and tool in declared.tools))

    def _select(self, dependency: Dependency) -> Selection:
        """Return the indexes that the installers of ``dependency`` query."""
        tools = self._installers(dependency.section)
        selections = [self._select_for_tool(tool, dependency) for tool in tools]
        if len(selections) == 1 and not self._is_overridden_by_pip(selections[0], dependency.section):
            return selections[0]
        if len(selections) > 1:
            return merge_selections(selections)
        return self._select_for_tool("requirements", dependency)

    def _is_overridden_by_pip(self, selection: Selection, section: str) -> bool:
        """Return True if uv would use the built-in default, but pip is configured with another main index.

        pip reads the standard tables as well. Of two main indexes, the one that is not public is queried.
        """
        pip = self._settings.pip
        is_standard_table = self._declared.format == "pyproject" and not section.startswith("tool.")
        has_private_main = pip.default is not None and not pip.no_index and not is_public(user_candidate(pip.default))
        return (
            is_standard_table
            and has_private_main
            and selection.selected == (self._default,)
            and selection.selected[0].set_by == BUILT_IN_DEFAULT
        )

    def _select_for_tool(self, tool: str, dependency: Dependency) -> Selection:
        declared = self._declared
        # uv's tables apply to requirements files as well; the tables of other tools only to their own dependencies.
        owner = "uv" if tool == "requirements" else tool
        indexes = tuple(index for index in declared.indexes if index.tool == owner)
        request = RoutingRequest(
            dependency.name, dependency.section, declared.options, indexes, self._settings, self._default
        )
        if tool == "requirements":
            return select_for_requirements(request)
        if tool == "uv":
            return select_for_uv(request)
        # Not importlib.import_module: importing importlib costs as much as the module of the tool.
        module = __import__(f"mothball.routing.{tool}", fromlist=["select_indexes"])
        selection: Selection = module.select_indexes(request)
        return selection

    def _is_default(self, candidate: Candidate) -> bool:
        return candidate == self._default or is_public(candidate)

    # --- the indexes that mothball queries ----------------------------------------------------------------------------

    def _resolve(self, name: str, selection: Selection) -> Explanation:
        """Expand and check the URLs of ``selection``; skip the name if a possibly private index is unusable."""
        skip = partial(Explanation, rejected=selection.rejected + reject(selection.selected, _NOT_LOOKED_UP))
        if not selection.selected:
            return Explanation(_no_index(selection.no_index_reason), selection.rejected, selection.no_index_reason)
        indexes: list[Candidate] = []
        rejected = selection.rejected
        for candidate in selection.selected:
            address = self._expanded(candidate)
            if address is None:
                reason = f"{candidate.set_by} contains a variable"
                return skip(Skipped(SkipReason.INDEX_VARIABLE), no_index_reason=reason)
            base = base_url(address)
            if is_http(base):
                is_user_setting = candidate.is_user_setting or self._user_addresses.contains(base)
                indexes.append(Candidate(base, candidate.set_by, is_user_setting))
            elif candidate is selection.selected[-1] or self._may_hide_private_index(candidate, selection):
                # The last one is the main index: extra indexes cannot replace it. The default index cannot replace an
                # extra index either, which may be the one that has the package.
                reason = f"{candidate.set_by} is not an http URL"
                return skip(_no_index(reason), no_index_reason=reason)
            else:
                rejected += reject([candidate], "not an http URL")
        return self._apply_restrictions(name, _in_order(indexes), rejected)

    def _may_hide_private_index(self, candidate: Candidate, selection: Selection) -> bool:
        """Return True if packages of ``candidate``, which is unusable, would be looked up on the default index."""
        is_file = candidate.url.lower().startswith("file:")
        # pip sends every name to all indexes of its user configuration, so the default index already gets them.
        if is_file and candidate in map(user_candidate, self._settings.pip.extra):
            return False
        return any(map(self._is_default, selection.selected))

    def _apply_restrictions(
        self, name: str, indexes: tuple[Candidate, ...], rejected: tuple[RejectedIndex, ...]
    ) -> Explanation:
        """Remove public indexes for private names; skip the name on too many indexes or missing consent."""
        is_private = self._is_private(name)
        if is_private:
            public = [index for index in indexes if is_default_index(index.url) or index.url in self._public_urls]
            rejected += reject(public, "the name is private")
            indexes = tuple(index for index in indexes if index not in public)
        all_rejected = rejected + reject(indexes, _NOT_LOOKED_UP)
        if not indexes:
            return Explanation(
                Skipped(SkipReason.PRIVATE), rejected, "the name is private and only public indexes are set"
            )
        if len(indexes) > MAX_INDEXES:
            reason = f"{len(indexes)} indexes, the limit is {MAX_INDEXES}"
            return Explanation(Skipped(SkipReason.TOO_MANY_INDEXES), all_rejected, reason)
        without_consent = next((index for index in indexes if self._needs_consent(index)), None)
        if without_consent is not None:
            # A setting of the repository must not make mothball send requests into the network of the user.
            where = f"{without_consent.url} ({without_consent.set_by})"
            reason = f"{where} is local or uses plain HTTP, and only the repository names it"
            return Explanation(Skipped(SkipReason.CONSENT, reason), all_rejected, reason)
        status_index = None if is_private else self._status_index()
        return Explanation(IndexRoute(indexes, status_index, is_private), rejected)

    def _expanded(self, candidate: Candidate) -> str | None:
        """Return the address with its variables expanded, None if that is not allowed."""
        if "$" not in candidate.url:
            return candidate.url
        if candidate.is_user_setting:
            # pip and uv do not expand variables in their configuration either.
            return None
        return self._user_addresses.expand(candidate.url, self._settings.variables)

    @cached_property
    def _user_addresses(self) -> UserAddresses:
        return UserAddresses(self._network.user_indexes, self._network.trusted_hosts)

    def _needs_consent(self, index: Candidate) -> bool:
        return not self._network.allow_local_indexes and not index.is_user_setting and is_local(index.url)

    def _status_index(self) -> str | None:
        if not self._network.status_index:
            return None
        url = base_url(self._network.status_index)
        index = Candidate(url, "`status-index`", self._user_addresses.contains(url))
        return None if self._needs_consent(index) else index.url


PINNED_BY_ENTRY = "pinned by the entry"


def credential_locations(declared: DeclaredIndexes, dependencies: Iterable[Dependency]) -> list[str]:
    """Return the locations of secrets in index URLs of a repository file; no credentials in them are sent."""
    options = (option for option in declared.options if has_secret(option.value))
    indexes = (index for index in declared.indexes if has_secret(index.url))
    locations = [f"`--{option.name}` in {option.declared_at}" for option in options]
    locations += [f"{index.name or index.role} in {index.declared_at}" for index in indexes]
    declared_urls = {index.url for index in declared.indexes}
    pinned_urls = {dependency.index_url for dependency in dependencies if dependency.index_url}
    undeclared = sorted(pinned_urls - declared_urls)
    return locations + [f"the index {base_url(url)}" for url in undeclared if has_secret(url)]


def _no_index(reason: str) -> Skipped:
    """Return the result for a name without an index that can be queried; ``reason`` is the setting that causes it."""
    return Skipped(SkipReason.NO_INDEX, f"no usable index is configured: {reason}" if reason else "")


def _in_order(indexes: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Remove duplicates and move the public default to the end, so that private indexes are queried first."""
    by_url: dict[str, Candidate] = {}
    for index in indexes:
        by_url.setdefault(index.url, index)
    return tuple(sorted(by_url.values(), key=lambda index: is_default_index(index.url)))


@lru_cache(maxsize=8)
def _name_pattern(patterns: tuple[str, ...]) -> re.Pattern[str]:
    """Compile glob ``patterns`` into one regular expression, cached because an editor needs it on every keystroke."""
    from fnmatch import translate  # noqa: PLC0415 - most projects have no private names

    return re.compile("|".join(map(translate, patterns)))
