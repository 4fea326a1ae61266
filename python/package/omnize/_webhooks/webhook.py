"""The base class of the WSGI and the ASGI webhook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable, Generic, Optional, TypeVar, Union

from .._arguments import describe_type, seconds
from .._clients.base_client import BaseClient
from .._errors import Error
from .process_client import ProcessClient
from .request_validator import RequestHead, RequestPath, RequestValidator, Response, response_to

if TYPE_CHECKING:
    from .._clients.option_types import Seconds

__all__ = ["BaseWebhook"]

_Client = TypeVar("_Client", bound=BaseClient[Any, Any])
_Application = TypeVar("_Application", bound=Callable[..., Any])


class BaseWebhook(Generic[_Client, _Application]):
    """Checks the arguments of a webhook, and reads its requests.

    A request is read in these steps: :meth:`_is_own`, :meth:`_reject`, reading the body up to the limit,
    :meth:`_decode`, delivery to the client, :meth:`_response_to`. The derived class does the input and output.
    """

    def __init__(
        self,
        client: Union[_Client, Callable[[], _Client]],
        check_client: Callable[[Any], None],
        path: str,
        basic: Optional[str],
        max_body: int,
        otherwise: Optional[_Application],
        close_timeout: Seconds,
    ) -> None:
        if otherwise is not None and not callable(otherwise):
            raise TypeError(f"otherwise is {describe_type(otherwise)}; pass an application or None")
        self._close_timeout = seconds("close_timeout", close_timeout)
        self._client: ProcessClient[_Client] = ProcessClient(client, check_client, self._close_timeout)
        self._validator = RequestValidator(path, basic, max_body)
        self._otherwise = otherwise

    def open(self) -> _Client:
        """Returns the client of this process.

        If the webhook has a function, the function opens the client at the first call, and again after a close.
        Raises :class:`Forked` if the client was opened before this process was forked.
        """
        return self._client.open()

    def _is_own(self, path: RequestPath) -> bool:
        """Returns whether the request is for the webhook, not for the application ``otherwise``."""
        return self._otherwise is None or self._validator.is_at(path)

    def _reject(self, path: RequestPath, head: RequestHead) -> Optional[Response]:
        """Returns the response to a request that must be rejected before its body is read, or None."""
        return self._validator.reject(path, head)

    def _is_too_large(self, size: int) -> bool:
        """Returns whether a body of this size must be rejected. Then it is not read to its end."""
        return size > self._validator.max_body

    def _decode(self, body: bytes, length: Optional[int], content_encoding: Optional[str]) -> Union[bytes, Response]:
        """Returns the decoded body, or the response to an invalid one. ``length`` is that of the head, if known."""
        if self._is_too_large(len(body)):
            return Response(413)
        if length is not None and len(body) < length:
            # The body is incomplete. A part of a trigger must not be taken for a trigger.
            return Response(400)
        return self._validator.decode(body, content_encoding)

    @staticmethod
    def _response_to(error: Optional[Error]) -> Response:
        """Returns the response after the delivery, which raised ``error`` or succeeded (None)."""
        return response_to(error)
