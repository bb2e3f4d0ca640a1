"""`matcher accounts`: organisations, members and keys. Whoever has the machine is trusted with them."""

from __future__ import annotations

import json as json_format
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Any, Final

import typer

from matcher.accounts import Accounts, ApiKey, Keys, OrganisationKind, Ownership, Role
from matcher.accounts.policy import KEY_LIFE, LONGEST_KEY_LIFE
from matcher.bootstrap import opened_store
from matcher.cli.app import err, out
from matcher.store import RecordKind

accounts = typer.Typer(name="accounts", help="Organisations, members and their keys.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_DAY: Final = "%Y-%m-%d"


@accounts.command("add-organisation")
def add_organisation(
    context: typer.Context,
    id: Annotated[str, typer.Argument(help="A short id: small letters, digits, hyphens.")],
    name: Annotated[str, typer.Option(help="Its full name.")],
    kind: Annotated[OrganisationKind, typer.Option(help="What it is to this service.")],
    charity: Annotated[str | None, typer.Option(help="Charity number, once you have checked it.")] = None,
    company: Annotated[str | None, typer.Option(help="Company number, once you have checked it.")] = None,
) -> None:
    """Add an organisation. A profile with a number given here is its own to claim at once."""
    with opened_store(context.obj) as store:
        made = Accounts(store.database).add_organisation(id, name=name, kind=kind, charity=charity, company=company)
    out.print(f"organisation {made.id} added", markup=False)


@accounts.command("add-member")
def add_member(
    context: typer.Context,
    organisation: Annotated[str, typer.Argument(help="Id of the organisation.")],
    name: Annotated[str, typer.Option(help="Display name of the person or program.")],
    email: Annotated[str | None, typer.Option(help="Address; may be left out.")] = None,
    role: Annotated[list[Role] | None, typer.Option(help="Role; may be given several times.")] = None,
    subject: Annotated[str | None, typer.Option(help="Who it is at the sign-in provider, where there is one.")] = None,
) -> None:
    """Add a member. Prints its id."""
    with opened_store(context.obj) as store:
        kept = Accounts(store.database)
        made = kept.add_member(organisation, name=name, email=email, roles=role or (), subject=subject)
    typer.echo(made.id)


@accounts.command("add-key")
def add_key(
    context: typer.Context,
    member: Annotated[str, typer.Argument(help="Id of the member.")],
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
    days: Annotated[int, typer.Option(min=1, max=LONGEST_KEY_LIFE.days, help="How long it holds.")] = KEY_LIFE.days,
) -> None:
    """Make a key for a member. It is printed now and never again."""
    with opened_store(context.obj) as store:
        made = Keys(store.database).make(member, label=label, life=timedelta(days=days))
    err.print(f"Holds until {made.key.expires_at:{_DAY}}. Keep it safe: it cannot be shown again.")
    typer.echo(made.text)


@accounts.command("revoke-key")
def revoke_key(
    context: typer.Context, prefix: Annotated[str, typer.Argument(help="The part of the key after mk_.")]
) -> None:
    """End a key at once."""
    with opened_store(context.obj) as store:
        Keys(store.database).revoke(prefix)
    out.print(f"key {prefix} revoked", markup=False)


@accounts.command("erase-member")
def erase_member(context: typer.Context, member: Annotated[str, typer.Argument(help="Id of the member.")]) -> None:
    """Erase name and address of a member for good and end its keys and sessions. Its id stays."""
    with opened_store(context.obj) as store:
        Accounts(store.database).erase_member(member)
    out.print(f"member {member} erased", markup=False)


@accounts.command("give")
def give(
    context: typer.Context,
    kind: Annotated[RecordKind, typer.Argument(help="What the record is.")],
    id: Annotated[str, typer.Argument(help="Id of the record.")],
    organisation: Annotated[str, typer.Argument(help="Id of the organisation that it is to belong to.")],
) -> None:
    """Make a profile or a need an organisation's own, whoever had it before. A draft stays one."""
    with opened_store(context.obj) as store:
        store.profile(id) if kind is RecordKind.PROFILE else store.need(id)
        Accounts(store.database).organisation(organisation)
        ownership = Ownership(store.database)
        owning = ownership.of(kind, id)
        ownership.give(kind, id, organisation, draft=owning is not None and owning.draft)
    out.print(f"{kind.value} {id} belongs to {organisation}", markup=False)


@accounts.command("list")
def list_accounts(context: typer.Context, json: AsJson = False) -> None:
    """List organisations, members and keys. Of a key, only its prefix is known."""
    with opened_store(context.obj) as store:
        kept = Accounts(store.database)
        organisations, members, keys = kept.organisations(), kept.members(), Keys(store.database).all()
    if json:
        told = {
            "organisations": [asdict(row) for row in organisations],
            "members": [asdict(row) for row in members],
            "keys": [asdict(row) for row in keys],
        }
        typer.echo(json_format.dumps(told, indent=2, default=_plain))
        return
    for organisation in organisations:
        _say(f"{organisation.id}: {organisation.name} ({organisation.kind.value})")
        for member in members:
            if member.organisation_id == organisation.id:
                named = member.name or "erased"
                _say(f"  {member.id}: {named}, {', '.join(sorted(member.roles))}")
                for key in keys:
                    if key.member_id == member.id:
                        _say(f"    {_line_of(key)}")


def _line_of(key: ApiKey) -> str:
    until = f"until {key.expires_at:{_DAY}}" if key.revoked_at is None else f"revoked {key.revoked_at:{_DAY}}"
    used = f"last used {key.used_at:{_DAY} %H:%M} UTC" if key.used_at else "never used"
    return f"mk_{key.prefix}_…  {until}, {used}" + (f", {key.label}" if key.label else "")


def _say(line: str) -> None:
    """Print a line as it is, however long: an id that is cut is of no use."""
    out.print(line, markup=False, soft_wrap=True)


def _plain(value: Any) -> Any:
    return sorted(value) if isinstance(value, frozenset) else value.isoformat()
