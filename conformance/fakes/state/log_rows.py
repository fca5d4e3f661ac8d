"""Tables of other services that queries of detections and workbooks read, filled from the same timeline.

Their columns are a part of the published ones: those that such queries use.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from conformance.apis.tables import types_of_columns
from conformance.fakes.state.timeline import ACCOUNTS, HOSTS, stable_id

if TYPE_CHECKING:
    from conformance.fakes.state.tenant import Workspace

Row = dict[str, Any]

LOG_SCHEMAS: Mapping[str, Mapping[str, str]] = {
    # azure-monitor/reference/tables/signinlogs: a part of its columns
    "SigninLogs": types_of_columns(
        datetime="TimeGenerated CreatedDateTime",
        bool="IsInteractive",
        dynamic="DeviceDetail LocationDetails Status MfaDetail ConditionalAccessPolicies",
        string="""
            TenantId SourceSystem OperationName Category ResultType ResultDescription CorrelationId Id
            UserPrincipalName UserDisplayName UserId AppDisplayName AppId IPAddress Location ClientAppUsed
            ConditionalAccessStatus RiskLevelDuringSignIn RiskState ResourceDisplayName UserAgent Type""",
    ),
    # azure-monitor/reference/tables/auditlogs: a part of its columns
    "AuditLogs": types_of_columns(
        datetime="TimeGenerated ActivityDateTime",
        dynamic="InitiatedBy TargetResources AdditionalDetails",
        string="""
            TenantId SourceSystem OperationName OperationType Category Result ResultReason ActivityDisplayName
            CorrelationId Id Identity LoggedByService Type""",
    ),
    # azure-monitor/reference/tables/officeactivity: a part of its columns
    "OfficeActivity": types_of_columns(
        datetime="TimeGenerated",
        string="""
            TenantId SourceSystem Operation OfficeWorkload RecordType UserId UserType ClientIP ResultStatus
            OfficeObjectId OfficeId Parameters SourceFileName Site_Url Type""",
    ),
    "Operation": types_of_columns(
        datetime="TimeGenerated",
        string="""
            Computer CorrelationId Detail ErrorId HelpLink ManagementGroupName OperationCategory OperationKey
            OperationStatus _ResourceId Solution SourceComputerId SourceSystem _SubscriptionId Type""",
    ),
    # azure-monitor-docs monitor-workspace: the columns of the function
    "_LogOperation": types_of_columns(
        datetime="TimeGenerated", string="Category Operation Level Detail CategoryType _ResourceId Type"
    ),
    # the test schema of Azure-Sentinel's repository, which may lag the service
    "ThreatIntelIndicators": types_of_columns(
        bool="IsDeleted IsActive Revoked",
        datetime="TimeGenerated ValidUntil ValidFrom Created Modified",
        dynamic="AdditionalFields Data",
        int="Confidence",
        string="""
            TenantId WorkspaceId AzureTenantId Id SourceSystem LastUpdateMethod Tags Pattern ObservableKey
            ObservableValue Type""",
    ),
}
"""Column to Kusto type, by table."""

DELAY = timedelta(minutes=4)
SIGN_INS = (
    # account, application, address, country, result, minutes ago
    (0, "Azure Portal", "203.0.113.10", "DE", "0", 20),
    (0, "Azure Portal", "198.51.100.7", "BR", "50126", 32),
    (0, "Azure Portal", "198.51.100.7", "BR", "50126", 33),
    (0, "Azure Portal", "198.51.100.7", "BR", "0", 34),
    (1, "Microsoft Azure CLI", "203.0.113.11", "DE", "0", 90),
    (2, "Office 365 Exchange Online", "203.0.113.12", "FR", "50053", 200),
    (2, "Office 365 Exchange Online", "203.0.113.12", "FR", "0", 260),
    (2, "Azure Portal", "192.0.2.44", "US", "50126", 1500),
    (1, "Microsoft Azure CLI", "203.0.113.11", "DE", "50074", 2900),
    (0, "Office 365 Exchange Online", "203.0.113.10", "DE", "0", 4400),
)
RESULTS = {
    "0": "",
    "50053": "Account is locked",
    "50074": "Strong authentication is required",
    "50126": "Invalid username or password",
}


def log_rows(workspace: Workspace, now: datetime) -> dict[str, list[Row]]:
    """Return the rows of these tables as of a moment. The last two are empty in workspaces that reached no limit."""
    return {
        "SigninLogs": list(_sign_ins(workspace, now)),
        "AuditLogs": list(_audit(workspace, now)),
        "OfficeActivity": list(_office(workspace, now)),
        "ThreatIntelIndicators": list(_indicators(workspace, now)),
        "Operation": [],
        "_LogOperation": [],
    }


def _row(table: str, workspace: Workspace, at: datetime, **values: Any) -> Row:
    common = {"TenantId": workspace.customer_id, "TimeGenerated": at, "Type": table, "_ingested": at + DELAY}
    return {**common, **values}


def _sign_ins(workspace: Workspace, now: datetime) -> Iterator[Row]:
    for n, (who, application, address, country, result, minutes) in enumerate(SIGN_INS):
        account, at = ACCOUNTS[who], now - timedelta(minutes=minutes)
        yield _row(
            "SigninLogs",
            workspace,
            at,
            CreatedDateTime=at,
            SourceSystem="Azure AD",
            OperationName="Sign-in activity",
            Category="SignInLogs",
            ResultType=result,
            ResultDescription=RESULTS[result],
            CorrelationId=stable_id("sign-in correlation", n),
            Id=stable_id("sign-in", n),
            UserPrincipalName=account.upn,
            UserDisplayName=account.display_name,
            UserId=account.object_id,
            AppDisplayName=application,
            AppId=stable_id("application", application),
            IPAddress=address,
            Location=country,
            ClientAppUsed="Browser" if application == "Azure Portal" else "Mobile Apps and Desktop clients",
            ConditionalAccessStatus="success" if result == "0" else "notApplied",
            RiskLevelDuringSignIn="medium" if country == "BR" else "none",
            RiskState="atRisk" if country == "BR" else "none",
            ResourceDisplayName="Windows Azure Service Management API",
            UserAgent="Mozilla/5.0",
            IsInteractive=True,
            DeviceDetail=json.dumps({"deviceId": "", "operatingSystem": "Windows10", "browser": "Edge 140"}),
            LocationDetails=json.dumps({"city": "", "countryOrRegion": country}),
            Status=json.dumps({"errorCode": int(result), "failureReason": RESULTS[result] or None}),
            MfaDetail="{}",
            ConditionalAccessPolicies="[]",
        )


def _audit(workspace: Workspace, now: datetime) -> Iterator[Row]:
    for n, (operation, category, who, target, minutes) in enumerate(
        (
            ("Add member to role", "RoleManagement", 0, "j.novak@corp.example", 45),
            ("Consent to application", "ApplicationManagement", 0, "sentinel-reader", 300),
            ("Add service principal credentials", "ApplicationManagement", 1, "sentinel-reader", 310),
            ("Reset user password", "UserManagement", 0, "a.miller@corp.example", 2000),
            ("Update conditional access policy", "Policy", 2, "Block legacy authentication", 5000),
        )
    ):
        account, at = ACCOUNTS[who], now - timedelta(minutes=minutes)
        yield _row(
            "AuditLogs",
            workspace,
            at,
            ActivityDateTime=at,
            SourceSystem="Azure AD",
            OperationName=operation,
            OperationType="Add" if operation.startswith("Add") else "Update",
            ActivityDisplayName=operation,
            Category=category,
            Result="success",
            ResultReason="",
            CorrelationId=stable_id("audit correlation", n),
            Id=stable_id("audit", n),
            Identity=account.display_name,
            LoggedByService="Core Directory",
            InitiatedBy=json.dumps({"user": {"userPrincipalName": account.upn, "ipAddress": "203.0.113.10"}}),
            TargetResources=json.dumps([{"displayName": target, "type": "User" if "@" in target else "Other"}]),
            AdditionalDetails="[]",
        )


def _office(workspace: Workspace, now: datetime) -> Iterator[Row]:
    for n, (operation, workload, who, minutes, subject) in enumerate(
        (
            ("FileDownloaded", "SharePoint", 2, 540, "payroll.xlsx"),
            ("FileDownloaded", "SharePoint", 2, 541, "contracts.docx"),
            ("FileDownloaded", "SharePoint", 2, 542, "customers.csv"),
            ("FileAccessed", "OneDrive", 0, 800, "notes.docx"),
            ("New-InboxRule", "Exchange", 1, 1860, "forward"),
            ("MailItemsAccessed", "Exchange", 0, 3000, ""),
        )
    ):
        parameters = [{"Name": "ForwardTo", "Value": "outside@example.net"}] if subject == "forward" else []
        yield _row(
            "OfficeActivity",
            workspace,
            now - timedelta(minutes=minutes),
            SourceSystem="OfficeActivityManager",
            Operation=operation,
            OfficeWorkload=workload,
            RecordType="SharePointFileOperation" if workload != "Exchange" else "ExchangeAdmin",
            UserId=ACCOUNTS[who].upn,
            UserType="Regular",
            ClientIP=HOSTS[who].address,
            ResultStatus="Succeeded",
            OfficeObjectId=subject,
            OfficeId=stable_id("office", n),
            Parameters=json.dumps(parameters),
            SourceFileName=subject if "." in subject else "",
            Site_Url="https://corp.example/sites/files/" if workload == "SharePoint" else "",
        )


def _indicators(workspace: Workspace, now: datetime) -> Iterator[Row]:
    for n, (key, value, confidence, active) in enumerate(
        (
            ("ipv4-addr:value", "198.51.100.7", 90, True),
            ("ipv4-addr:value", "192.0.2.44", 40, True),
            ("domain-name:value", "malware.example", 75, True),
            ("url:value", "https://malware.example/drop", 60, False),
        )
    ):
        at = now - timedelta(hours=6 + n)
        yield _row(
            "ThreatIntelIndicators",
            workspace,
            at,
            WorkspaceId=workspace.customer_id,
            AzureTenantId=stable_id("indicator tenant"),
            Id=f"indicator--{stable_id('indicator', n)}",
            SourceSystem="Virtual feed",
            LastUpdateMethod="Upload",
            IsDeleted=False,
            IsActive=active,
            Revoked=False,
            ValidFrom=at - timedelta(days=1),
            ValidUntil=at + timedelta(days=30),
            Created=at,
            Modified=at,
            Tags="",
            Confidence=confidence,
            Pattern=f"[{key} = '{value}']",
            ObservableKey=key,
            ObservableValue=value,
            AdditionalFields="{}",
            Data=json.dumps({"indicator_types": ["malicious-activity"], "confidence": confidence}),
        )
