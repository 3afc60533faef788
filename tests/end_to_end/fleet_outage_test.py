"""A node whose Redis says nothing: what callers hear under each rule of [state], and how soon all is well again."""
import contextlib
import signal
import time

import programs
import revocations
import servers
from revocations import ACCEPTED

UNAVAILABLE = (503, "revocations_unavailable")
MAX_FEED_LAG_SECONDS = 1
# Redis is given up when it has not answered a read: half a second, and fleet_timeout. Then it is tried again.
NOTICED_SECONDS_MAX = 10
STATE = f"""fleet_timeout = "200ms"
max_feed_lag = "{MAX_FEED_LAG_SECONDS}s"
past_max_feed_lag = "%s"
"""


@contextlib.contextmanager
def node_under(rule, folder):
    """A node that follows its fleet, its Redis, and a token that it accepts."""
    with contextlib.ExitStack() as stack:
        issuer = programs.Issuer(folder)
        stack.callback(issuer.stop)
        redis = revocations.Redis(folder)
        stack.callback(redis.stop)
        node = revocations.Node(folder / "node", issuer, redis, revocations.new_id_key(), fleet=STATE % rule)
        stack.callback(node.stop)
        stack.callback(redis.process.send_signal, signal.SIGCONT)
        programs.wait_until(lambda: node.status()["log"]["fleet"] == "following", "the fleet is followed")
        yield node, redis, servers.mint(issuer, sub="alice")


def readiness(node):
    answer = node.sidecar.admin("/readyz")
    return answer.status_code, answer.json()


def gauge(node, name):
    return servers.metric(node.sidecar, f"assay_{name}")


def test_a_node_that_is_cut_off_too_long_refuses_until_it_follows_again(tmp_path):
    with node_under("refuse", tmp_path) as (node, redis, token):
        assert node.verdict(token) == ACCEPTED and gauge(node, "revocation_feed_late") == 0
        redis.process.send_signal(signal.SIGSTOP)
        assert node.verdict(token) == ACCEPTED
        lasted = node.wait_for(token, UNAVAILABLE)
        assert MAX_FEED_LAG_SECONDS / 2 < lasted < MAX_FEED_LAG_SECONDS + NOTICED_SECONDS_MAX
        answer = node.client().exchange(token)
        assert int(answer.getheader("Retry-After")) > 0 and answer.getheader("WWW-Authenticate") is None
        assert node.verdict(token[:-8] + "AAAAAAAA")[0] == 401, "what is wrong is refused as ever"
        programs.wait_until(lambda: readiness(node)[0] == 503, "/readyz turns 503")
        assert any("max_feed_lag" in line for line in readiness(node)[1]["missing"])
        assert gauge(node, "revocation_feed_late") == 1
        assert gauge(node, "revocation_feed_lag_seconds") > MAX_FEED_LAG_SECONDS
        redis.process.send_signal(signal.SIGCONT)
        node.wait_for(token, ACCEPTED)
        programs.wait_until(lambda: readiness(node)[0] == 200, "/readyz turns 200")
        assert gauge(node, "revocation_feed_late") == 0


def test_a_node_that_may_go_on_does_and_says_so(tmp_path):
    with node_under("go_on", tmp_path) as (node, redis, token):
        redis.process.send_signal(signal.SIGSTOP)
        programs.wait_until(lambda: gauge(node, "revocation_feed_late") == 1, "the metric says so")
        assert node.verdict(token) == ACCEPTED
        status, said = readiness(node)
        assert status == 200 and any("longer than max_feed_lag" in line for line in said["degraded"])
        redis.process.send_signal(signal.SIGCONT)
        programs.wait_until(lambda: gauge(node, "revocation_feed_late") == 0, "all is well again")


def test_a_node_refuses_from_its_start_until_it_has_followed_once(tmp_path):
    with node_under("refuse", tmp_path) as (node, redis, token):
        redis.process.send_signal(signal.SIGSTOP)
        assert node.stop() == 0
        node.launch()
        node.wait_for(token, UNAVAILABLE)
        time.sleep(MAX_FEED_LAG_SECONDS)
        assert node.verdict(token) == UNAVAILABLE and readiness(node)[0] == 503
        redis.process.send_signal(signal.SIGCONT)
        node.wait_for(token, ACCEPTED)
