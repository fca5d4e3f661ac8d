"""The message catalogues of the hand-back page: complete, and with the same content in every language."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from conformance.findings import CAUSES, PLACEHOLDERS
from conformance.report.handback.texts import DOMAIN, LANGUAGES, LOCALE, texts, translation

ROOT = Path(__file__).parents[2]
TRANSLATED = [language for language in LANGUAGES if language != "en"]
MESSAGES = dict.fromkeys(text for _, text in texts().messages())
LABELS = (
    "Application (client) ID",
    "Directory (tenant) ID",
    "Subscription ID",
    "Workspace ID",
    "Secret ID",
)
every_language = pytest.mark.parametrize("language", TRANSLATED)


def catalogue(language: str) -> Catalog:
    return read_po(io.BytesIO((LOCALE / language / "LC_MESSAGES" / f"{DOMAIN}.po").read_bytes()), locale=language)


def test_every_cause_is_a_task_of_the_customer_or_ours() -> None:
    assert set(texts().tasks) | texts().ours == set(CAUSES)
    assert not set(texts().tasks) & texts().ours


def test_every_owner_of_a_task_has_a_heading() -> None:
    assert {CAUSES[cause].owner for cause in texts().tasks} == set(texts().roles)


def test_placeholders_in_portal_paths_are_translated() -> None:
    for cause in texts().tasks:
        for path in (CAUSES[cause].portal or "").split("; "):
            parameters = {part for part in path.split(" > ") if part[:1].islower()}
            assert parameters <= texts().portal, cause


@every_language
def test_a_catalogue_has_exactly_the_texts_of_the_page(language: str) -> None:
    messages = catalogue(language)
    assert [message.id for message in messages if message.id] == list(MESSAGES)
    assert not [message.id for message in messages if message.id and (not message.string or message.fuzzy)]


def test_a_translation_keeps_placeholders_and_labels(subtests: pytest.Subtests) -> None:
    for message in MESSAGES:
        for language in TRANSLATED:
            with subtests.test(message=message, language=language):
                translated = translation(language)(message)
                assert Counter(re.findall(r"\{\w+\}", translated)) == Counter(re.findall(r"\{\w+\}", message))
                assert set(re.findall(r"\{(\w+)\}", message)) <= PLACEHOLDERS
                for label in (
                    *LABELS,
                    *re.findall(r"“([^”]+)”", message),
                    *re.findall(r"Microsoft\.\w+|00000000-[-0]+", message),
                ):
                    assert label not in message or label in translated
                assert (
                    translated[-1:] in ".。"
                    if message.endswith(".")
                    else translated[-1:] not in ".。" or language == "ja"
                )


TYPOGRAPHY = {
    "fr": r"[^\u00a0\u202f][:;!?»]|«[^\u00a0\u202f]|'",  # a no-break space before the high signs, round apostrophes
    "de": r"Microsoft-(Sentinel|Defender)-|Log-Analytics-|\b(Du|du|dein|Dein)\b",  # products as Microsoft writes them
    "es": r"\b(tú|tu|tus|haz|envíanos)\b",
    "ja": r"[：！？（），．]|[^\x00-\x7f],|(しろ|だ|である)。",
}
"""A pattern that no text may contain, by language."""


def test_each_language_keeps_its_typography_and_its_formal_address(subtests: pytest.Subtests) -> None:
    for language, wrong in TYPOGRAPHY.items():
        for message in MESSAGES:
            with subtests.test(message=message, language=language):
                assert not re.search(wrong, translation(language)(message))


@every_language
def test_only_labels_of_the_portal_are_not_translated(language: str) -> None:
    same = {message for message in MESSAGES if translation(language)(message) == message}
    assert same <= {"Application (client) ID", "Directory (tenant) ID", "Subscription ID", "Link"}


def test_the_catalogues_are_compiled_and_current() -> None:
    run = subprocess.run(
        [sys.executable, "scripts/catalogues.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, f"make locale: {run.stdout}{run.stderr}"
