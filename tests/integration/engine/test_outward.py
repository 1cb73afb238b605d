"""Calls to others, over real sockets."""

import base64
import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from itda.base.errors import Refused, Unavailable
from itda.base.instant import SECOND
from itda.engine import outward
from itda.sources import signature
from itda.sources.origins import WebhookOrigin

HERE = outward.networks(["127.0.0.0/8", "::1/128"])
SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()


class Called(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.calls.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(302 if self.path == "/moved" else 200)
        self.send_header("location", "http://127.0.0.1:1/inside")
        self.end_headers()
        self.wfile.write(b"x" * (200_000 if self.path == "/long" else 2))

    def log_message(self, *_):
        pass


@pytest.fixture
def server(request):
    found = ThreadingHTTPServer(("127.0.0.1", 0), Called)
    found.calls = []
    if getattr(request, "param", None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(request.getfixturevalue("certificate"))
        found.socket = context.wrap_socket(found.socket, server_side=True)
    threading.Thread(target=found.serve_forever, daemon=True).start()
    yield found
    found.shutdown()
    found.server_close()


@pytest.fixture
def certificate(tmp_path):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path = tmp_path / "both.pem"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *form) + made.public_bytes(serialization.Encoding.PEM)
    )
    return str(path)


def test_a_call_is_signed_so_that_a_webhook_of_ours_would_believe_it_and_no_other(server):
    now = 1_800_000_000 * SECOND
    url = f"http://127.0.0.1:{server.server_port}/told"
    assert outward.post(url, b'{"a":1}', outward.signed(SECRET, "c1", now, b'{"a":1}'), HERE) == (200, b"xx")
    path, headers, body = server.calls[0]
    origin = WebhookOrigin(scheme="standard", secrets_from=("S",), tolerance=300 * SECOND)
    assert path == "/told"
    assert headers["host"] == f"127.0.0.1:{server.server_port}"
    assert signature.fault(origin, [SECRET], headers, body, now) is None
    assert signature.fault(origin, [SECRET], headers, body + b" ", now) == "the signature is wrong"


def test_a_redirect_is_not_followed_and_a_long_answer_is_cut(server):
    where = f"http://127.0.0.1:{server.server_port}"
    assert outward.post(f"{where}/moved", b"{}", {}, HERE).status == 302
    assert len(outward.post(f"{where}/long", b"{}", {}, HERE).body) == outward.LARGEST_ANSWER
    assert [path for path, _, _ in server.calls] == ["/moved", "/long"]


@pytest.mark.parametrize("server", ["secure"], indirect=True)
def test_a_certificate_is_held_to_the_name_that_was_called(server, certificate):
    port = server.server_port
    assert outward.post(f"https://localhost:{port}/", b"{}", {}, HERE, trust=certificate).status == 200
    with pytest.raises(Unavailable):
        outward.post(f"https://127.0.0.1:{port}/", b"{}", {}, HERE, trust=certificate)
    with pytest.raises(Unavailable):
        outward.post(f"https://localhost:{port}/", b"{}", {}, HERE)


@pytest.mark.parametrize(
    "url",
    ["https://127.0.0.1/", "https://localhost/", "https://10.1.2.3/", "https://169.254.169.254/latest/meta-data/",
     "https://[::1]/", "https://[::ffff:10.0.0.1]/", "https://2130706433/", "https://0.0.0.0/", "https://224.0.0.1/",
     "https://[fe80::1]/", "https://[fec0::1]/", "https://[fd00::1]/", "https://100.64.0.1/"],
)  # fmt: skip
def test_what_stands_behind_our_walls_is_not_called(url):
    with pytest.raises(Refused, match="is not a public address"):
        outward.target(url)


@pytest.mark.parametrize(
    "url", ["ftp://a.example/", "https://", "https://u:p@a.example/", "file:///etc/passwd", "a", "https://[::1"]
)
def test_what_is_no_address_of_a_call_is_refused_without_its_password(url):
    with pytest.raises(Refused, match="cannot be called") as refused:
        outward.target(url, resolve=lambda *_: ["93.184.216.34"])
    assert ":p@" not in str(refused.value)


def test_one_private_address_among_several_is_enough_to_refuse_and_the_clear_is_for_inside_only():
    with pytest.raises(Refused, match="not a public address"):
        outward.target("https://a.example/", resolve=lambda *_: ["93.184.216.34", "10.0.0.1"])
    with pytest.raises(Refused, match="in the clear"):
        outward.target("http://a.example/", resolve=lambda *_: ["93.184.216.34"])


def test_the_address_that_was_looked_at_is_the_one_connected_to():
    asked = []

    def rebinding(host, port):
        asked.append((host, port))
        return ["93.184.216.34"] if len(asked) == 1 else ["127.0.0.1"]

    found = outward.target("https://a.example:8443/x?y=1#z", resolve=rebinding)
    assert found == ("https://93.184.216.34:8443/x?y=1", "a.example:8443", True)
    assert ip_address("93.184.216.34").is_global
    assert asked == [("a.example", 8443)]


def test_a_network_that_is_none_and_a_secret_that_is_none_are_named():
    with pytest.raises(Refused, match="is no network"):
        outward.networks(["10.0.0.0/40"])
    with pytest.raises(Refused, match="not base64"):
        outward.signed("whsec_a!", "c", 0, b"")
