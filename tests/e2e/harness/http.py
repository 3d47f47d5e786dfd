# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
"""A client for --listen."""

import http.client
import socket

from .settings import PATIENCE


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def http_get(port, path, method="GET"):
    """Returns (status, body)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5 * PATIENCE)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()
