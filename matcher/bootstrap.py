"""The composition root: builds every component from the settings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from matcher.embedding import WEIGHTS_FILE, CachedEncoder, Encoder, SentenceEncoder, VectorTable, packaged_model
from matcher.foundations import owner_only
from matcher.foundations.errors import Unavailable
from matcher.foundations.paths import display_path
from matcher.foundations.settings import Settings
from matcher.index import Snapshots
from matcher.reading import MODEL_FILE, CrossEncoder
from matcher.scoring import AdditiveModel
from matcher.search.engine import Engine
from matcher.search.second_reading import SecondReading
from matcher.sources.catalogue import source_named
from matcher.sources.notices_api import NoticesClient, NoticeService, RequestPolicy
from matcher.store import Store


def encoder_of(settings: Settings) -> Encoder:
    """Return the encoder named in the settings, by default the packaged model with tuned weights.

    Raises:
        Unavailable: the file of tuned weights is missing, or the model cannot be loaded.

    """
    if settings.encoder is not None:
        return SentenceEncoder(settings.encoder, settings.device)
    weights = settings.encoder_weights
    if weights is not None and not weights.is_file():
        raise Unavailable(
            f"the file of tuned weights {display_path(weights)} does not exist",
            remedy="Correct MATCHER_ENCODER_WEIGHTS, or set it to stock to use the encoder without tuning",
        )
    return SentenceEncoder(packaged_model(), settings.device, weights)


def with_model(settings: Settings, folder: Path) -> Settings:
    """Return `settings` with the model that training wrote to `folder`."""
    update = {"ranking_model": folder, "encoder_weights": folder / WEIGHTS_FILE}
    if (folder / "reader").is_dir():
        update["reader"] = folder / "reader"
    return settings.model_copy(update=update)


def second_reading_of(settings: Settings) -> SecondReading | None:
    """Return the second reading in the settings, or None if it is switched off.

    Raises:
        Unavailable: the reader's model is missing.

    """
    if not settings.second_reading or settings.reader is None:
        return None
    if not (settings.reader / MODEL_FILE).is_file():
        raise Unavailable(
            f"the folder {display_path(settings.reader)} has no reader, {MODEL_FILE}",
            remedy="Correct MATCHER_READER, or set MATCHER_SECOND_READING to 0 to search without the second reading",
        )
    return SecondReading(CrossEncoder(settings.reader), settings.second_reading)


def engine_of(settings: Settings, store: Store, *, vectors: VectorTable | None = None) -> Engine:
    """Return an engine over `store` that caches embeddings in `vectors`, by default in the store."""
    return Engine(
        store,
        CachedEncoder(encoder_of(settings), vectors or store.vectors, remember_queries=vectors is None),
        AdditiveModel.load(settings.ranking_model),
        candidates=settings.candidates,
        snapshots=Snapshots(settings.index_folder) if vectors is None else None,
        second_reading=second_reading_of(settings),
    )


def notices_service(settings: Settings, source: str) -> NoticeService:
    """Return the service that publishes the notices from `source`.

    Raises:
        KeyError: the catalogue has no such source.
        ValueError: the source has no notices to fetch.

    """
    feed = source_named(source).feed
    if feed is None:
        raise ValueError(f"{source} has no notices to fetch")
    return NoticeService(source, feed.address(settings), feed.since, feed.until)


def notices_client(settings: Settings, service: NoticeService) -> NoticesClient:
    """Return a client for `service`, with the user agent, pause and timeout in the settings."""
    policy = RequestPolicy(settings.user_agent, settings.fetch_pause, settings.fetch_timeout)
    return NoticesClient(service, policy)


@contextmanager
def opened_store(settings: Settings) -> Iterator[Store]:
    """Open the store named in the settings, in a home folder to which only its owner has access."""
    try:
        settings.home.mkdir(mode=owner_only.FOLDER, parents=True, exist_ok=True)
        parts = (settings.index_folder, settings.programmes_folder, settings.rejects_folder, settings.backups_folder)
        owner_only.tighten(settings.home, parts)
    except OSError as error:
        raise Unavailable(
            f"the home folder {settings.home} cannot be created: {error.strerror}", remedy="Choose another with --home"
        ) from error
    with Store.open(settings.store_url, erasures_file=settings.erasures_file) as store:
        yield store


@contextmanager
def opened_engine(settings: Settings) -> Iterator[Engine]:
    """Open the store named in the settings and an engine over that store."""
    with opened_store(settings) as store:
        yield engine_of(settings, store)
