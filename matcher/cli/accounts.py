"""`matcher accounts`: manage organisations, members and keys. Anyone with access to the machine may run it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any, Final

import typer

from matcher.accounts import Accounts, ApiKey, Keys, OrganisationKind, Ownership, Role
from matcher.accounts.policy import KEY_LIFE, LONGEST_KEY_LIFE
from matcher.bootstrap import opened_store
from matcher.cli.app import err, out, print_json
from matcher.cli.options import Json
from matcher.store import RecordKind

accounts = typer.Typer(name="accounts", help="Manage organisations, members and their keys.", no_args_is_help=True)

_DAY: Final = "%Y-%m-%d"
# The arguments that several commands share.
MemberId = Annotated[str, typer.Argument(help="Id of the member.")]
OrganisationId = Annotated[str, typer.Argument(help="Id of the organisation.")]


@accounts.command("add-organisation")
def add_organisation(
    context: typer.Context,
    id: Annotated[str, typer.Argument(help="A short id of lower-case letters, digits and hyphens.")],
    name: Annotated[str, typer.Option(help="The full name.")],
    kind: Annotated[OrganisationKind, typer.Option(help="The role of the organisation in this service.")],
    charity: Annotated[str | None, typer.Option(help="Charity number. Check it first.")] = None,
    company: Annotated[str | None, typer.Option(help="Company number. Check it first.")] = None,
) -> None:
    """Add an organisation. It can immediately take over a profile that has the same charity or company number."""
    with opened_store(context.obj) as store:
        made = Accounts(store.database).add_organisation(id, name=name, kind=kind, charity=charity, company=company)
    out.print(f"organisation {made.id} added", markup=False)


@accounts.command("add-member")
def add_member(
    context: typer.Context,
    organisation: OrganisationId,
    name: Annotated[str, typer.Option(help="Display name of the person or program.")],
    email: Annotated[str | None, typer.Option(help="E-mail address. Optional.")] = None,
    role: Annotated[list[Role] | None, typer.Option(help="Role. Repeat for several roles.")] = None,
    subject: Annotated[str | None, typer.Option(help="Subject id at the sign-in provider, if you use one.")] = None,
) -> None:
    """Add a member and print the new id."""
    with opened_store(context.obj) as store:
        made = Accounts(store.database).add_member(
            organisation, name=name, email=email, roles=role or (), subject=subject
        )
    typer.echo(made.id)


@accounts.command("add-key")
def add_key(
    context: typer.Context,
    member: MemberId,
    label: Annotated[str, typer.Option(help="What the key is for.")] = "",
    days: Annotated[
        int, typer.Option(min=1, max=LONGEST_KEY_LIFE.days, help="Number of days the key is valid.")
    ] = KEY_LIFE.days,
) -> None:
    """Create a key for a member. The key is printed only once."""
    with opened_store(context.obj) as store:
        made = Keys(store.database).create(member, label=label, life=timedelta(days=days))
    err.print(f"Valid until {made.key.expires_at:{_DAY}}. Keep the key safe: it cannot be shown again.")
    typer.echo(made.text)


@accounts.command("revoke-key")
def revoke_key(
    context: typer.Context,
    prefix: Annotated[str, typer.Argument(help="The part of the key between mk_ and the next underscore.")],
) -> None:
    """Revoke a key immediately."""
    with opened_store(context.obj) as store:
        Keys(store.database).revoke(prefix)
    out.print(f"key {prefix} revoked", markup=False)


@accounts.command("erase-member")
def erase_member(context: typer.Context, member: MemberId) -> None:
    """Permanently erase a member's name and e-mail address, and end their keys and sessions. The id remains."""
    with opened_store(context.obj) as store:
        Accounts(store.database).erase_member(member)
    out.print(f"member {member} erased", markup=False)


@accounts.command("give")
def give(
    context: typer.Context,
    kind: Annotated[RecordKind, typer.Argument(help="The kind of record.")],
    id: Annotated[str, typer.Argument(help="Id of the record.")],
    organisation: OrganisationId,
) -> None:
    """Make an organisation the owner of a profile or a need. This replaces any earlier owner. A draft stays a draft."""
    with opened_store(context.obj) as store:
        store.profile(id) if kind is RecordKind.PROFILE else store.need(id)
        Accounts(store.database).organisation(organisation)
        ownership = Ownership(store.database)
        current = ownership.of(kind, id)
        ownership.assign(kind, id, organisation, draft=current is not None and current.draft)
    out.print(f"{kind.value} {id} belongs to {organisation}", markup=False)


@accounts.command("list")
def list_accounts(context: typer.Context, json: Json = False) -> None:
    """List organisations, members and keys. Keys are shown by their prefix only."""
    with opened_store(context.obj) as store:
        records = Accounts(store.database)
        organisations, members, keys = records.organisations(), records.members(), Keys(store.database).all()
    if json:
        report = {
            "organisations": [asdict(row) for row in organisations],
            "members": [asdict(row) for row in members],
            "keys": [asdict(row) for row in keys],
        }
        print_json(report, default=_plain)
        return
    for organisation in organisations:
        _print(f"{organisation.id}: {organisation.name} ({organisation.kind.value})")
        for member in members:
            if member.organisation_id == organisation.id:
                name = member.name or "erased"
                _print(f"  {member.id}: {name}, {', '.join(sorted(member.roles))}")
                for key in keys:
                    if key.member_id == member.id:
                        _print(f"    {_line_of(key)}")


def _line_of(key: ApiKey) -> str:
    until = f"until {key.expires_at:{_DAY}}" if key.revoked_at is None else f"revoked {key.revoked_at:{_DAY}}"
    used = f"last used {key.used_at:{_DAY} %H:%M} UTC" if key.used_at else "never used"
    return f"mk_{key.prefix}_…  {until}, {used}" + (f", {key.label}" if key.label else "")


def _print(line: str) -> None:
    """Print a line without wrapping it, so that ids stay complete."""
    out.print(line, markup=False, soft_wrap=True)


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else value.isoformat()
