"""What a call can raise. The classes are laid out as in the OpenAI SDK, so that one `except` fits both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import httpx

if TYPE_CHECKING:
    from ._types import Assessment, ItemError


class StillwatchError(Exception):
    """Anything that this package raises."""


class APIError(StillwatchError):
    """A call that has no answer."""

    def __init__(self, message: str, request: httpx.Request) -> None:
        super().__init__(message)
        self.message = message
        self.request = request


class APIConnectionError(APIError):
    """The server was not reached, or the connection broke."""


class APITimeoutError(APIConnectionError):
    """No answer came in time. The exchange may have been counted."""


class APIResponseValidationError(APIError):
    """The answer is not of the contract: another server, or a newer one."""


class APIStatusError(APIError):
    """The server refused. Its error holds names of fields, numbers and its own words, never text of a prompt."""

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
        """Where in the request, such as `messages[3].role`."""
        self.retryable = info.get("retryable") is True
        """Whether the same request may succeed later."""


class BadRequestError(APIStatusError):
    """400: the request is not one that the contract allows."""


class AuthenticationError(APIStatusError):
    """401: no key, or one that the server does not know."""


class PermissionDeniedError(APIStatusError):
    """403: the key is not good for this call."""


class NotFoundError(APIStatusError):
    """404: no such account, or no such call on this server."""


class ConflictError(APIStatusError):
    """409."""


class UnprocessableEntityError(APIStatusError):
    """422."""


class RateLimitError(APIStatusError):
    """429: more calls are waiting than the server admits."""


class InternalServerError(APIStatusError):
    """500 and above."""


class PartialBatchError(StillwatchError):
    """A batch was sent in parts, and a later part failed. The cause says why."""

    def __init__(self, completed: list[Assessment | ItemError], total: int) -> None:
        super().__init__(f"{len(completed)} of {total} exchanges were answered before a part of the batch failed")
        self.completed = completed
        """Results of the first exchanges, in their order. All others may be sent again."""


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
    """The error of a response whose body has been read."""
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
    """The `ErrorInfo` among the details of a Connect error, in its readable form."""
    details = body.get("details")
    if isinstance(details, list):
        for detail in details:
            if isinstance(detail, dict):
                info = detail.get("debug", detail)
                if isinstance(info, dict) and "reason" in info:
                    return info
    return {}
