"""The settings of an installation, read from `MATCHER_…` environment variables or passed in."""

from __future__ import annotations

import re
from email.utils import getaddresses
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from matcher.foundations.artefacts import Artefacts

_ARTEFACTS = Artefacts.installed()
_SENDER = re.compile(r"[^@\s,;<>\[\]\"]+@[^@\s,;<>\[\]\"]+", re.ASCII)


class Settings(BaseSettings):
    """The settings of an installation. Each field can be set with an environment variable, such as `MATCHER_HOME`."""

    model_config = SettingsConfigDict(env_prefix="MATCHER_", frozen=True, extra="ignore")

    home: Path = Field(
        Path(".matcher"), description="Folder for the database, the index, programmes and rejected lines."
    )
    database_url: str | None = Field(None, description="PostgreSQL or SQLite URL. Default: a file in the home folder.")
    encoder: Path | None = Field(
        None, description="Folder of a sentence-transformers model to use instead of the packaged one."
    )
    encoder_weights: Path | None = Field(
        _ARTEFACTS.encoder_weights,
        description="File of tuned weights for the packaged encoder, or `stock` to use it without tuning. "
        "Not used if `encoder` is set.",
    )
    device: Literal["cpu", "cuda", "mps"] | None = Field(
        None, description="Device that runs the encoder. Default: chosen automatically."
    )
    ranking_model: Path = Field(_ARTEFACTS.ranking, description="Folder of the scoring model.")
    reader: Path | None = Field(
        _ARTEFACTS.reader, description="Folder of the model that reads the first candidates of a search again."
    )
    second_reading: int = Field(
        30, ge=0, le=1_000, description="Number of first candidates that are read again, or 0 for none."
    )
    candidates: int = Field(1_000, ge=10, le=1_000_000, description="Number of candidate profiles from each retriever.")
    user_agent: str = Field("partnership-matcher/0.1", description="User-Agent header sent to notice services.")
    find_a_tender_url: str = Field(
        "https://www.find-tender.service.gov.uk/api/1.0/ocdsReleasePackages",
        description="Address of the Find a Tender notices.",
    )
    contracts_finder_url: str = Field(
        "https://www.contractsfinder.service.gov.uk/Published/Notices/OCDS/Search",
        description="Address of the Contracts Finder notices.",
    )
    fetch_pause: float = Field(5.0, ge=0, le=600, description="Seconds to wait between requests for notices.")
    fetch_timeout: float = Field(
        60.0, gt=0, le=600, description="Seconds to wait for a response from a notice service."
    )
    host: str = Field("127.0.0.1", description="Address the service binds to.")
    access: Literal["open", "keys"] | None = Field(
        None,
        description="Who may use the service: `keys` for callers with a key, `open` for anyone on this machine. "
        "Default: `open` if the service is local and no key has been created, otherwise `keys`.",
    )
    port: int = Field(8000, ge=0, le=65_535, description="Port the service listens on.")

    proxies: str = Field(
        "",
        description="Addresses of the proxies in front of the service, such as `10.0.0.5, 10.1.0.0/16`. "
        "`X-Forwarded-For` counts only if it comes from one of them.",
    )
    rate_limit: str | None = Field(
        "1200/minute", description="Maximum number of requests per caller in a period, or `none` for no limit."
    )
    upload_limit: int = Field(64, ge=1, le=4_096, description="Largest needs file that can be uploaded, in MiB.")
    log: Literal["json", "text"] = Field("text", description="Format of the service log.")

    public_url: str = Field("http://localhost:8000", description="Public address of the service for browsers.")
    oidc_issuer: str | None = Field(None, description="OpenID Connect provider for sign-in. Default: none.")
    oidc_client_id: str = Field("", description="Client id of this service at the provider.")
    oidc_client_secret: SecretStr | None = Field(None, description="Client secret of this service at the provider.")
    smtp_host: str | None = Field(None, description="Mail server that sends alert e-mails. Default: none.")
    smtp_port: int = Field(25, ge=1, le=65_535, description="Port of the mail server.")
    smtp_security: Literal["none", "starttls", "tls"] = Field(
        "none", description="How the connection is encrypted: `starttls` (usually port 587), `tls` (usually port 465)."
    )
    smtp_user: str = Field("", description="User name at the mail server. Default: no sign-in.")
    smtp_password: SecretStr | None = Field(None, description="Password at the mail server.", validate_default=True)
    mail_from: str = Field("matcher@localhost", description="Sender address of alert e-mails.")

    @property
    def store_url(self) -> str:
        """URL of the database."""
        return self.database_url or f"sqlite:///{self.home.absolute() / 'register.sqlite'}"

    @property
    def index_folder(self) -> Path:
        """Folder of the index snapshots. It can be deleted at any time."""
        return self.home / "index"

    @property
    def erasures_file(self) -> Path:
        """File that lists erasures, so that restoring a backup does not bring back what was erased."""
        return self.home / "erasures.jsonl"

    @property
    def programmes_folder(self) -> Path:
        """Folder of the programme runs, which are kept until a user removes them."""
        return self.home / "programmes"

    @property
    def rejects_folder(self) -> Path:
        """Folder of the rejects files. Each import that refused a line has its own file."""
        return self.home / "import-rejects"

    @property
    def backups_folder(self) -> Path:
        """Folder of the backups that are made before a restore."""
        return self.home / "backups"

    @property
    def is_local(self) -> bool:
        """Whether the service is bound to an address that only this machine can reach."""
        return is_loopback(self.host)

    @field_validator("encoder_weights", mode="before")
    @classmethod
    def _or_stock(cls, weights: Any) -> Any:
        return None if weights == "stock" else weights

    @field_validator("rate_limit")
    @classmethod
    def _or_none(cls, rate: str | None) -> str | None:
        return None if rate in ("none", "") else rate

    @model_validator(mode="after")
    def _open_here_only(self) -> Self:
        if self.access == "open" and not self.is_local:
            raise ValueError(
                "`open` works only if the service is bound to this machine: unset it, or set the host to 127.0.0.1"
            )
        return self

    @field_validator("proxies")
    @classmethod
    def _are_addresses(cls, proxies: str) -> str:
        named = [proxy.strip() for proxy in proxies.split(",") if proxy.strip()]
        for proxy in named:
            try:
                ip_network(proxy)
            except ValueError as error:
                raise ValueError(f"{proxy!r} is not an IP address or a network such as 10.1.0.0/16") from error
        return ",".join(named)

    @field_validator("mail_from")
    @classmethod
    def _one_sender(cls, sender: str) -> str:
        addresses = [address for _, address in getaddresses([sender])]
        if not (sender.isprintable() and len(addresses) == 1 and _SENDER.fullmatch(addresses[0])):
            raise ValueError("the sender must be one e-mail address, such as matcher@example.org")
        return sender

    @field_validator("smtp_password")
    @classmethod
    def _is_sent_encrypted(cls, password: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        user, host, security = (info.data.get(f"smtp_{name}") for name in ("user", "host", "security"))
        if bool(user) != (password is not None):
            raise ValueError("set both MATCHER_SMTP_USER and MATCHER_SMTP_PASSWORD, or neither")
        if user and security == "none" and not is_loopback(host or ""):
            raise ValueError("the password would be sent unencrypted: set MATCHER_SMTP_SECURITY to starttls or tls")
        return password

    @field_validator("oidc_issuer")
    @classmethod
    def _is_safe(cls, issuer: str | None) -> str | None:
        address = urlsplit(issuer or "https://")
        if address.scheme != "https" and not is_loopback(address.hostname or ""):
            raise ValueError("the address of the sign-in provider must begin with https://")
        return issuer

    def environment(self) -> dict[str, str]:
        """Return environment variables that give another process the same settings."""
        values = {"rate_limit": "none", "encoder_weights": "stock"} | self.model_dump(mode="json", exclude_none=True)
        secrets = {"oidc_client_secret": self.oidc_client_secret, "smtp_password": self.smtp_password}
        values |= {name: secret.get_secret_value() for name, secret in secrets.items() if secret is not None}
        return {f"MATCHER_{name.upper()}": str(value) for name, value in values.items()}


def is_loopback(host: str) -> bool:
    """Return whether `host`, a name or an IP address without a port, can only mean this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
