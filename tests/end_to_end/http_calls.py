"""One HTTP request over TCP or a Unix socket, exactly as given."""
import dataclasses
import http.client
import socket


@dataclasses.dataclass(frozen=True)
class HttpAnswer:
    status: int
    fields: tuple  # (lower-case name, value), in order
    body: bytes

    def all(self, name):
        return [value for field, value in self.fields if field == name.lower()]

    def one(self, name):
        """The value of the only field of that name; an absent or repeated one is a failure."""
        values = self.all(name)
        assert len(values) == 1, f"{name}: {values}"
        return values[0]


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=30)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def send(address, method, path, fields=(), body=None):
    """`address` is tcp://HOST:PORT, http://HOST:PORT or unix:PATH; `fields` a mapping or pairs (names may repeat)."""
    if address.startswith("unix:"):
        connection = _UnixConnection(address.removeprefix("unix:"))
    else:
        connection = http.client.HTTPConnection(address.split("://", 1)[1], timeout=30)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in fields.items() if isinstance(fields, dict) else fields:
            connection.putheader(name, value)
        if body is not None:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        pairs = tuple((name.lower(), value) for name, value in answer.getheaders())
        return HttpAnswer(answer.status, pairs, answer.read())
    finally:
        connection.close()
