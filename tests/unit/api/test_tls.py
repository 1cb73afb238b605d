"""HTTPS of our own, by handshakes in memory."""

import ssl
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from itda.api.tls import Pair, keep_renewed
from itda.base.errors import Refused


def written(folder, serial, password=None):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "shop.example")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), serial, now, now + timedelta(days=1)).sign(
        key, hashes.SHA256()
    )
    lock = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    pair = Pair(folder / "cert.pem", folder / "key.pem")
    pem = serialization.Encoding.PEM
    pair.private_key.write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, lock))
    pair.private_key.chmod(0o600)
    pair.certificate.write_bytes(made.public_bytes(pem))
    return pair


def serial_of(context, version=None):
    """The serial number of the certificate that a server with this context shows."""
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    asking.check_hostname, asking.verify_mode = False, ssl.CERT_NONE
    if version is not None:
        asking.minimum_version = asking.maximum_version = version
    client, server = asking.wrap_bio(down, up), context.wrap_bio(up, down, server_side=True)
    for _ in range(4):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    return x509.load_der_x509_certificate(client.getpeercert(binary_form=True)).serial_number


def test_a_renewed_certificate_is_shown_without_a_stop_and_a_faulty_one_never(tmp_path, caplog):
    pair = written(tmp_path, 101)
    context = pair.context()
    assert serial_of(context) == 101
    stop = threading.Event()
    keeper = threading.Thread(target=keep_renewed, args=(pair, context, stop, 0.01))
    keeper.start()
    try:
        time.sleep(0.03)
        pair.certificate.write_text("not a certificate")
        until(lambda: "stays as it was" in caplog.text)
        assert serial_of(context) == 101
        written(tmp_path, 102)
        until(lambda: serial_of(context) == 102)
    finally:
        stop.set()
        keeper.join()


def until(holds):
    for _ in range(500):
        if holds():
            return
        time.sleep(0.01)
    raise AssertionError


def test_what_is_older_than_tls_1_2_is_not_spoken(tmp_path):
    context = written(tmp_path, 1).context()
    assert context.minimum_version == ssl.TLSVersion.TLSv1_2
    assert serial_of(context, ssl.TLSVersion.TLSv1_2) == 1


def test_files_that_cannot_serve_are_named_with_the_cure(tmp_path):
    pair = written(tmp_path, 1)
    with pytest.raises(Refused, match=r"nothing\.pem.*cannot be read|cannot be read"):
        Pair(tmp_path / "nothing.pem", pair.private_key).context()
    pair.private_key.chmod(0o644)
    with pytest.raises(Refused, match="open to everybody"):
        pair.context()
    (tmp_path / "b").mkdir()
    other = written(tmp_path / "b", 2)
    with pytest.raises(Refused, match="cannot be used together"):
        Pair(pair.certificate, other.private_key).context()
    with pytest.raises(Refused, match="cannot be used together"):
        written(tmp_path, 3, b"secret words").context()
