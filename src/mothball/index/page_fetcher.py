"""Fetch one project page from one index, with retries and redirects."""

from __future__ import annotations

import email.utils
import random
import re
import time
from collections.abc import Callable
from datetime import UTC

from mothball import PROJECT_URL, __version__
from mothball.config.values import is_ignorable_error_code
from mothball.index.credential_sources import credential_sources
from mothball.index.credentials import CredentialStore, Login, base_of_page
from mothball.index.limits import Deadline, RequestLimits
from mothball.index.network_errors import TransportError, refused_by_proxy, status_text
from mothball.index.project_page import (
    Failed,
    Fetched,
    NotFound,
    NotModified,
    Outcome,
    PageRequest,
    ProjectPage,
    Redirected,
)
from mothball.index.transport import ClientSettings, Response, Transport, deadline_exceeded
from mothball.index.urls import (
    Endpoint,
    endpoint_of,
    index_of_page,
    is_allowed_redirect,
    is_named,
    is_query_allowed,
    page_url,
    redirect_target,
)
from mothball.model.errors import PageError
from mothball.model.results import Cause
from mothball.model.sanitize import one_line

USER_AGENT = f"mothball/{__version__} (+{PROJECT_URL})"
ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.01"
_ACCEPT_ANYTHING = "*/*"

_MAX_REDIRECTS = 5
# The longest Retry-After that is waited for, in seconds.
_MAX_WAIT = 10.0
_FIRST_BACKOFF = 0.2

# RFC 9110, section 8.8.3, limited to ASCII and in length, because it is stored and sent back.
_ETAG = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{0,1000}"')
_SECONDS = re.compile(r"[0-9]{1,9}")
_VERSIONED = r"application/vnd\.pypi\.simple\.v([0-9]{1,6})\+(json|html)"
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class PageFetcher:
    """Fetches project pages; connections and limits are shared by all threads."""

    def __init__(self, settings: ClientSettings) -> None:
        """Load the certificates. Raises ConfigError if a configured one is unusable."""
        self.settings = settings
        self.transport = Transport(settings)
        self.credentials = CredentialStore(settings.credentials)
        self.limits = RequestLimits(settings.breaker_cooldown)

    def close(self) -> None:
        """Stop running keyring processes, and close the connections."""
        self.credentials.keyring.close()
        self.transport.close()

    def fetch(self, request: PageRequest, deadline: Deadline) -> Outcome:
        """Return the outcome of ``request``. Failures of the index or the network do not raise."""
        url = page_url(request.index_url, request.name)
        endpoint = endpoint_of(url)
        if endpoint is None:
            return Failed(Cause.REFUSED_URL, "the index URL is not a valid http or https URL")
        if not is_query_allowed(endpoint, self.settings.trusted_hosts):
            return Failed(
                Cause.REFUSED_URL, f"plain http is only allowed for trusted hosts, not for {endpoint.display()}"
            )
        return _PageFetch(self, request, deadline, url, endpoint).run()


class _PageFetch:
    """The state of one request: current URL, login, retries and redirects."""

    def __init__(
        self, fetcher: PageFetcher, request: PageRequest, deadline: Deadline, url: str, endpoint: Endpoint
    ) -> None:
        """Start at ``url`` on ``endpoint``, the only endpoint that gets the credentials of the index."""
        self._fetcher = fetcher
        self._limits = fetcher.limits
        self._first_url, self._origin = url, endpoint
        self._login = fetcher.credentials.initial_login(url)
        self._unauthorized_responses = 0
        self._request = request
        self._deadline = deadline
        self._url = url
        self._endpoint = endpoint
        self._accept = ACCEPT
        self._etag = request.etag if request.etag is not None and _ETAG.fullmatch(request.etag) else None
        self._retries = 0
        self._redirects = 0
        self._successes_of_host = 0
        self._has_waited = False

    def run(self) -> Outcome:
        """Send requests until there is an outcome. The number of retries, redirects and logins is limited."""
        while (outcome := self._attempt()) is None:
            pass
        return outcome

    def _attempt(self) -> Outcome | None:
        """Send one request and handle the response; return None if another request is needed."""
        with self._limits.large_page(self._endpoint, self._deadline) as take_slot:
            response = self._response(take_slot)
            return self._handle_response(response) if isinstance(response, Response) else response

    def _response(self, take_slot: Callable[[], bool]) -> Response | Outcome | None:
        """Send one request when the endpoint has a free slot; return the response, or as ``_attempt`` without one."""
        endpoint = self._endpoint
        has_waited, self._has_waited = self._has_waited, False
        if not self._limits.acquire(endpoint, self._deadline, has_waited=has_waited):
            return deadline_exceeded(endpoint)
        keep_alive: bool | None = None
        login = self._login_to_send()
        attempt = (base_of_page(self._first_url), login)
        rejected = self._fetcher.credentials.rejected
        try:
            if attempt in rejected:
                return Response(401, {})
            if (failed := self._limits.failure(endpoint)) is not None:
                return failed
            headers = self._headers(login)
            response = self._fetcher.transport.get(self._url, endpoint, headers, self._deadline, take_slot)
            if isinstance(response, TransportError):
                # Before the slot is released, so that the next request sees the recorded failure.
                return self._handle_transport_error(response)
            if response.status < 500 and response.status != 429:
                self._limits.record_success(endpoint)
            if login is not None and response.status == 401:
                # Before the slot is released: requests that wait for it would send the same login.
                rejected.add(attempt)
            keep_alive = response.keep_alive
            return response
        finally:
            self._limits.release(endpoint, keep_alive=keep_alive)

    def _handle_response(self, response: Response) -> Outcome | None:
        match response:
            case Response(status=406) if self._accept != _ACCEPT_ANYTHING:
                self._accept = _ACCEPT_ANYTHING
                return None
            case Response(status=401):
                return self._handle_unauthorized()
            case Response(status=301 | 302 | 303 | 307 | 308):
                return self._follow_redirect(response)
            case Response(status=429 | 500 | 502 | 503 | 504):
                return self._handle_overload(response)
            case _:
                return self._final_outcome(response)

    def _headers(self, login: Login | None) -> dict[str, str]:
        """Return the request headers. Only gzip is accepted, since servers disagree on the format of deflate."""
        headers = {"Accept": self._accept, "Accept-Encoding": "gzip", "User-Agent": USER_AGENT}
        if self._etag is not None:
            headers["If-None-Match"] = self._etag
        if login is not None:
            headers["Authorization"] = login.header()
        return headers

    def _login_to_send(self) -> Login | None:
        """Return the login for the next request, None after a redirect to another endpoint."""
        return self._login if self._endpoint == self._origin else None

    def _handle_transport_error(self, error: TransportError) -> Outcome | None:
        """Retry, or record the failure in the circuit breaker and return it."""
        limits, endpoint = self._limits, self._endpoint
        # A connection timeout of a host that has responded before may be temporary.
        may_be_temporary = error.failed.cause is Cause.TIMEOUT and limits.successes(endpoint) > 0
        if error.endpoint_down and not may_be_temporary:
            limits.open_breaker(endpoint, error.failed)
        elif error.retryable and self._wait_for_retry(self._backoff()):
            return None
        elif error.failed.cause in (Cause.TIMEOUT, Cause.UNREACHABLE):
            limits.record_failure(endpoint, error.failed)
        return error.failed

    def _follow_redirect(self, response: Response) -> Outcome | None:
        """Follow a redirect on the same host; return others without contacting the target."""
        self._redirects += 1
        if self._redirects > _MAX_REDIRECTS:
            return Failed(Cause.REFUSED_REDIRECT, f"{self._host} redirected more than {_MAX_REDIRECTS} times")
        url = redirect_target(self._url, response.headers.get("Location", ""))
        target = endpoint_of(url)
        if target is None:
            return Failed(Cause.REFUSED_REDIRECT, f"{self._host} redirected to an invalid URL")
        if not is_allowed_redirect(self._endpoint, target):
            index_url = index_of_page(url, self._request.name)
            shown = index_url or f"{target.scheme}://{target.display()}"
            detail = one_line(f"{self._host} redirected to {shown}, which is not an index of this package")
            return Redirected(index_url, Failed(Cause.REFUSED_REDIRECT, detail))
        insecure_hosts = self._fetcher.settings.credentials.insecure_hosts
        if is_named(target, insecure_hosts) and not is_named(self._origin, insecure_hosts):
            detail = f"{self._host} redirected to {target.display()}, which `insecure-hosts` names"
            return Failed(Cause.REFUSED_REDIRECT, detail)
        self._url, self._endpoint = url, target
        return None

    def _handle_unauthorized(self) -> Outcome | None:
        """Retry once with the login of the keyring, if there is one."""
        credentials = self._fetcher.credentials
        if self._endpoint == self._origin:
            self._unauthorized_responses += 1
            is_first = self._unauthorized_responses == 1
            login = credentials.login_after_401(self._first_url, self._login) if is_first else None
            if login is not None:
                self._login = login
                return None
        return self._access_denied(401)

    def _access_denied(self, status: int) -> Failed:
        sent_login = self._login_to_send() is not None
        detail = f"{self._host} returned {status_text(status)}"
        if status == 401:
            detail += f" ({'your credentials were rejected' if sent_login else 'credentials are required'})"
        elif status == 403:
            detail += f" ({'your credentials do not give access' if sent_login else 'no credentials were sent'})"
        sources = credential_sources(self._fetcher.credentials, base_of_page(self._first_url))
        detail += f": {'; '.join(source.note for source in sources)}"
        return Failed(Cause.UNAUTHORIZED, detail, self._ignorable(status))

    def _ignorable(self, status: int) -> int:
        """Return ``status`` if ``ignore-error-codes`` may name it, else 0.

        401 and 403 count only if no credentials were sent, and not from a proxy: otherwise they may be about these
        credentials, or about the whole host.
        """
        sends_certificate = self._fetcher.transport.sends_certificate
        uses_credentials = self._login is not None or any(map(sends_certificate, (self._origin, self._endpoint)))
        may_be_other = status in (401, 403) and (uses_credentials or self._may_be_proxy)
        return 0 if may_be_other or not is_ignorable_error_code(status) else status

    def _handle_overload(self, response: Response) -> Outcome | None:
        """Retry after Retry-After or a backoff; return a failure if that takes too long or was tried too often."""
        limits, endpoint = self._limits, self._endpoint
        retry_after = _retry_after(response.headers.get("Retry-After", ""))
        wait = self._backoff() if retry_after is None else retry_after
        if retry_after and retry_after <= _MAX_WAIT:
            # Retry-After applies to all requests. It does not count as a retry while the host serves other requests.
            limits.pause(endpoint, retry_after)
            successes = limits.successes(endpoint)
            if successes > self._successes_of_host:
                self._successes_of_host, self._retries = successes, 0
        if wait <= _MAX_WAIT and self._wait_for_retry(wait):
            self._has_waited = True
            return None
        suffix = "" if retry_after is None else f" (retry after {retry_after:.0f} s)"
        cause = Cause.RATE_LIMITED if response.status == 429 else Cause.SERVER_ERROR
        failed = Failed(cause, f"{self._host} returned {status_text(response.status)}{suffix}")
        limits.record_failure(endpoint, failed)
        return failed

    def _wait_for_retry(self, seconds: float) -> bool:
        """Wait ``seconds`` and return True; return False if no retry or not enough time is left."""
        retries = self._fetcher.transport.retries(self._endpoint)
        if self._retries >= retries or seconds >= self._deadline.remaining():
            return False
        self._retries += 1
        self._deadline.wait(seconds)
        return True

    def _backoff(self) -> float:
        """Return the seconds before the next retry: doubled each time, with jitter."""
        return _FIRST_BACKOFF * (1 << self._retries) * random.uniform(0.5, 1.5)  # noqa: S311 - jitter, no secret

    def _final_outcome(self, response: Response) -> Outcome:
        status = response.status
        match status:
            case 200:
                return self._page(response)
            case 304 if self._etag is not None:
                return NotModified()
            case 404 | 410:
                return NotFound()
            case 403:
                return self._access_denied(status)
            case 407 if self._may_be_proxy:
                proxy = self._fetcher.transport.proxy(self._endpoint)
                return refused_by_proxy(status, self._endpoint.display(), proxy)
            case _:
                cause = Cause.SERVER_ERROR if status >= 500 else Cause.UNEXPECTED_RESPONSE
                return Failed(cause, f"{self._host} returned {status_text(status)}", self._ignorable(status))

    def _page(self, response: Response) -> Fetched | Failed:
        try:
            page = decode_page(response.body, response.headers.get("Content-Type", ""), self._request.name)
        except PageError as error:
            return Failed(Cause.UNEXPECTED_RESPONSE, one_line(f"{self._host}: {error}"))
        etag = response.headers.get("ETag", "").strip()
        return Fetched(page, etag if _ETAG.fullmatch(etag) else None)

    @property
    def _host(self) -> str:
        """The host that responded to the last request, for messages."""
        return f"{self._endpoint.display()}{' or the proxy' if self._may_be_proxy else ''}"

    @property
    def _may_be_proxy(self) -> bool:
        return self._fetcher.transport.may_be_proxy(self._endpoint)


def _retry_after(value: str) -> float | None:
    """Return the seconds of a Retry-After header (RFC 9110, section 10.2.3), None if it is invalid."""
    value = value.strip()
    if _SECONDS.fullmatch(value):
        return float(value)
    try:
        date = email.utils.parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    # parsedate_to_datetime returns a naive date for the zone "-0000"; HTTP dates are in UTC.
    return max(0.0, (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - time.time())


def decode_page(body: bytes, content_type: str, name: str) -> ProjectPage:
    """Decode the page ``body`` of the project ``name`` (normalized).

    ``content_type`` is the header as received, empty if there is none. It determines the format if it is a content type
    of the API; for others (``text/html``, ``text_html`` of a mirror, none) the first character does. Takes linear time.

    Raises PageError unless the page clearly belongs to this project, so that login pages, error documents and
    misspelled markers are not taken for a page without a marker.
    """
    body = body.removeprefix(_BYTE_ORDER_MARK)
    if _is_json(content_type, body):
        from mothball.index.simple_json import read_json  # noqa: PLC0415 - loads msgspec

        return read_json(body, name)
    from mothball.index.simple_html import read_html  # noqa: PLC0415 - as above

    return read_html(body, name)


def _is_json(content_type: str, body: bytes) -> bool:
    """Return True if ``body`` is JSON. Raises PageError for a content type with an unsupported major version."""
    media_type = content_type.partition(";")[0].strip().lower()
    versioned = re.fullmatch(_VERSIONED, media_type)
    if versioned is None:
        return media_type == "application/json" or body[:256].lstrip().startswith(b"{")
    if int(versioned[1]) != 1:
        raise PageError(f"the page has the content type {media_type}; only version 1 is supported")
    return versioned[2] == "json"
