"""The shapes of Grafana's error bodies, as exceptions that a handler raises."""

import itertools
from http import HTTPStatus
from typing import Any

from starlette.responses import JSONResponse, Response

_access_error_numbers = itertools.count(1)


class RefusalError(Exception):
    """An error answer: HTTP status and JSON body; body None is the four bytes `null` without a JSON content type."""

    def __init__(self, status: int, body: dict[str, Any] | None) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body

    def response(self) -> Response:
        """The refusal as an HTTP response."""
        if self.body is None:
            return Response("null", status_code=self.status)
        return JSONResponse(self.body, status_code=self.status)


def plain(status: int, message: str = "") -> RefusalError:
    """`response.Error`: {"message"}; 404 and 500 have a default text (pkg/api/response)."""
    defaults = {HTTPStatus.NOT_FOUND: "Not Found", HTTPStatus.INTERNAL_SERVER_ERROR: "Internal Server Error"}
    return RefusalError(status, {"message": message or defaults.get(HTTPStatus(status), "")})


def dashboard_error(status: int, word: str, message: str) -> RefusalError:
    """{"message", "status"}, as dashboards and folders answer."""
    return RefusalError(status, {"message": message, "status": word})


def errutil(status: int, message_id: str, message: str) -> RefusalError:
    """{"statusCode", "messageId", "message"}, the public form of Grafana's errutil.Error."""
    return RefusalError(status, {"statusCode": status, "messageId": message_id, "message": message})


def access_denied(permission: str) -> RefusalError:
    """The answer of role-based access control, which names the missing permission."""
    message = f"You'll need additional permissions to perform this action. Permissions needed: {permission}"
    error_id = f"ACE{next(_access_error_numbers):010d}"
    return RefusalError(HTTPStatus.FORBIDDEN, {"accessErrorId": error_id, "message": message, "title": "Access denied"})


def kubernetes(status: int, reason: str, message: str) -> RefusalError:
    """A `Status` of Kubernetes, as everything below /apis answers."""
    body = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    return RefusalError(status, body | {"message": message, "reason": reason, "code": int(status)})


def empty(status: int) -> RefusalError:
    """`response.Empty`: the bytes `null`."""
    return RefusalError(status, None)


def bad_request_data() -> RefusalError:
    """A body that is not the JSON object that the endpoint takes."""
    return plain(HTTPStatus.BAD_REQUEST, "bad request data")
