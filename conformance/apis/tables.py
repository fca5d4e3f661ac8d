"""The columns of the Sentinel tables and their types in query results, from Microsoft's table reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Columns:
    """The types of columns, by name. ``unverified`` columns are known from use, not from the reference: they prove
    nothing.
    """

    documented: Mapping[str, str]
    source: str
    unverified: Mapping[str, str] = field(default_factory=dict)


def types_of_columns(**columns: str) -> Mapping[str, str]:
    """Return the types of columns by name, from texts of column names by type."""
    return MappingProxyType({name: kind for kind, names in columns.items() for name in names.split()})


REFERENCE = "https://learn.microsoft.com/azure/azure-monitor/reference/tables/"

# Rows are only added: each change of an incident or alert is a new row.
TABLES: Mapping[str, Columns] = MappingProxyType(
    {
        "SecurityIncident": Columns(
            source=REFERENCE + "securityincident",
            documented=types_of_columns(
                int="IncidentNumber",
                datetime="""
                    ClosedTime CreatedTime FirstActivityTime FirstModifiedTime LastActivityTime LastModifiedTime
                    TimeGenerated""",
                dynamic="""
                    AdditionalData AlertIds BookmarkIds Comments Labels Owner RelatedAnalyticRuleIds Tasks""",
                string="""
                    Classification ClassificationComment ClassificationReason Description IncidentName IncidentUrl
                    ModifiedBy ProviderIncidentId ProviderName Severity SourceSystem Status TenantId Title Type""",
            ),
        ),
        # Entities, ExtendedProperties and similar columns are text that contains JSON, not dynamic columns.
        "SecurityAlert": Columns(
            source=REFERENCE + "securityalert",
            documented=types_of_columns(
                bool="IsIncident",
                real="ConfidenceScore",
                datetime="EndTime ProcessingEndTime StartTime TimeGenerated",
                string="""
                    AlertLink AlertName AlertSeverity CompromisedEntity ConfidenceLevel Description DisplayName
                    Entities ExtendedLinks ExtendedProperties ProductComponentName ProductName ProviderName
                    RemediationSteps ResourceId SourceComputerId Status SystemAlertId Tactics Techniques Type
                    VendorName VendorOriginalId WorkspaceResourceGroup WorkspaceSubscriptionId""",
            ),
            unverified=types_of_columns(string="AlertType SourceSystem SubTechniques TenantId"),
        ),
    }
)
