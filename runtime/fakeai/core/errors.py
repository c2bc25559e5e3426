"""The error tree: everything a client did wrong is one ApiError, rendered as OpenAI's envelope.

ApiError
├── NotFound             404, an object that does not exist
└── helpers              model_not_found(), missing_parameter(), … for the bodies clients match on
"""

from collections.abc import Mapping

INVALID_REQUEST = "invalid_request_error"


class ApiError(Exception):
    """An error response. `type`, `code` and `param` are what OpenAI's envelope calls them."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        type: str = INVALID_REQUEST,
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.type = type
        self.code = code
        self.param = param
        self.headers = dict(headers or {})

    def body(self) -> dict[str, dict[str, str | None]]:
        return {"error": {"message": self.message, "type": self.type, "param": self.param, "code": self.code}}


class NotFound(ApiError):
    def __init__(self, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(404, message, code=code, param=param)


def model_not_found(model: str, *, param: str | None = None) -> NotFound:
    """On completion endpoints `param` is null, on GET /models/{model} it is "model"."""
    message = f"The model `{model}` does not exist or you do not have access to it."
    return NotFound(message, code="model_not_found", param=param)


def missing_parameter(param: str) -> ApiError:
    message = f"Missing required parameter: '{param}'."
    return ApiError(400, message, code="missing_required_parameter", param=param)


def unsupported_parameter(param: str, advice: str = "") -> ApiError:
    message = f"Unsupported parameter: '{param}' is not supported with this model.{advice and ' ' + advice}"
    return ApiError(400, message, code="unsupported_parameter", param=param)


def unsupported_value(param: str, value: object, advice: str = "") -> ApiError:
    message = f"Unsupported value: '{param}' does not support {value} with this model.{advice and ' ' + advice}"
    return ApiError(400, message, code="unsupported_value", param=param)


def server_error() -> ApiError:
    message = "The server had an error while processing your request. Sorry about that!"
    return ApiError(500, message, type="server_error")
