"""Requests as data: path, body and response parser of each. The two clients only send them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import httpx

from . import _read
from ._errors import APIResponseValidationError
from ._settings import Settings
from ._types import (
    Account,
    AccountPage,
    Assessment,
    Exchange,
    Explanation,
    ItemError,
    Label,
    LabelPage,
    LabelReceipt,
    to_json,
)

T = TypeVar("T")

AnyExchange = Exchange | Mapping[str, object]
"""An exchange, or a parsed line of a traffic log."""

BATCH_MAX = 256
"""Maximum exchanges of one batch that the server accepts."""

_BATCH_BYTES_MAX = 7 * 1024 * 1024
"""Maximum bytes of one batch: below the server's limit of 8 MiB per body."""


@dataclass(frozen=True)
class Call(Generic[T]):
    """One request of the contract, in JSON."""

    path: str
    content: bytes
    read: Callable[[Mapping[str, object]], T]
    sent: int = 1
    """Number of exchanges in the request."""

    def request(self, settings: Settings) -> httpx.Request:
        """Build the HTTP request to the server of `settings`; it may be sent more than once."""
        headers = {**settings.headers(), "content-type": "application/json"}
        timeout = httpx.Timeout(settings.timeout).as_dict()
        url = settings.base_url.join(self.path)
        return httpx.Request("POST", url, content=self.content, headers=headers, extensions={"timeout": timeout})

    def answer(self, response: httpx.Response) -> T:
        """Parse a successful response."""
        try:
            return self.read(_read.record("answer", response.json()))
        except ValueError as error:
            raise APIResponseValidationError(f"{self.path}: {error}", response.request) from None


def score(exchange: AnyExchange) -> Call[Assessment]:
    """Build the request that scores one exchange."""
    return Call("v1/score", _encoded(_identified(exchange)), _read.assessment)


def score_batches(exchanges: Iterable[AnyExchange]) -> list[Call[list[Assessment | ItemError]]]:
    """Build the requests that score several exchanges, in order, in as few requests as the server's bounds allow."""
    calls = []
    part: list[bytes] = []
    size = 0
    for exchange in exchanges:
        encoded = _encoded(_identified(exchange))
        if part and (len(part) == BATCH_MAX or size + len(encoded) > _BATCH_BYTES_MAX):
            calls.append(_batch(part))
            part, size = [], 0
        part.append(encoded)
        size += len(encoded) + 1
    if part:
        calls.append(_batch(part))
    return calls


def _batch(part: list[bytes]) -> Call[list[Assessment | ItemError]]:
    sent = len(part)
    content = b'{"exchanges":[' + b",".join(part) + b"]}"
    return Call("stillwatch.v1.ScoringService/ScoreBatch", content, lambda data: _read.batch(data, sent), sent)


def get_account(account: str | None, pseudonym: str | None) -> Call[Account]:
    """Build the request for the state of an account."""
    return Call("stillwatch.v1.AccountService/GetAccount", _named(account, pseudonym), _read.got_account)


def list_accounts(bands: Sequence[str], page_size: int | None, page_token: str | None) -> Call[AccountPage]:
    """Build the request for a page of accounts."""
    query = {"bands": list(bands) or None, "page_size": page_size, "page_token": page_token}
    return Call("stillwatch.v1.AccountService/ListAccounts", _encoded(_given(query)), _read.account_page)


def explain_account(account: str | None, pseudonym: str | None) -> Call[Explanation]:
    """Build the request for the explanation of an account's assessment."""
    return Call("stillwatch.v1.AccountService/ExplainAccount", _named(account, pseudonym), _read.explanation)


def delete_account(account: str | None, pseudonym: str | None) -> Call[bool]:
    """Build the request that deletes the history of an account."""
    return Call("stillwatch.v1.AccountService/DeleteAccount", _named(account, pseudonym), _read.deleted)


def submit_label(label: Label) -> Call[LabelReceipt]:
    """Build the request that stores a reviewer's label."""
    return Call("stillwatch.v1.LabelService/SubmitLabel", _encoded(to_json(label)), _read.receipt)


def export_labels(page_size: int | None, page_token: str | None) -> Call[LabelPage]:
    """Build the request for a page of labels."""
    query = {"page_size": page_size, "page_token": page_token}
    return Call("stillwatch.v1.LabelService/ExportLabels", _encoded(_given(query)), _read.label_page)


def _named(account: str | None, pseudonym: str | None) -> bytes:
    return _encoded(_given({"account": account, "pseudonym": pseudonym}))


def _given(fields: Mapping[str, object]) -> Mapping[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


def _identified(exchange: AnyExchange) -> Mapping[str, object]:
    """Return the exchange with an id, so that the server can distinguish a retry from a second exchange."""
    data = _read.record("exchange", to_json(exchange))
    return data if data.get("id") else {**data, "id": str(uuid.uuid4())}


def _encoded(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode(errors="replace")
