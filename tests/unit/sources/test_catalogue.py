"""The catalogue of sources: its names, its order, and the commands derived from it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import matcher.sources
from matcher.bootstrap import notices_service
from matcher.foundations.settings import Settings
from matcher.register.file_importers import NEEDS, PROFILES, source_importer
from matcher.register.importing import KINDS
from matcher.sources.catalogue import (
    CATALOGUE,
    FEED_SOURCES,
    FILE_SOURCES,
    PRECEDENCE,
    REGISTERS,
    source_named,
    source_of_notice,
)
from matcher.sources.statement import SUPPLIER
from tests.support.commands import Command


def test_each_source_has_a_name_of_its_own() -> None:
    assert len({source.name for source in CATALOGUE}) == len(CATALOGUE)
    assert all(source_named(source.name) is source for source in CATALOGUE)


def test_the_supplier_comes_first_then_registers_then_notices() -> None:
    assert PRECEDENCE[SUPPLIER] == 0
    notices = {"find-a-tender", "contracts-finder", "ocds"}
    assert max(PRECEDENCE[name] for name in REGISTERS) < min(PRECEDENCE[name] for name in notices)
    assert {"charity-commission", "companies-house", "cqc"} == REGISTERS
    assert PRECEDENCE["charity-commission"] < PRECEDENCE["companies-house"] < PRECEDENCE["cqc"]


def test_a_notice_is_attributed_by_the_prefix_of_its_ocid() -> None:
    assert source_of_notice("ocds-b5fd17-1") == "contracts-finder"
    assert source_of_notice("ocds-h6vhtk-0510f8") == "find-a-tender"
    assert source_of_notice("ocds-0c46vo-1") == source_of_notice("x") == "ocds"


def test_only_sources_with_files_can_be_imported() -> None:
    assert all(source_importer(source_named(name)).endings for name in FILE_SOURCES)
    with pytest.raises(ValueError, match="supplier has no files"):
        source_importer(source_named(SUPPLIER))


def test_only_sources_with_notices_can_be_fetched() -> None:
    settings = Settings(find_a_tender_url="https://notices.example/releases")
    service = notices_service(settings, "find-a-tender")
    assert (service.source, service.url) == ("find-a-tender", "https://notices.example/releases")
    with pytest.raises(ValueError, match="cqc has no notices"):
        notices_service(settings, "cqc")


def test_the_commands_offer_the_sources_of_the_catalogue(command: Command, tmp_path: Path) -> None:
    assert (PROFILES, NEEDS, *FILE_SOURCES) == KINDS
    refused = command("import", "supplier", tmp_path)
    assert refused.code == 2
    assert all(f"'{kind}'" in refused.complaint for kind in KINDS)
    refused = command("fetch", "cqc")
    assert refused.code == 2
    assert all(f"'{source}'" in refused.complaint for source in FEED_SOURCES)


def test_no_reader_imports_the_catalogue() -> None:
    for path in Path(*matcher.sources.__path__).rglob("*.py"):
        imported = [
            node.module or ""
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.ImportFrom)
        ]
        assert not any(module.endswith("catalogue") for module in imported), path
