"""The catalogue entry that explains an answer. Pure: the same signal always gives the same entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, lru_cache

from conformance.findings.body import Shape
from conformance.findings.catalogue import CATALOGUES, Entry, catalogue, numbers
from conformance.findings.cause import CAUSES
from conformance.findings.common_codes import GENERIC, PLAIN, VAGUE, has_own_code
from conformance.findings.finding import Certainty
from conformance.findings.origin import is_heard
from conformance.findings.signal import Signal

# The catalogues that apply to each service. Sentinel is behind Azure Resource Manager's gateway; its rules run queries.
_FAMILIES: Mapping[str, tuple[str, ...]] = {
    "entra": ("entra", "other", "network"),
    "managed_identity": ("managed_identity", "network"),
    "arm": ("arm", "sentinel", "log_analytics", "other", "network"),
    "log_analytics": ("log_analytics", "arm", "sentinel", "other", "network"),
    "sentinel": ("sentinel", "arm", "log_analytics", "other", "network"),
    "graph": ("graph", "other", "network"),
    "defender": ("defender", "other", "network"),
    "other": ("other", "network"),
}

_NUMBER, _INNER, _CODE, _MENTION, _TEXT, _HEADER, _GENERIC_CODE, _SHAPE, _STATUS, _CLASS = (
    2000, 600, 400, 55, 60, 430, 30, 20, 10, 5,
)  # fmt: skip
_HOST = 25
_DEEPEST = 20
"""Maximum weight that its depth adds to a code."""
_ALONE = _TEXT  # a match in a foreign catalogue must exceed this: a code, not only words or a status


@dataclass(frozen=True, slots=True)
class Match:
    """The entry that explains a signal best, and its certainty. Words alone never make it certain."""

    entry: Entry
    certainty: Certainty


def classify(signal: Signal) -> Match | None:
    """Return the most specific entry that fits, or None."""
    best: tuple[tuple[int, int, int], Match] | None = None
    family = _FAMILIES.get(signal.service or "")
    kind = _Kind(
        signal.status, signal.shape, signal.service, signal.numbers, signal.other, is_strange=bool(signal.stranger)
    )
    for candidate in _candidates(kind):
        if best is not None and candidate.highest < best[0][0]:
            break
        entry = candidate.entry
        if family is None and not is_heard(entry, signal):
            continue
        weighed = _weigh(entry, signal)
        if weighed is None:
            continue
        score, by_code = weighed
        is_of_another_family = family is not None and entry.service not in family and not entry.numbers
        if is_of_another_family:
            if score <= _ALONE + _STATUS:
                continue
            score -= _MENTION // 2
        if family and entry.service not in (family[0], "network") and entry.shapes and entry.bare:
            score -= _SHAPE  # a bare status: the service's own rule comes first
        if family is None and entry.service != "network" and by_code and score < _MENTION and _plain(entry, signal):
            continue
        if family is None and entry.service not in ("network", "other") and (entry.bare or score < _GENERIC_CODE):
            continue
        distance = family.index(entry.service) if family and entry.service in family else len(CATALOGUES)
        rank = (score, -distance, -candidate.position)
        if best is None or rank > best[0]:
            sure = (entry.certainty == "certain" and by_code and not is_of_another_family) or signal.status == 429
            best = (rank, Match(entry, "certain" if sure else "likely"))
    return best[1] if best else None


@dataclass(frozen=True, slots=True)
class _Kind:
    """Properties that an answer shares with many others; they exclude most entries."""

    status: int | None
    shape: Shape
    service: str | None
    numbers: tuple[int, ...]
    other: str | None
    is_strange: bool


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An entry, its position among all, and its highest possible weight."""

    entry: Entry
    position: int
    highest: int


@lru_cache(maxsize=256)
def _candidates(kind: _Kind) -> tuple[_Candidate, ...]:
    """Return the entries that may fit an answer of this kind, the highest possible weight first.

    Cached: a fleet has only a few kinds of answers.
    """
    candidates = (
        _Candidate(entry, position, _highest(entry))
        for position, entry in enumerate(catalogue())
        if _has_form(entry, kind) and _is_possible(entry, kind)
    )
    return tuple(sorted(candidates, key=lambda candidate: -candidate.highest))


def _has_form(entry: Entry, kind: _Kind) -> bool:
    """Return whether an answer has the entry's status, shape, numbers and host, and whether the entry may count."""
    if entry.shapes and kind.shape not in entry.shapes:
        return False
    status = kind.status
    if entry.statuses and status is not None and not {status, f"{status // 100}xx"} & set(entry.statuses):
        return False
    if not set(entry.numbers) <= set(kind.numbers) or (entry.others and kind.other not in entry.others):
        return False
    family = _FAMILIES.get(kind.service or "")
    if family is None or entry.service in family or entry.numbers:
        return True
    # The codes of a connection's services do not apply to a known host of another service; nor do words alone decide.
    return kind.service != "other" and _highest(entry) > _ALONE + _STATUS


def _highest(entry: Entry) -> int:
    """Return the highest possible weight of an entry."""
    codes = (_CODE + _DEEPEST) * bool(entry.codes) + (_INNER + _DEEPEST) * bool(entry.inner)
    patterns = sum(pattern is not None for pattern in (entry.words, entry.anywhere, entry.path))
    headers = sum(_HEADER + len(pattern.pattern) // 16 for pattern in (entry.headers or {}).values())
    rest = _HOST * bool(entry.others) + _SHAPE * bool(entry.shapes) + _STATUS * bool(entry.statuses)
    return _NUMBER * len(entry.numbers) + codes + _TEXT * patterns + headers + rest


def _is_possible(entry: Entry, kind: _Kind) -> bool:
    """Return whether the status allows this entry: 429 is always throttling, and a 5xx is not a refusal.

    An unknown Entra number excludes entries that match only the OAuth error beside it, or only the status. Loose words
    do not count if the service is not known, and codes of other makers are not used.
    """
    if kind.numbers and not entry.numbers and not entry.words and numbers().isdisjoint(kind.numbers):
        if entry.codes and VAGUE.issuperset(entry.codes):
            return False
        if not entry.codes and kind.status is not None and 400 <= kind.status < 429:
            return False
    if entry.loose and kind.service is None:
        return False
    if entry.path and entry.service != kind.service:
        return False  # a path means nothing without its host
    if entry.cause == "answer_hidden" and kind.service and kind.status:
        return False  # status and service are more specific
    if kind.is_strange and not (entry.service == "network" and (entry.words or entry.anywhere)):
        return False
    if entry.numbers or kind.status is None:
        return True
    if kind.status == 429:
        return entry.cause == "throttled"
    return kind.status < 500 or not CAUSES[entry.cause].conclusive


def _weigh(entry: Entry, signal: Signal) -> tuple[int, bool] | None:
    """Return the weight of a match, and whether more than words decided; None if the entry does not fit."""
    score, by_code = 0, not (entry.words or entry.anywhere)
    if entry.others:
        if signal.other not in entry.others:
            return None
        score += _HOST
    if entry.numbers:
        if not set(entry.numbers) <= set(signal.numbers):
            return None
        score += _NUMBER * len(entry.numbers) - signal.numbers.index(entry.numbers[0])
        by_code = True
    for codes, weight in ((entry.codes, _CODE), (entry.inner, _INNER)):
        if not codes:
            continue
        code_weight = _code_weight(codes, weight, signal)
        if code_weight is not None:
            score += code_weight
            by_code = by_code or code_weight >= _GENERIC_CODE
            by_code = by_code and code_weight != _MENTION
        elif not (entry.telling and not has_own_code(signal)):
            return None
    if entry.shapes:
        if signal.shape not in entry.shapes:
            return None
        score += _SHAPE
    if entry.statuses:
        by_status = _status_weight(entry, signal)
        if by_status is None:
            return None
        score += by_status
    # Patterns come last: each is compiled when it is first searched for.
    for pattern, text in (
        (entry.words, signal.words),
        (entry.anywhere, signal.text[:16384]),
        (entry.path, signal.path[:2048]),
    ):
        if pattern is not None:
            if not pattern.search(text):
                return None
            score += _TEXT
    for name, pattern in (entry.headers or {}).items():
        if not pattern.search(signal.headers.get(name, "")):
            return None
        score += _HEADER + len(pattern.pattern) // 16
    return score, by_code


def _status_weight(entry: Entry, signal: Signal) -> int | None:
    """Return the weight of the status for an entry with statuses; None if the status is not one of them."""
    if signal.status is None:
        if not (entry.codes or entry.inner or entry.numbers or entry.words or entry.headers):
            return None
        return -(_CLASS if any(isinstance(status, str) for status in entry.statuses) else _STATUS)
    if signal.status in entry.statuses:
        return _STATUS
    return _CLASS if f"{signal.status // 100}xx" in entry.statuses else None


def _plain(entry: Entry, signal: Signal) -> bool:
    """Return whether an entry fits only by codes that many makers use."""
    return bool(entry.codes) and not (set(entry.codes) & set(signal.lower_codes)) - PLAIN


def _code_weight(patterns: tuple[str, ...], weight: int, signal: Signal) -> int | None:
    """Return the weight of the innermost expected code, else of a mention of one; None without either."""
    names = _names(patterns)
    for depth, code in reversed(list(enumerate(signal.lower_codes))):
        if code in names.codes or any(fnmatchcase(code, pattern) for pattern in names.wildcards):
            return _GENERIC_CODE if code in GENERIC or code.isdecimal() else weight + min(depth, _DEEPEST)
    if not names.mentions.isdisjoint(signal.lower_mentions) or any(
        fnmatchcase(word, pattern) for pattern in names.wildcards for word in signal.lower_mentions
    ):
        return _MENTION
    return None


@dataclass(frozen=True, slots=True)
class _Names:
    """The codes that an entry expects: whole codes, those that also count as a mere mention, and wildcards."""

    codes: frozenset[str]
    mentions: frozenset[str]
    wildcards: tuple[str, ...]


@cache
def _names(patterns: tuple[str, ...]) -> _Names:
    codes = frozenset(name for name in patterns if "*" not in name)
    return _Names(codes, codes - GENERIC - PLAIN, tuple(name for name in patterns if "*" in name))
