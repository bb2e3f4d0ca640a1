"""The service's problem types, each with a status, a title and advice to the client."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class ProblemType:
    """A type of problem. `slug` is the last part of the `type` URI, and `meaning` says what to do about the problem."""

    slug: str
    status: int
    title: str
    meaning: str

    @property
    def type(self) -> str:
        """Relative URI reference that identifies the problem type and leads to the page that explains it."""
        return f"/problems/{self.slug}"


MALFORMED = ProblemType(
    "malformed",
    400,
    "The body cannot be read",
    "Send one JSON value in UTF-8, or a complete form if the route takes a file.",
)
NOT_SIGNED_IN = ProblemType(
    "not-signed-in", 401, "Authentication required", "Send a key in the header Authorization: Bearer mk_…"
)
NOT_PERMITTED = ProblemType(
    "not-permitted", 403, "Not permitted", "Ask your administrator for a role that allows this; /docs lists the roles."
)
NOT_FOUND = ProblemType("not-found", 404, "Not found", "Check the path and the id. The record may have been withdrawn.")
NOT_ALLOWED = ProblemType(
    "method-not-allowed", 405, "Method not allowed", "Use a method listed in the Allow header of the response."
)
CONFLICT = ProblemType(
    "conflict",
    409,
    "Conflicts with the record's state",
    "Read the record again, then decide whether the change is still needed.",
)
PRECONDITION = ProblemType(
    "precondition-failed",
    412,
    "Precondition not met",
    "The record does not match If-Match or If-None-Match. Read it again and repeat the change with its ETag.",
)
TOO_LARGE = ProblemType(
    "too-large",
    413,
    "The body is too large",
    "Send at most 2 MiB and 20,000 values. For a file, `detail` gives the limit.",
)
MEDIA = ProblemType(
    "unsupported-media-type", 415, "Unsupported content type", "Send JSON, or a form if the route takes a file."
)
INVALID = ProblemType(
    "invalid", 422, "The request is not valid", "Correct every field listed in `errors`, then send the request again."
)
TOO_OFTEN = ProblemType(
    "too-many-requests", 429, "Too many requests", "Wait for the number of seconds in Retry-After, then try again."
)
UNEXPECTED = ProblemType(
    "unexpected", 500, "Unexpected error", "The fault is in the service. The operator can find the cause in its log."
)
UNAVAILABLE = ProblemType(
    "unavailable", 503, "Service unavailable", "Wait for the number of seconds in Retry-After, then try again."
)
PROBLEM_TYPES: Final = (
    MALFORMED,
    NOT_SIGNED_IN,
    NOT_PERMITTED,
    NOT_FOUND,
    NOT_ALLOWED,
    CONFLICT,
    PRECONDITION,
    TOO_LARGE,
    MEDIA,
    INVALID,
    TOO_OFTEN,
    UNEXPECTED,
    UNAVAILABLE,
)
