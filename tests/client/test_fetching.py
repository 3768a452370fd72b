"""Opening an address that an artifact names: bytes come, no login goes, and every refusal is a sentence."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from runicorn_jupyter.client.fetching import opened

CONTENT = bytes(range(256)) * 5000


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.seen.append(self.headers.get("Authorization"))
        if self.path == "/data.bin":
            self.send_response(200)
            self.end_headers()
            self.wfile.write(CONTENT)
        elif self.path == "/cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"abc")
        elif self.path == "/round":
            self.send_response(302)
            self.send_header("Location", "/round")
            self.end_headers()
        elif self.path == "/file":
            self.send_response(302)
            self.send_header("Location", "file:///etc/hostname")
            self.end_headers()
        else:
            self.send_error(404)

    def log_message(self, *_):
        pass


def certificate(folder):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "loopback")])
    now = dt.datetime.now(dt.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "server.pem"
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    (folder / "trusted.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("https")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(folder))
    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.socket = context.wrap_socket(running.socket, server_side=True)
    running.seen = []
    running.trusted = folder / "trusted.pem"
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield running
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture
def base(server, monkeypatch, tmp_path):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.trusted))
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    (tmp_path / "netrc").chmod(0o600)
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    return f"https://127.0.0.1:{server.server_port}"


def test_the_bytes_come_and_no_login_of_the_user_goes(base, server):
    with opened(f"{base}/data.bin") as content:
        parts = []
        while part := content.read(100_000):
            parts.append(part)
    assert b"".join(parts) == CONTENT
    assert len(parts) > 1
    assert set(server.seen) == {None}


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("/none", "answers 404"),
        ("/round", "without an end"),
        ("/file", "cannot be used"),
    ],
)
def test_a_refusal_is_a_sentence(base, path, sentence):
    with pytest.raises(OSError, match=sentence), opened(f"{base}{path}"):
        pass


def test_a_connection_that_breaks_is_no_end(base):
    with opened(f"{base}/cut") as content:
        assert content.read(3) == b"abc"
        with pytest.raises(OSError, match="broke while it was read"):
            content.read(100)


def test_a_server_that_is_not_trusted_or_not_there(base, monkeypatch, free_tcp_port):
    with pytest.raises(OSError, match="can be reached"), opened(f"https://127.0.0.1:{free_tcp_port}/"):
        pass
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    with pytest.raises(OSError, match="not trusted"), opened(f"{base}/data.bin"):
        pass
