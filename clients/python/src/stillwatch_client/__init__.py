"""Client of a Stillwatch server.

`Stillwatch` and `AsyncStillwatch` have the same calls; everything they take and give is a dataclass of `_types`.
"""

from ._async_client import AsyncStillwatch
from ._errors import (
    APIConnectionError,
    APIError,
    APIResponseValidationError,
    APIStatusError,
    APITimeoutError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    InternalServerError,
    NotFoundError,
    PartialBatchError,
    PermissionDeniedError,
    RateLimitError,
    StillwatchError,
    UnprocessableEntityError,
)
from ._sync_client import Stillwatch
from ._types import (
    Account,
    AccountPage,
    AccountRow,
    Assessment,
    Client,
    Exchange,
    Explanation,
    ItemError,
    Label,
    LabelReceipt,
    Message,
    Parameters,
    Reason,
    Response,
)

__all__ = [
    "APIConnectionError",
    "APIError",
    "APIResponseValidationError",
    "APIStatusError",
    "APITimeoutError",
    "Account",
    "AccountPage",
    "AccountRow",
    "Assessment",
    "AsyncStillwatch",
    "AuthenticationError",
    "BadRequestError",
    "Client",
    "ConflictError",
    "Exchange",
    "Explanation",
    "InternalServerError",
    "ItemError",
    "Label",
    "LabelReceipt",
    "Message",
    "NotFoundError",
    "Parameters",
    "PartialBatchError",
    "PermissionDeniedError",
    "RateLimitError",
    "Reason",
    "Response",
    "Stillwatch",
    "StillwatchError",
    "UnprocessableEntityError",
]
