"""Asking the running daemon how it is, over the address it answers on."""

import http.client
import json
from typing import Any

from livecsi.errors import FindingsError
from livecsi.settings import ServiceSettings

PATIENCE_SECONDS = 5.0
LARGEST_ANSWER_BYTES = 16 * 1024 * 1024
ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}


def ask_status(service: ServiceSettings) -> dict[str, Any]:
    """The daemon's `/status` (see `health.status_document`); raises FindingsError when there is none to ask."""
    host = ANY_ADDRESS.get(service.host, service.host)
    connection = http.client.HTTPConnection(host, service.port, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", "/status")
        answer = connection.getresponse()
        said = json.loads(answer.read(LARGEST_ANSWER_BYTES))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _nobody(host, service.port, error) from error
    finally:
        connection.close()
    if not (isinstance(said, dict) and "state" in said and "setlist" in said):
        raise _not_livecsi(host, service.port)
    return said


def _not_livecsi(host: str, port: int) -> FindingsError:
    return FindingsError(f"what answers at {host}:{port} is no livecsi", "check service.port")


def _nobody(host: str, port: int, error: Exception) -> FindingsError:
    if isinstance(error, ValueError | http.client.HTTPException):
        return _not_livecsi(host, port)
    if isinstance(error, TimeoutError):
        return FindingsError(f"livecsi at {host}:{port} does not answer", "see its log: journalctl -u livecsi")
    return FindingsError(
        f"livecsi is not running: nobody answers at {host}:{port}",
        "start it: `systemctl start livecsi`, or `livecsi run` on a terminal",
    )
