"""Texts of other products and clouds have no cause here: a wrong cause is worse than none."""

from __future__ import annotations

import pytest

from conformance.findings import explain

FOREIGN = (
    # a status alone has no meaning if the text shows another sender
    "splunk.RESTException: [HTTP 401] [{'type': 'WARN', 'text': 'call not properly authenticated', 'code': None}]",
    '127.0.0.1 - admin [03/Feb/2026:04:05:06 +0000] "GET /api/health HTTP/1.1" 401 381 "-" "curl/8.1"',
    "level=info msg=request method=GET path=/metrics status=401 duration=3ms",
    "fatal: unable to access 'https://git.example/x/y.git/': The requested URL returned error: 403",
    'Error from server (Forbidden): pods is forbidden: User "x" cannot list resource "pods"',
    '{"kind":"Status","apiVersion":"v1","status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}',
    '{"error":{"code":403,"message":"Permission denied on resource.","status":"PERMISSION_DENIED"}}',
    '{"error":{"code":403,"source":"logic-apis-westeurope.azure-apim.net","message":"The response is not in a JSON'
    ' format.","innerError":"Forbidden"}}',
    # words that every product uses
    "An error occurred (ExpiredToken) when calling the ListBuckets operation: The provided token has expired.",
    '{"errorCode":"E0000011","errorSummary":"Invalid token provided","errorId":"oaeX"}',
    '{"message":"Invalid username or password","statusCode":401,"error":"Unauthorized"}',
    "ERROR 1146 (42S02): Table 'shop.orders' doesn't exist",
    "MongoServerError: Authentication failed. code: 18 codeName: AuthenticationFailed",
    "SyntaxError: invalid syntax (main.py, line 4)",
    'terraform workspace "prod" doesn\'t exist.',
    "fatal: destination path 'x' already exists and is not an empty directory.",
    # sign-ins of other vendors: the descriptions of Entra begin with a number
    '{"error":"invalid_client","error_description":"Invalid client or Invalid client credentials"}',
    "RefreshError: ('invalid_grant: Invalid JWT Signature.', {'error': 'invalid_grant', 'error_description': 'x'})",
    '{"error":"unauthorized","error_description":"Full authentication is required to access this resource"}',
    # accidental numbers
    "room (403) is booked",
    "Ticket [500] closed as duplicate",
    "status: 404 items in stock",
    "Order no. 700016 was shipped",
    "Listening on port 50126",
    # headers of other vendors
    'HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Basic realm="Repository"\n\n',
    "HTTP/1.1 403 Forbidden\nServer: AmazonS3\nx-amz-request-id: 1\n\n",
)
OF_OTHERS = (
    "403 Forbidden: An invalid signature was specified in the Authorization header",
    "The caller object id is 'x'. Connection 'shared_azuresentinel' is missing connection ACL",
    '{"code":"Forbidden","message":"principal [x] does not have required RBAC permissions to perform action'
    ' [Microsoft.DocumentDB/databaseAccounts/readMetadata] on resource [/]"}',
)


def test_a_text_of_another_vendor_has_no_cause(subtests: pytest.Subtests) -> None:
    for text in FOREIGN:
        with subtests.test(text=text):
            assert explain(text).cause == "unknown"


def test_other_services_of_microsoft_are_recognised(subtests: pytest.Subtests) -> None:
    for text in OF_OTHERS:
        with subtests.test(text=text):
            assert explain(text).cause == "other_service"


def test_an_endpoint_without_an_identity_is_not_a_bad_request() -> None:
    assert explain("IMDS answered 400: no available identity").cause == "credential_missing"


def test_a_sign_of_microsoft_lets_common_words_count(subtests: pytest.Subtests) -> None:
    for words, sign, cause in [
        ("the token is expired", "Correlation ID: x", "token_expired"),
        ("The workspace 'law' could not be found", "/subscriptions/s/resourceGroups/g", "workspace_not_found"),
        ("invalid user name or password", "login to tenant contoso failed", "user_credentials_wrong"),
    ]:
        with subtests.test(words=words):
            assert explain(words).cause == "unknown"
            assert explain(f"{words} ({sign})").cause == cause
