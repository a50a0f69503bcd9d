"""Exceptions raised by the clients. The hierarchy is that of the OpenAI SDK, so that one `except` fits both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from ._types import Assessment, ItemError


class StillwatchError(Exception):
    """Base class of all exceptions of this package."""


class APIError(StillwatchError):
    """A request that failed."""

    def __init__(self, message: str, request: httpx.Request) -> None:
        super().__init__(message)
        self.message = message
        self.request = request


class APIConnectionError(APIError):
    """The server could not be reached, or the connection broke."""


class APITimeoutError(APIConnectionError):
    """No response arrived within the timeout. The exchange may have been counted."""


class APIResponseValidationError(APIError):
    """The response does not match the contract: a different server, or a newer one."""


class APIStatusError(APIError):
    """The server returned an error, which contains field names, numbers and fixed text, never text of a prompt."""

    def __init__(self, response: httpx.Response) -> None:
        body = _body(response)
        message = body.get("message")
        super().__init__(
            str(message) if message else f"HTTP status {response.status_code}",
            response.request,
        )
        info = _info(body)
        self.response = response
        self.status_code = response.status_code
        self.code = str(body.get("code", ""))
        """The Connect code, such as `invalid_argument`."""
        self.reason = str(info.get("reason", ""))
        """The row of the server's error table, such as `missing_field`."""
        self.field = str(info.get("field", ""))
        """The field of the request, such as `messages[3].role`."""
        self.retryable = info.get("retryable") is True
        """Whether the same request may succeed later."""


class BadRequestError(APIStatusError):
    """400: the request violates the contract."""


class AuthenticationError(APIStatusError):
    """401: the API key is missing or unknown."""


class PermissionDeniedError(APIStatusError):
    """403: the API key lacks the scope that the request needs."""


class NotFoundError(APIStatusError):
    """404: the account or the route does not exist."""


class ConflictError(APIStatusError):
    """409."""


class UnprocessableEntityError(APIStatusError):
    """422."""


class RateLimitError(APIStatusError):
    """429: the server is overloaded, or the API key is over its rate limit."""


class InternalServerError(APIStatusError):
    """500 and above."""


class PartialBatchError(StillwatchError):
    """A batch was sent in parts, and a later part failed. `__cause__` is its error."""

    def __init__(self, completed: list[Assessment | ItemError], total: int) -> None:
        super().__init__(f"{len(completed)} of {total} exchanges were answered before a part of the batch failed")
        self.completed = completed
        """Results of the first exchanges, in order. All others may be sent again."""


_BY_STATUS: Mapping[int, type[APIStatusError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: UnprocessableEntityError,
    429: RateLimitError,
}


def status_error(response: httpx.Response) -> APIStatusError:
    """Return the error for a response whose body has been read."""
    known = _BY_STATUS.get(response.status_code)
    if known is None:
        known = InternalServerError if response.status_code >= 500 else APIStatusError
    return known(response)


def _body(response: httpx.Response) -> Mapping[str, object]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _info(body: Mapping[str, object]) -> Mapping[str, object]:
    """Return the `ErrorInfo` from the details of a Connect error, in its readable form."""
    details = body.get("details")
    if isinstance(details, list):
        for detail in details:
            if isinstance(detail, dict):
                info = detail.get("debug", detail)
                if isinstance(info, dict) and "reason" in info:
                    return info
    return {}
