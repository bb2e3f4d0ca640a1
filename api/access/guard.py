"""Access: proves who asks and holds it against the table of permissions, before anything else of a request is read."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Annotated, Any, Final, cast

from fastapi import Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from api.access.permissions import PERMISSIONS, Permission, Reach, Subject
from api.requests.bodies import JsonRoute
from api.requests.record_ids import decoded_id
from matcher.accounts import ANYONE_HERE, Caller, Keys, Ownership, Sessions, Uses
from matcher.foundations.errors import NotFound, NotPermitted, NotSignedIn
from matcher.foundations.settings import Settings
from matcher.ledger import Decision, Ledger
from matcher.ledger.decision import no_decision
from matcher.programme import Job, Jobs
from matcher.programme.runs.jobs import run_not_found
from matcher.registration import Registrations
from matcher.registration.registrations import absent
from matcher.store import RecordKind, Store
from matcher.store.writer import not_found

# A browser takes a cookie of this prefix only over TLS, for the whole host and from the host itself.
COOKIE: Final = "__Host-matcher-session"
CSRF_HEADER: Final = "X-CSRF-Token"
# Who belongs to no organisation has no records: no organisation is called this.
_NOBODY: Final = ""
_SAFE: Final = ("GET", "HEAD")
_FORWARDED: Final = ("forwarded", "x-forwarded-for")
# What a browser says of a request that a page of another site makes it send.
_STRANGE: Final = ("cross-site", "same-site")


@dataclass(frozen=True)
class Access:
    """Who asks, and how far they reach with the route they asked for."""

    caller: Caller
    reach: Reach
    ownership: Ownership

    @property
    def organisation_id(self) -> str | None:
        """The organisation of who asks."""
        return self.caller.organisation_id

    def may_see(self, organisation_id: str | None) -> bool:
        """Whether who asks may know of what an organisation keeps to itself."""
        return self.reach is Reach.ALL or organisation_id == self.caller.organisation_id

    def only(self) -> str | None:
        """Return the organisation whose records alone are seen, None where everybody's are."""
        return None if self.reach is Reach.ALL else self.organisation_id or _NOBODY

    def hidden_needs(self) -> frozenset[str]:
        """Return the ids of needs that who asks may not know of."""
        if self.reach is Reach.ALL:
            return frozenset()
        return self.ownership.hidden(RecordKind.NEED, self.caller.organisation_id)

    def owns_decision(self, decision: Decision) -> bool:
        """Whether who asks may see `decision`."""
        by = decision.opening.content.by
        return self.reach is Reach.ALL or by.partition("/")[0] == self.caller.organisation_id

    def owns_programme(self, job: Job) -> bool:
        """Whether who asks may see the run `job`."""
        return self.reach is Reach.ALL or job.manifest().by == self.caller.organisation_id

    def check_need(self, id: str) -> None:
        """Check that who asks may know of the need `id`.

        Raises:
            NotFound: they may not; the same as where there is none.

        """
        owning = self.ownership.of(RecordKind.NEED, id)
        if owning is not None and owning.draft and not self.may_see(owning.organisation_id):
            raise not_found(RecordKind.NEED, id)


class Guard:
    """Admits a request or refuses it."""

    def __init__(
        self, settings: Settings, store: Store, registrations: Registrations, ledger: Ledger, jobs: Jobs
    ) -> None:
        self._open = settings.access
        self._here = settings.is_local
        self._store = store
        self._uses = Uses(store.database)
        self.keys = Keys(store.database, self._uses)
        self.sessions = Sessions(store.database, self._uses)
        self.ownership = Ownership(store.database)
        self._registrations = registrations
        self._ledger = ledger
        self._jobs = jobs

    def stop(self) -> None:
        """Write down what is not written yet."""
        self._uses.write()

    def admit(self, route: str, request: Request) -> Access:
        """Return who asks and how far they reach.

        Raises:
            NotSignedIn: it is not proved who asks.
            NotPermitted: they may not do this.
            NotFound: they may not know of the record, or there is none.

        """
        caller = self._caller(request)
        permission = PERMISSIONS[route]
        access = Access(caller, permission.reach(caller), self.ownership)
        if access.reach is Reach.NONE:
            raise NotPermitted(
                f"{_said(caller)} may not do this",
                remedy="Ask your administrator for a role that may; /docs names them",
            )
        if permission.subject is not None and (id := decoded_id(request.path_params.get("id"))) is not None:
            self._check(access, permission, id)
        return access

    def _caller(self, request: Request) -> Caller:
        if (header := request.headers.get("authorization")) is not None:
            scheme, _, text = header.partition(" ")
            if scheme.lower() != "bearer":
                raise NotSignedIn("the header Authorization names no key", remedy="Send: Authorization: Bearer mk_…")
            return self.keys.prove(text.strip())
        if (token := request.cookies.get(COOKIE)) is not None:
            caller = self.sessions.prove(token)
            if request.method not in _SAFE:
                _check_csrf(request, caller)
            return caller
        if self._is_open(request):
            return ANYONE_HERE
        raise NotSignedIn("no key was sent", remedy="Send a key: Authorization: Bearer mk_…")

    def _is_open(self, request: Request) -> bool:
        """Whether who sends no key is taken for whoever runs the installation.

        So it is while only this machine can ask, nobody asks on behalf of another machine or of another site's
        page, and no key has ever been made: with the first one the door shuts.
        """
        if request.headers.get("sec-fetch-site") in _STRANGE:
            return False
        if self._open is not None:
            return self._open == "open"
        return self._here and not any(name in request.headers for name in _FORWARDED) and not self.keys.any()

    def _check(self, access: Access, permission: Permission, id: str) -> None:
        if permission.subject is Subject.REGISTRATION:
            self._check_registration(access, id)
        elif permission.subject is Subject.DECISION:
            self._check_decision(access, id)
        elif permission.subject is Subject.PROGRAMME:
            self._check_programme(access, id)
        elif permission.subject is not None and access.reach is not Reach.ALL:
            self._check_record(access, RecordKind(permission.subject.value), id)

    def _check_registration(self, access: Access, id: str) -> None:
        owner = self._registrations.owner(id)
        if owner is not None and not access.may_see(owner[0]):
            raise absent(id)

    def _check_decision(self, access: Access, id: str) -> None:
        if access.reach is not Reach.ALL and not access.owns_decision(self._ledger.decision(id)):
            raise no_decision(id)

    def _check_programme(self, access: Access, id: str) -> None:
        if access.reach is not Reach.ALL and not access.owns_programme(self._jobs.job(id)):
            raise run_not_found(id)

    def _check_record(self, access: Access, kind: RecordKind, id: str) -> None:
        owning = self.ownership.of(kind, id)
        if owning is not None and owning.organisation_id == access.organisation_id:
            return
        hidden = owning is not None and owning.draft
        # A hidden record is read as well, so that it takes as long as an absent one.
        if (hidden or access.reach is Reach.OWN) and (not self._is_there(kind, id) or hidden):
            raise not_found(kind, id)
        if access.reach is Reach.OWN:
            whose = "another organisation's" if owning is not None and owning.organisation_id else "nobody's yet"
            raise NotPermitted(f"the {kind.value} {id!r} is {whose}", remedy=_REMEDIES[kind])

    def _is_there(self, kind: RecordKind, id: str) -> bool:
        try:
            self._store.profile(id) if kind is RecordKind.PROFILE else self._store.need(id)
        except NotFound:
            return False
        return True


_REMEDIES: Final = {
    RecordKind.PROFILE: "Change your own; if this one is yours, claim it with POST …/claim",
    RecordKind.NEED: "Change your own; a new one is created with POST /v1/needs",
}


def _check_csrf(request: Request, caller: Caller) -> None:
    given = request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(given.encode(), (caller.csrf or "").encode()):
        raise NotPermitted(
            f"the header {CSRF_HEADER} is not that of the session",
            remedy="Send with every change the csrf that began the session, or that /v1/caller tells",
        )


def _said(caller: Caller) -> str:
    return "the role " + " or ".join(sorted(caller.roles))


class GuardedRoute(JsonRoute):
    """A route that is entered only as the table of permissions has it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler that lets nothing in, not even a body, before the caller is admitted."""
        handle, name = super().get_route_handler(), self.name

        async def guarded(request: Request) -> Response:
            guard: Guard = request.app.state.service.guard
            request.state.access = await run_in_threadpool(guard.admit, name, request)
            return await handle(request)

        return guarded


async def _access(request: Request) -> Access:
    return cast("Access", request.state.access)


Admitted = Annotated[Access, Depends(_access)]
