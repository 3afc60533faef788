"""Clients that mean no good, each in a process of its own. Prints one line when done; exits 1 if it could not connect.

  hostile_clients.py random HOST PORT COUNT     connections with random bytes, fixed seed
  hostile_clients.py big-header HOST PORT       one request with 1 MB of header; prints what came back
  hostile_clients.py slow HOST PORT             a byte of a request at a time; prints for how long it was suffered
  hostile_clients.py idle HOST PORT COUNT       connections that say nothing, until standard input ends
"""
import random
import resource
import socket
import sys
import time


def connect(host, port):
    return socket.create_connection((host, int(port)), timeout=10)


def send_random(host, port, count):
    source = random.Random(20240101)
    starts = (b"", b"GET / HTTP/1.1\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ", b"POST / HTTP/1.1\r\n"
              b"Host: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(int(count)):
        with connect(host, port) as client:
            try:
                client.sendall(source.choice(starts) + source.randbytes(source.randrange(1, 4096)))
                if source.random() < 0.5:
                    client.shutdown(socket.SHUT_WR)
                    client.settimeout(0.05)
                    client.recv(4096)
            except OSError:
                continue  # refused: what the server is expected to do
    print(f"sent {count} random streams")


def send_big_header(host, port):
    with connect(host, port) as client:
        answer = b""
        try:
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nX-Big: " + b"a" * 1_000_000 + b"\r\n\r\n")
        except OSError:
            pass  # closed while we were sending
        try:
            answer = client.recv(4096)
        except OSError:
            pass
        print(f"answer {answer.split(b' ')[1].decode() if answer.startswith(b'HTTP/') else 'closed'}")


def send_slowly(host, port):
    started = time.monotonic()
    with connect(host, port) as client:
        client.settimeout(0.2)
        for byte in b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X-Slow: y\r\n" * 1000:
            try:
                client.sendall(bytes([byte]))
                if client.recv(4096) == b"":
                    break
            except socket.timeout:
                continue
            except OSError:
                break
            if time.monotonic() - started > 60:
                break
    print(f"closed after {time.monotonic() - started:.1f} s")


def stay_idle(host, port, count):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    clients = [connect(host, port) for _ in range(int(count))]
    print(f"holding {len(clients)} connections", flush=True)
    sys.stdin.read()


def main():
    kinds = {"random": send_random, "big-header": send_big_header, "slow": send_slowly, "idle": stay_idle}
    kinds[sys.argv[1]](*sys.argv[2:])


if __name__ == "__main__":
    main()
