"""One project page asked of one index: retries, redirects, and what each answer means to us."""

from __future__ import annotations

import email.utils
import random
import re
import time
from datetime import UTC

from mothball import __version__
from mothball.index.circuit_breaker import CircuitBreaker
from mothball.index.concurrency_limit import ConcurrencyLimit
from mothball.index.credentials import CredentialStore
from mothball.index.deadline import Deadline
from mothball.index.network_errors import TransportError
from mothball.index.page_request import Failed, Fetched, NotFound, NotModified, Outcome, PageRequest
from mothball.index.simple_api import decode_page
from mothball.index.transport import ClientSettings, Response, Transport, deadline_exceeded
from mothball.index.urls import Endpoint, endpoint_of, is_private_enough, may_follow, page_url, redirect_target
from mothball.model.errors import PageError
from mothball.model.lookup import Cause
from mothball.model.project_urls import PROJECT_URL
from mothball.model.sanitize import one_line

USER_AGENT = f"mothball/{__version__} (+{PROJECT_URL})"
ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"
_ACCEPT_ANYTHING = "*/*"

_MAX_REDIRECTS = 5
# The longest that an index may have us wait before a retry, in seconds; one that asks for more is not asked again.
_MAX_WAIT = 10.0
_FIRST_WAIT = 0.2

# RFC 9110, 8.8.3, without what is not ASCII; capped, for it is stored and sent back.
_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{0,1000}"')
_SECONDS = re.compile(r"[0-9]{1,9}")

_ACCESS_REFUSED = {401: "it wants credentials", 403: "it forbids us this page", 407: "the proxy wants credentials"}
_REFUSED_LOGIN = {401: "it does not take your credentials", 403: "your credentials do not open this page"}


class PageFetcher:
    """Asks indexes for pages, over connections and with a breaker that all its users share."""

    def __init__(self, transport: Transport, settings: ClientSettings, credentials: CredentialStore) -> None:
        """Ask over ``transport``, with ``credentials`` where an index wants them."""
        self.transport = transport
        self.credentials = credentials
        self.settings = settings
        self.breaker = CircuitBreaker(settings.rest)
        self.gate = ConcurrencyLimit()

    def ask(self, request: PageRequest, deadline: Deadline) -> Outcome:
        """Return what the index says to ``request``. Raises nothing for what an index or a network can do."""
        url = page_url(request.index_url, request.name)
        endpoint = endpoint_of(url)
        if endpoint is None:
            return Failed(Cause.REFUSED_URL, "the index's address is no http or https URL")
        if not is_private_enough(endpoint, self.settings.trusted_hosts):
            return Failed(
                Cause.REFUSED_URL, f"{endpoint.shown()} is not asked over plain http, unless the user trusts it"
            )
        return _PageFetch(self, request, deadline, url, endpoint).outcome()


class _PageFetch:
    """One request on its way: where it stands, and what it has used up."""

    def __init__(
        self, asker: PageFetcher, request: PageRequest, deadline: Deadline, url: str, endpoint: Endpoint
    ) -> None:
        """Begin at ``url``, which leads to ``endpoint``: the only place that the index's credentials may go to."""
        self._asker = asker
        self._first_url, self._origin = url, endpoint
        self._login = asker.credentials.first(url)
        self._refusals = 0
        self._request = request
        self._patience = deadline
        self._url = url
        self._endpoint = endpoint
        self._accept = ACCEPT
        self._etag = request.etag if request.etag is not None and _ETAG.fullmatch(request.etag) else None
        self._retries = 0
        self._redirects = 0
        self._served = 0
        self._has_waited = False

    def outcome(self) -> Outcome:
        """Ask until there is an outcome. Ends, for retries, redirects and changes of mind are counted."""
        if self._login is not None and self._asker.credentials.is_refused(self._first_url, self._login):
            return self._unauthorised(401)
        while (outcome := self._attempt()) is None:
            pass
        return outcome

    def _attempt(self) -> Outcome | None:
        """Wait for a place at the endpoint and ask once; None means once more."""
        gate, endpoint = self._asker.gate, self._endpoint
        has_waited, self._has_waited = self._has_waited, False
        if not gate.enter(endpoint, self._patience, has_waited=has_waited, room=self._asker.breaker.room):
            return deadline_exceeded(endpoint).failed
        keeps_open: bool | None = None
        try:
            answer = self._answer(endpoint)
            if isinstance(answer, TransportError):
                # From within: who waits for this place must not take it before the failure has been counted.
                return self._after_trouble(answer)
            keeps_open = answer.keeps_open
        finally:
            gate.leave(endpoint, keeps_open=keeps_open)
        return self._after_answer(answer)

    def _after_answer(self, answer: Response) -> Outcome | None:
        """Return what ``answer`` comes to; None means to ask once more."""
        match answer:
            case Response(status=406) if self._accept != _ACCEPT_ANYTHING:
                self._accept = _ACCEPT_ANYTHING
                return None
            case Response(status=401):
                return self._refused()
            case Response(status=301 | 302 | 303 | 307 | 308):
                return self._redirected(answer)
            case Response(status=429 | 500 | 502 | 503 | 504):
                return self._turned_away(answer)
            case _:
                return self._settled(answer)

    def _answer(self, endpoint: Endpoint) -> Response | TransportError:
        """Ask at ``endpoint``, unless it has been found to be down."""
        breaker = self._asker.breaker
        failed = breaker.failure(endpoint)
        if failed is not None:
            return TransportError(failed, repeated=True)
        answer = self._asker.transport.get(self._url, endpoint, self._headers(), self._patience)
        if isinstance(answer, Response) and answer.status < 500 and answer.status != 429:
            breaker.answered(endpoint)
        return answer

    def _headers(self) -> dict[str, str]:
        """Return the headers of a request; deflate and the like are not asked for, as servers disagree about them."""
        headers = {"Accept": self._accept, "Accept-Encoding": "gzip", "User-Agent": USER_AGENT}
        if self._etag is not None:
            headers["If-None-Match"] = self._etag
        if self._login is not None and self._endpoint == self._origin:
            headers["Authorization"] = self._login.header()
        return headers

    def _after_trouble(self, error: TransportError) -> Outcome | None:
        """Retry where that may help, and spare the other names the same failure where it does not."""
        if error.repeated:
            return error.failed
        breaker, endpoint = self._asker.breaker, self._endpoint
        # A connection that took too long, at a host that has been answering, speaks of a moment and not of the host.
        if error.endpoint_down and not (error.failed.cause is Cause.TIMEOUT and breaker.has_answered(endpoint)):
            breaker.trip(endpoint, error.failed)
        elif error.again and self._wait(self._backoff()):
            return None
        elif error.failed.cause in (Cause.TIMEOUT, Cause.UNREACHABLE):
            breaker.failed(endpoint, error.failed)
        return error.failed

    def _redirected(self, answer: Response) -> Outcome | None:
        """Follow a redirect that stays on the same host; refuse every other one without a word to its target."""
        self._redirects += 1
        if self._redirects > _MAX_REDIRECTS:
            return Failed(Cause.REFUSED_REDIRECT, f"{self._host} redirected us more than {_MAX_REDIRECTS} times")
        url = redirect_target(self._url, answer.headers.get("Location", ""))
        target = endpoint_of(url)
        if target is None:
            return Failed(Cause.REFUSED_REDIRECT, f"{self._host} sent us to an address that is none")
        if not may_follow(self._endpoint, target):
            return Failed(
                Cause.REFUSED_REDIRECT,
                one_line(f"the index sent us to {target.scheme}://{target.shown()}, which was not asked"),
            )
        self._url, self._endpoint = url, target
        return None

    def _refused(self) -> Outcome | None:
        """Ask once more with what the keyring holds, where it holds anything; spare others what was refused."""
        credentials = self._asker.credentials
        if self._endpoint == self._origin:
            self._refusals += 1
            other = credentials.after_refusal(self._first_url, self._login) if self._refusals == 1 else None
            if other is not None:
                self._login = other
                return None
            if self._login is not None:
                credentials.refuse(self._first_url, self._login)
        return self._unauthorised(401)

    def _unauthorised(self, status: int) -> Failed:
        """Return the failure for a page that the index keeps from us."""
        sent = self._login is not None and self._endpoint == self._origin
        words = _REFUSED_LOGIN if sent and status in _REFUSED_LOGIN else _ACCESS_REFUSED
        error = self._asker.credentials.error()
        more = f" ({error})" if error else ""
        return Failed(Cause.UNAUTHORIZED, f"{self._host} refuses access ({status}): {words[status]}{more}")

    def _turned_away(self, answer: Response) -> Outcome | None:
        """Retry a request that the index could not take now, when it says so or after a little while."""
        asker, endpoint = self._asker, self._endpoint
        asked_for = _retry_after(answer.headers.get("Retry-After", ""))
        wait = self._backoff() if asked_for is None else asked_for
        if asked_for and asked_for <= _MAX_WAIT:
            # It speaks to all of us, not only to who happened to be told. As long as it serves the others it is no
            # failure to be told to wait.
            asker.gate.hold(endpoint, asked_for)
            served = asker.breaker.answers(endpoint)
            if served > self._served:
                self._served, self._retries = served, 0
        if wait <= _MAX_WAIT and self._wait(wait):
            self._has_waited = True
            return None
        how_long = "" if asked_for is None else f" and asks us to wait {asked_for:.0f} s"
        failed = Failed(Cause.SERVER_ERROR, f"{self._host} failed with {answer.status}{how_long}")
        if answer.status == 429:
            failed = Failed(Cause.RATE_LIMITED, f"{self._host} is asked too often (429){how_long}")
        asker.breaker.failed(endpoint, failed)
        return failed

    def _wait(self, seconds: float) -> bool:
        """Wait before another try and return True; return False where there is no try or no time left."""
        if self._retries >= self._asker.settings.retries or seconds >= self._patience.remaining():
            return False
        self._retries += 1
        self._patience.pause(seconds)
        return True

    def _backoff(self) -> float:
        """Return a little while, twice as long each time, and never the same for two threads."""
        return _FIRST_WAIT * (1 << self._retries) * random.uniform(0.5, 1.5)  # noqa: S311 - jitter, no secret

    def _settled(self, answer: Response) -> Outcome:
        """Return what an answer means that leaves nothing to try."""
        host, status = self._host, answer.status
        match status:
            case 200:
                return self._page(answer)
            case 304 if self._etag is not None:
                return NotModified()
            case 404 | 410:
                return NotFound()
            case 403 | 407:
                return self._unauthorised(status)
            case _:
                cause = Cause.SERVER_ERROR if status >= 500 else Cause.UNEXPECTED_RESPONSE
                return Failed(cause, f"{host} answered {status}, which is no answer to our question")

    def _page(self, answer: Response) -> Fetched | Failed:
        """Return the page in a 200; a failure where it holds none."""
        try:
            page = decode_page(answer.body, answer.headers.get("Content-Type", ""), self._request.name)
        except PageError as error:
            return Failed(Cause.UNEXPECTED_RESPONSE, one_line(f"{self._host}: {error}"))
        etag = answer.headers.get("ETag", "").strip()
        return Fetched(page, etag if _ETAG.fullmatch(etag) else None)

    @property
    def _host(self) -> str:
        """The host that was asked last, for a person."""
        return self._endpoint.shown()


def _retry_after(value: str) -> float | None:
    """Return the seconds that a Retry-After asks for, given in seconds or as a date; None where it is neither."""
    value = value.strip()
    if _SECONDS.fullmatch(value):
        return float(value)
    try:
        date = email.utils.parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    # A date "-0000" comes without a zone; HTTP has no other than UTC.
    return max(0.0, (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - time.time())
