"""Parts of configurations, a sidecar for Credicorp alone, an issuer of its own, and what both say of keys."""
import contextlib
import http.client
import re

import programs
import systems

PATH = "/partner/v1/applications"     # POST
GET_PATH = "/partner/v1/decisions/1"

# For a configuration: a listener that answers the client "gateway", whose secret is in the file gateway.secret.
INTROSPECTION = """
[[listener]]
address = "{address}"
mode = "introspection"
clients = ["gateway"]

[[client]]
id = "gateway"
secret_file = "gateway.secret"
"""


@contextlib.contextmanager
def started(folder, name, config_name, replacements=(), extra=""):
    """An issuer and a sidecar with a configuration of docs/systems, as programs.Sidecar takes it, in folder/name."""
    own = folder / name
    own.mkdir()
    issuer = programs.Issuer(own)
    sidecar = None
    try:
        sidecar = programs.Sidecar(own, config_name, issuer, [f"tcp://127.0.0.1:{programs.free_port()}"],
                                   replacements=replacements, extra=extra)
        yield issuer, sidecar
        assert sidecar.stop() == 0, sidecar.report()
    finally:
        if sidecar is not None:
            sidecar.stop()
        issuer.stop()


@contextlib.contextmanager
def running(folder, name, settings="", extra=""):
    """The same with Credicorp's, once it is ready; `settings` are lines of the [[issuer]], `extra` of the end."""
    replacements = [("discovery = true", f"discovery = true\n{settings}")]
    with started(folder, name, "credicorp.toml", replacements, extra) as (issuer, sidecar):
        sidecar.wait_until_ready()
        yield issuer, sidecar


def mint(issuer, **parameters):
    return issuer.control("mint", system="credicorp", **parameters)["access_token"]


class Client:
    """One connection that is kept open; of one thread."""

    def __init__(self, sidecar):
        self.connection = http.client.HTTPConnection(sidecar.listeners[0].removeprefix("tcp://"), timeout=30)

    def ask(self, token):
        """Status and the value of X-Assay-Code, "" where the token passes."""
        answer = self.exchange(token)
        return answer.status, answer.getheader("X-Assay-Code", "")

    def exchange(self, token):
        """The whole answer, its body read."""
        self.connection.request("POST", PATH, headers=systems.credentials("credicorp", token))
        answer = self.connection.getresponse()
        answer.body = answer.read()
        return answer


def metric(sidecar, name, **labels):
    """The sum of a metric over what has these labels."""
    total = 0.0
    for line in sidecar.admin("/metrics").text.splitlines():
        found = re.fullmatch(re.escape(name) + r"(?:\{(.*)\})? (\S+)", line)
        if found and all(f'{label}="{value}"' in (found[1] or "") for label, value in labels.items()):
            total += float(found[2])
    return total


def forced_fetches(sidecar):
    return metric(sidecar, "assay_key_forced_fetches_total")
