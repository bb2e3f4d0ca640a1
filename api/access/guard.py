"""The guard, which authenticates a request and checks it against the permissions table before the body is read."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Final, cast

from fastapi import Depends, Request, Response
from fastapi.responses import FileResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool

from api.access.permissions import PERMISSIONS, AccessScope, Permission, Subject
from api.access.revocation import RevocableResponse
from api.access.this_machine import comes_from_this_machine
from api.requests.bodies import JsonRoute
from api.requests.record_ids import decoded_id
from matcher.accounts import LOCAL_OPERATOR, Caller, Keys, LastUsed, Ownership, Sessions
from matcher.foundations.errors import NotFound, NotPermitted, NotSignedIn
from matcher.foundations.settings import Settings
from matcher.ledger import Decision, Ledger
from matcher.ledger.decision import no_decision
from matcher.programme.runs import Job, Jobs
from matcher.programme.runs.jobs import run_not_found
from matcher.registration import Registrations
from matcher.registration.registrations import absent
from matcher.store import RecordKind, Store
from matcher.store.writer import not_found

# The prefix `__Host-` makes browsers accept the cookie only over TLS, for the whole host and from that host alone.
COOKIE: Final = "__Host-matcher-session"
CSRF_HEADER: Final = "X-CSRF-Token"
# The organisation id used for a caller without an organisation. No record has this id as its owner, so such a caller
# sees no records.
_NO_ORGANISATION: Final = ""
_SAFE_METHODS: Final = ("GET", "HEAD")


@dataclass(frozen=True)
class Access:
    """The authenticated caller of a request, and the records that the caller may reach through the route."""

    caller: Caller
    scope: AccessScope
    ownership: Ownership

    @property
    def organisation_id(self) -> str | None:
        """The id of the caller's organisation, or None if the service runs without accounts."""
        return self.caller.organisation_id

    def may_see(self, organisation_id: str | None) -> bool:
        """Return whether the caller may see the private records of `organisation_id`."""
        return self.scope is AccessScope.ALL or organisation_id == self.caller.organisation_id

    def organisation_filter(self) -> str | None:
        """Return the id of the only organisation whose records the caller may see, or None for every organisation."""
        return None if self.scope is AccessScope.ALL else self.organisation_id or _NO_ORGANISATION

    def hidden_needs(self) -> frozenset[str]:
        """Return the ids of the needs that the caller must not know about."""
        if self.scope is AccessScope.ALL:
            return frozenset()
        return self.ownership.hidden_from(RecordKind.NEED, self.caller.organisation_id)

    def may_see_decision(self, decision: Decision) -> bool:
        """Return whether the caller may see `decision`."""
        by = decision.opening.content.by
        return self.scope is AccessScope.ALL or by.partition("/")[0] == self.caller.organisation_id

    def may_see_programme(self, job: Job) -> bool:
        """Return whether the caller may see the run `job`."""
        return self.scope is AccessScope.ALL or job.manifest().by == self.caller.organisation_id

    def check_need(self, id: str) -> None:
        """Check that the caller may know that the need `id` exists.

        Raises:
            NotFound: the need is another organisation's draft. The error is the same as for a need that does not exist.

        """
        owner = self.ownership.of(RecordKind.NEED, id)
        if owner is not None and owner.draft and not self.may_see(owner.organisation_id):
            raise not_found(RecordKind.NEED, id)


class Guard:
    """Authenticates and authorises every request to a guarded route."""

    def __init__(
        self, settings: Settings, store: Store, registrations: Registrations, ledger: Ledger, jobs: Jobs
    ) -> None:
        self._access_setting = settings.access
        self._is_local = settings.is_local
        self._store = store
        self._last_used = LastUsed(store.database)
        self.keys = Keys(store.database, self._last_used)
        self.sessions = Sessions(store.database, self._last_used)
        self.ownership = Ownership(store.database)
        self._registrations = registrations
        self._ledger = ledger
        self._jobs = jobs

    def stop(self) -> None:
        """Save the time at which each key and session was last used."""
        self._last_used.save()

    def authorise(self, route: str, request: Request) -> Access:
        """Return the access that `request` has to the route named `route`.

        Raises:
            NotSignedIn: the request has no valid key or session.
            NotPermitted: none of the caller's roles may use the route, the record is another organisation's, or the
                CSRF token is wrong.
            NotFound: the record does not exist, or the caller must not know that it exists.

        """
        caller = self._authenticate(request)
        permission = PERMISSIONS[route]
        access = Access(caller, permission.for_caller(caller), self.ownership)
        if access.scope is AccessScope.NONE:
            raise NotPermitted(
                f"{_roles_in_words(caller)} may not do this",
                remedy="Ask your administrator for a role that allows it; /docs lists the roles",
            )
        if permission.subject is not None and (id := decoded_id(request.path_params.get("id"))) is not None:
            self._check(access, permission, id)
        return access

    def _authenticate(self, request: Request) -> Caller:
        if (header := request.headers.get("authorization")) is not None:
            scheme, _, text = header.partition(" ")
            if scheme.lower() != "bearer":
                raise NotSignedIn("the Authorization header has no key", remedy="Send: Authorization: Bearer mk_…")
            return self.keys.authenticate(text.strip())
        if (token := request.cookies.get(COOKIE)) is not None:
            caller = self.sessions.authenticate(token)
            if request.method not in _SAFE_METHODS:
                _check_csrf(request, caller)
            return caller
        if self._is_open(request):
            return LOCAL_OPERATOR
        raise NotSignedIn("the request has no key", remedy="Send a key: Authorization: Bearer mk_…")

    def _is_open(self, request: Request) -> bool:
        """Return whether a request without a key counts as the operator's request.

        The request must come directly from this machine. Then `MATCHER_ACCESS` decides. Without `MATCHER_ACCESS`, the
        request counts as the operator's only if the service is local and no key has ever been made.
        """
        if self._access_setting == "keys" or not comes_from_this_machine(request):
            return False
        return self._access_setting == "open" or (self._is_local and not self.keys.any())

    def _check(self, access: Access, permission: Permission, id: str) -> None:
        if permission.subject is Subject.REGISTRATION:
            self._check_registration(access, id)
        elif permission.subject is Subject.DECISION:
            self._check_decision(access, id)
        elif permission.subject is Subject.PROGRAMME:
            self._check_programme(access, id)
        elif permission.subject is not None and access.scope is not AccessScope.ALL:
            self._check_record(access, RecordKind(permission.subject.value), id)

    def _check_registration(self, access: Access, id: str) -> None:
        owner = self._registrations.owner(id)
        if owner is not None and not access.may_see(owner[0]):
            raise absent(id)

    def _check_decision(self, access: Access, id: str) -> None:
        if access.scope is not AccessScope.ALL and not access.may_see_decision(self._ledger.decision(id)):
            raise no_decision(id)

    def _check_programme(self, access: Access, id: str) -> None:
        if access.scope is not AccessScope.ALL and not access.may_see_programme(self._jobs.job(id)):
            raise run_not_found(id)

    def _check_record(self, access: Access, kind: RecordKind, id: str) -> None:
        owner = self.ownership.of(kind, id)
        if owner is not None and owner.organisation_id == access.organisation_id:
            return
        is_hidden = owner is not None and owner.draft
        # Look up hidden records too, so that a refusal takes as long as it does for a record that does not exist.
        if (is_hidden or access.scope is AccessScope.OWN) and (not self._exists(kind, id) or is_hidden):
            raise not_found(kind, id)
        if access.scope is AccessScope.OWN:
            has_owner = owner is not None and owner.organisation_id
            problem = "belongs to another organisation" if has_owner else "has no owner"
            raise NotPermitted(f"the {kind.value} {id!r} {problem}", remedy=_OWNERSHIP_REMEDIES[kind])

    def _exists(self, kind: RecordKind, id: str) -> bool:
        try:
            self._store.profile(id) if kind is RecordKind.PROFILE else self._store.need(id)
        except NotFound:
            return False
        return True


_OWNERSHIP_REMEDIES: Final = {
    RecordKind.PROFILE: "Change your own profile; if this one is yours, claim it with POST …/claim",
    RecordKind.NEED: "Change your own needs; create a new one with POST /v1/needs",
}


def _check_csrf(request: Request, caller: Caller) -> None:
    token = request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(token.encode(), (caller.csrf or "").encode()):
        raise NotPermitted(
            f"the {CSRF_HEADER} header does not match the session",
            remedy="Send the `csrf` value from POST /v1/session or GET /v1/caller",
        )


def _roles_in_words(caller: Caller) -> str:
    return "the role " + " or ".join(sorted(caller.roles))


class GuardedRoute(JsonRoute):
    """A route that handles a request only if the guard authorises the request."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler that authorises a request before reading any of the body."""
        handle, name = super().get_route_handler(), self.name

        async def guarded(request: Request) -> Response:
            guard: Guard = request.app.state.service.guard
            request.state.access = await run_in_threadpool(guard.authorise, name, request)
            with self.admitted(request):
                response = await handle(request)
            if isinstance(response, StreamingResponse | FileResponse):
                return RevocableResponse(response, partial(guard.authorise, name, request))
            return response

        return guarded

    def admitted(self, request: Request) -> AbstractContextManager[None]:  # noqa: ARG002
        """Return a context in which the authorised `request` is handled. It may refuse the request."""
        return nullcontext()


async def _access(request: Request) -> Access:
    return cast("Access", request.state.access)


CallerAccess = Annotated[Access, Depends(_access)]
