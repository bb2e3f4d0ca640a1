"""Settings: one frozen value, read from the environment (`MATCHER_…`) or given by the caller."""

from __future__ import annotations

from ipaddress import ip_address
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from matcher.foundations.artefacts import Artefacts

_ARTEFACTS = Artefacts.installed()


class Settings(BaseSettings):
    """What an installation may choose. Every field is also an environment variable: `MATCHER_HOME`, …"""

    model_config = SettingsConfigDict(env_prefix="MATCHER_", frozen=True, extra="ignore")

    home: Path = Field(Path(".matcher"), description="Folder of the database, the index and the rejects.")
    database_url: str | None = Field(None, description="PostgreSQL or SQLite URL; default: a file in the home.")
    encoder: Path | None = Field(None, description="Folder of another sentence-transformers model.")
    encoder_weights: Path | None = Field(
        _ARTEFACTS.encoder_weights,
        description="Tuned weights of the packaged encoder; another encoder takes none.",
    )
    device: Literal["cpu", "cuda", "mps"] | None = Field(None, description="Where the encoder runs.")
    ranking_model: Path = Field(_ARTEFACTS.ranking, description="Folder of the scoring model.")
    candidates: int = Field(1_000, ge=10, le=1_000_000, description="Profiles each retriever puts forward.")
    user_agent: str = Field("partnership-matcher/0.1", description="How notice services are told who is asking.")
    find_a_tender_url: str = Field(
        "https://www.find-tender.service.gov.uk/api/1.0/ocdsReleasePackages", description="Notices of Find a Tender."
    )
    contracts_finder_url: str = Field(
        "https://www.contractsfinder.service.gov.uk/Published/Notices/OCDS/Search",
        description="Notices of Contracts Finder.",
    )
    fetch_pause: float = Field(5.0, ge=0, le=600, description="Seconds between two requests for notices.")
    fetch_timeout: float = Field(60.0, gt=0, le=600, description="Seconds until an unanswered request is given up.")
    host: str = Field("127.0.0.1", description="Address the service binds to.")
    access: Literal["open", "keys"] | None = Field(
        None,
        description="Who may ask: `keys`, or `open` for whoever reaches it; default: open on this machine alone "
        "until the first key is made, keys otherwise.",
    )
    port: int = Field(8000, ge=0, le=65_535, description="Port the service listens on.")

    rate_limit: str | None = Field(
        "1200/minute", description="How often one caller may ask the service; `none` for as often as they like."
    )
    upload_limit: int = Field(64, ge=1, le=4_096, description="Largest file of needs that may be uploaded, in MiB.")
    log: Literal["json", "text"] = Field("text", description="How the service writes its log.")

    public_url: str = Field("http://localhost:8000", description="Address under which browsers reach the service.")
    oidc_issuer: str | None = Field(None, description="OpenID Connect provider for sign-in; default: none.")
    oidc_client_id: str = Field("", description="What the provider calls this service.")
    oidc_client_secret: SecretStr | None = Field(None, description="What this service proves itself with there.")
    smtp_host: str | None = Field(None, description="Mail server that takes the letters of alerts; default: none.")
    smtp_port: int = Field(25, ge=1, le=65_535, description="Port of the mail server.")
    mail_from: str = Field("matcher@localhost", description="Sender of the letters of alerts.")

    @property
    def store_url(self) -> str:
        """The database to open."""
        return self.database_url or f"sqlite:///{self.home.absolute() / 'register.sqlite'}"

    @property
    def index_folder(self) -> Path:
        """Where snapshots of the index are kept. May be deleted at any time."""
        return self.home / "index"

    @property
    def programmes_folder(self) -> Path:
        """Where bulk runs are kept until somebody removes them."""
        return self.home / "programmes"

    @property
    def rejects_folder(self) -> Path:
        """Folder with one file of rejected lines per import that had any."""
        return self.home / "import-rejects"

    @property
    def is_local(self) -> bool:
        """Whether the service is bound to an address that only this machine reaches."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @field_validator("rate_limit")
    @classmethod
    def _or_none(cls, rate: str | None) -> str | None:
        return None if rate in ("none", "") else rate

    @model_validator(mode="after")
    def _open_here_only(self) -> Self:
        if self.access == "open" and not self.is_local:
            raise ValueError(
                "`open` holds only while the service is bound to this machine: leave it out, or bind there"
            )
        return self

    @model_validator(mode="after")
    def _provider_is_safe(self) -> Self:
        issuer = urlsplit(self.oidc_issuer or "https://")
        if issuer.scheme != "https" and issuer.hostname not in ("127.0.0.1", "localhost"):
            raise ValueError("the address of a sign-in provider begins with https://")
        return self

    def environment(self) -> dict[str, str]:
        """Return the variables from which another process reads these same settings."""
        given = {"rate_limit": "none"} | self.model_dump(mode="json", exclude_none=True)
        if self.oidc_client_secret is not None:
            given["oidc_client_secret"] = self.oidc_client_secret.get_secret_value()
        return {f"MATCHER_{name.upper()}": str(value) for name, value in given.items()}
