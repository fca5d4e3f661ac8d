"""Connections: their files, values, credentials and clouds."""

from conformance.connection.clouds import CLOUDS, Cloud
from conformance.connection.credential import Certificate, ClientSecret, Credential, FederatedToken
from conformance.connection.duration import DurationError, duration
from conformance.connection.expect import Expect
from conformance.connection.loader import ConnectionFileError, load, load_files
from conformance.connection.managed_identity import ManagedIdentity
from conformance.connection.model import USABLE, Connection
from conformance.connection.profile import Profile, get_profile, profile_names
from conformance.connection.secret import Secret, SecretError
from conformance.connection.template import template
from conformance.connection.values import Problem, problems

__all__ = [
    "CLOUDS",
    "USABLE",
    "Certificate",
    "ClientSecret",
    "Cloud",
    "Connection",
    "ConnectionFileError",
    "Credential",
    "DurationError",
    "Expect",
    "FederatedToken",
    "ManagedIdentity",
    "Problem",
    "Profile",
    "Secret",
    "SecretError",
    "duration",
    "get_profile",
    "load",
    "load_files",
    "problems",
    "profile_names",
    "template",
]
