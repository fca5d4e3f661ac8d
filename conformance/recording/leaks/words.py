"""Rules about free text and about names given by people.

No pattern can distinguish a name from a word. So fields with such text may contain only pseudonyms, such as
``name-0007``, and values that the other rules allow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from conformance.recording.leaks.constants import WORD, is_reserved_domain, known_id, public_hosts, public_words
from conformance.recording.leaks.passages import Passage
from conformance.recording.leaks.rule import Rule, pattern
from conformance.recording.leaks.secrets import is_unsigned

_NAMES = """
    accountname alertdisplayname alertname appdisplayname app_displayname assignedto compromisedentity
    computer computerdnsname createdbydisplayname description devicednsname displayname dnsdomain dnsname
    domainname email filename filepath folderpath friendlyname fullname hostname imagefile initiatinguser
    labelname mail managementgroupname netbiosname ntdomain parentprocessfilename parentprocessfilepath
    principaldisplayname processcommandline commandline rbacgroupname registrykey registryvalue remediationsteps
    resourcedisplayname resourcegroup samaccountname subject title unique_name upn upnsuffix username
    userprincipalname watchlistalias workspacename workspaceresourcegroup comment comments classificationcomment
    note notes summary preferred_username given_name family_name
    resource_group workspace_name
    """
NAMES = frozenset(_NAMES.split())
"""Members and columns that contain names and free text, in lower case."""
_PUBLIC = """
    http https microsoft graph azure resource manager log analytics api windowsdefenderatp defender for endpoint
    sentinel xdr
    """
PUBLIC = frozenset(_PUBLIC.split())
"""Words in the services' own names."""
_PHRASES = """
    alertproductnames authorization content-type controlname cache-control error error_codes error_description
    errormessage exclusionreason metricname operationname p3p productcomponentname productfilter productname
    provider providername providers resourcedisplayname rolename sentinelresourcetype subprovider vendor vendorname
    warning www-authenticate
    x-ms-failure-cause
    """
PHRASES = frozenset(_PHRASES.split())
"""Fields in which services write their own names and sentences."""
SENTENCE = re.compile(r"[^\W\d_]{2,}\s+[^\W\d_]{2,}")
PARTS = re.compile(r"[^\s,;:|()\[\]{}<>\"'`=/\\&?!*+]+")
QUOTED = (
    r"(?:directory|tenant|user|account|workspace|resource ?group|subscription|application|client|device|policy|host"
    r"|named)\b[^'\"\n]{0,24}(?<!\w)['\"‘“]([^'\"’”\n]{1,120})['\"’”]"
)


WITHIN: Mapping[str, frozenset[str]] = {
    "name": frozenset({"entities", "evidence", "relateduser"}),
    "": frozenset({"tags", "machinetags", "customtags", "systemtags"}),
}
"""Fields that contain names only inside of these members; the empty name means any field."""
SERVICES_OWN = frozenset({"error", "innererror", "errors", "details", "status"})
"""Members in which a ``message`` is written by a service; elsewhere it is a person's comment."""


def pseudonymous(text: str) -> bool:
    """Return whether a text has only pseudonyms and no words written by a person."""
    return all(_nobodys(part) for part in PARTS.findall(text))


def _nobodys(part: str) -> bool:
    if is_unsigned(part):
        return True
    part = part.strip(".-_@#%$~")
    return (
        len(part) < 2
        or not any(map(str.isalpha, part))
        or all(WORD.fullmatch(label) or is_reserved_domain(label) for label in re.split(r"[@.]", part))
        or part.lower() in PUBLIC | public_words() | public_hosts()
        or known_id(part)
        or part == "REDACTED"
    )


def written_text(passage: Passage) -> Iterable[str]:
    """Yield names and free text that are not pseudonyms."""
    if _holds_names(passage) and not passage.text.lstrip().startswith(("[", "{")) and not pseudonymous(passage.text):
        yield passage.text


def _holds_names(passage: Passage) -> bool:
    field, around = passage.field.lower(), {member.lower() for member in passage.path if isinstance(member, str)}
    if field == "message":
        return not around & SERVICES_OWN
    if field == "query":
        return "request" not in around  # a query in a request is written by this project
    return field in NAMES or any(name in ("", field) and around & members for name, members in WITHIN.items())


def prose(passage: Passage) -> Iterable[str]:
    """Yield sentences in fields where services do not write any."""
    field, text = passage.field.lower(), passage.text
    page = passage.path[-2:] == ("response", "text")  # the page of a proxy: its words are scrubbed one by one
    vocabulary_words = (
        page
        or not field
        or field in PHRASES
        or field in NAMES
        or field in ("query", "message")
        or field.startswith("$")
    )
    if (
        not passage.refused
        and not vocabulary_words
        and "://" not in text
        and SENTENCE.search(text)
        and not pseudonymous(text)
    ):
        yield text


RULES = (
    Rule("prose", "a sentence that is no service's", prose),
    Rule("name", "a name or free text that is no pseudonym", written_text),
    Rule(
        "place",
        "the name of a resource group or workspace that is no pseudonym",
        pattern(
            r"(?:(?<!/subscriptions)/resourcegroups|/providers/microsoft\.operationalinsights/workspaces|/v1/workspaces)"
            r"/([^/?#\"'\s&,)]+)",
            unless=pseudonymous,
        ),
    ),
    Rule(
        "path",
        "a path of a file",
        pattern(
            r"(?<!\w)((?:[a-z]:\\|\\\\|/(?:home|users|root|mnt|srv|opt|var|tmp|etc)/)[^\s\"'<>|*?]+)",
            unless=lambda path: pseudonymous(
                re.sub(r"^(?i:[a-z]:|/(?:home|users|root|mnt|srv|opt|var|tmp|etc)/)", "", path)
            ),
        ),
    ),
    Rule("quoted", "a name that an error text quotes", pattern(QUOTED, unless=pseudonymous)),
)
