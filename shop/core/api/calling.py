"""The parts of what ninja does with a request, for decorators that stand between them."""

from typing import Final, cast

from django.http import HttpRequest, HttpResponse
from ninja.operation import Operation

JSON: Final = "application/json; charset=utf-8"


def refusal_of(operation: Operation, request: HttpRequest) -> HttpResponse | None:
    """Check token and limits; return the refusal, or None. `request.user` is known after it."""
    return operation._run_checks(request)


def call(operation: Operation, request: HttpRequest, arguments: dict[str, object]) -> HttpResponse:
    """Read the values of a request whose checks have passed, call the endpoint, and write its answer."""
    try:
        temporal = operation.api.create_temporal_response(request)
        values = operation._get_values(request, arguments, temporal)
        result = operation.view_func(request, **values)
        response = operation._result_to_response(request, result, temporal)
    except Exception as error:  # noqa: BLE001  (its handlers re-raise what they do not know)
        return answer_of(operation, request, error)
    return cast(HttpResponse, response)


def answer_of(operation: Operation, request: HttpRequest, error: Exception) -> HttpResponse:
    """Return the answer to an error. Raises it again where nobody expected it."""
    return operation.api.on_exception(request, error)
