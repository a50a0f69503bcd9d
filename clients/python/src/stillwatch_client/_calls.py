"""Every call as data: where it goes, what it sends, how its answer is read. The two clients only carry them."""

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
"""An exchange, or a line of a traffic log as it stands."""

BATCH_MAX = 256
"""Exchanges that the server takes in one batch."""

_BATCH_BYTES_MAX = 7 * 1024 * 1024
"""Bytes of one batch: below the 8 MiB that the server reads of a body."""


@dataclass(frozen=True)
class Call(Generic[T]):
    """One call of the contract, in JSON."""

    path: str
    content: bytes
    read: Callable[[Mapping[str, object]], T]
    sent: int = 1
    """Exchanges in it."""

    def request(self, settings: Settings) -> httpx.Request:
        """The call to the server of `settings`; may be sent more than once."""
        headers = {**settings.headers(), "content-type": "application/json"}
        timeout = httpx.Timeout(settings.timeout).as_dict()
        url = settings.base_url.join(self.path)
        return httpx.Request("POST", url, content=self.content, headers=headers, extensions={"timeout": timeout})

    def answer(self, response: httpx.Response) -> T:
        """What a successful response says."""
        try:
            return self.read(_read.record("answer", response.json()))
        except ValueError as error:
            raise APIResponseValidationError(f"{self.path}: {error}", response.request) from None


def score(exchange: AnyExchange) -> Call[Assessment]:
    """Counts one exchange."""
    return Call("v1/score", _encoded(_identified(exchange)), _read.assessment)


def score_batches(exchanges: Iterable[AnyExchange]) -> list[Call[list[Assessment | ItemError]]]:
    """Counts several, in their order, in as few calls as the server's bounds allow."""
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
    """The state of an account."""
    return Call("stillwatch.v1.AccountService/GetAccount", _named(account, pseudonym), _read.got_account)


def list_accounts(bands: Sequence[str], page_size: int | None, page_token: str | None) -> Call[AccountPage]:
    """A page of accounts."""
    asked = {"bands": list(bands) or None, "page_size": page_size, "page_token": page_token}
    return Call("stillwatch.v1.AccountService/ListAccounts", _encoded(_given(asked)), _read.account_page)


def explain_account(account: str | None, pseudonym: str | None) -> Call[Explanation]:
    """Why an account stands where it stands."""
    return Call("stillwatch.v1.AccountService/ExplainAccount", _named(account, pseudonym), _read.explanation)


def delete_account(account: str | None, pseudonym: str | None) -> Call[bool]:
    """Deletes the history of an account."""
    return Call("stillwatch.v1.AccountService/DeleteAccount", _named(account, pseudonym), _read.deleted)


def submit_label(label: Label) -> Call[LabelReceipt]:
    """Stores a reviewer's label."""
    return Call("stillwatch.v1.LabelService/SubmitLabel", _encoded(to_json(label)), _read.receipt)


def export_labels(page_size: int | None, page_token: str | None) -> Call[LabelPage]:
    """A page of labels."""
    asked = {"page_size": page_size, "page_token": page_token}
    return Call("stillwatch.v1.LabelService/ExportLabels", _encoded(_given(asked)), _read.label_page)


def _named(account: str | None, pseudonym: str | None) -> bytes:
    return _encoded(_given({"account": account, "pseudonym": pseudonym}))


def _given(fields: Mapping[str, object]) -> Mapping[str, object]:
    return {name: value for name, value in fields.items() if value is not None}


def _identified(exchange: AnyExchange) -> Mapping[str, object]:
    """The exchange with an id, so that a copy of it sent by a retry can be told from a second exchange."""
    data = _read.record("exchange", to_json(exchange))
    return data if data.get("id") else {**data, "id": str(uuid.uuid4())}


def _encoded(body: object) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
