"""What `check` says of channels.yaml, and what is read from it."""

from __future__ import annotations

from pathlib import Path

import pytest

from itda.workspace.load import check, load
from itda.workspace.start import init

GOOD = """\
email:
  host: smtp.example.com
  from: news@shop.example
  public_url: https://mail.shop.example/
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    init(tmp_path, "shop")
    return tmp_path


def told(shop: Path, text: str) -> list[str]:
    (shop / "channels.yaml").write_text(text, encoding="utf-8")
    return [str(fault) for fault in check(shop, {}) if fault.file == "channels.yaml"]


def test_a_new_workspace_sends_nothing(shop: Path) -> None:
    assert load(shop, {}).email is None


def test_a_server_is_read_with_its_defaults(shop: Path) -> None:
    assert told(shop, GOOD) == []
    email = load(shop, {}).email
    assert email is not None
    assert (email.host, email.port, email.tls, email.login) == ("smtp.example.com", 587, "starttls", None)
    assert email.base_url == "https://mail.shop.example"
    assert email.tracks


def test_the_password_comes_from_the_environment_and_is_not_shown(shop: Path) -> None:
    assert told(shop, GOOD + "  login: true\n") == []
    with_it = load(shop, {"ITDA_SMTP_USER": "u", "ITDA_SMTP_PASSWORD": "hunter2"})
    assert with_it.email is not None
    assert with_it.email.login is not None
    assert with_it.email.login.password == "hunter2"
    assert "hunter2" not in repr(with_it)
    without = load(shop, {"ITDA_SMTP_USER": "u"}).email
    assert without is not None
    assert (without.needs_login, without.login) == (True, None)


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ("  host: smtp.example.com\n", "", "channels.yaml:1: email: 'host' is missing"),
        ("host: smtp.example.com", "hots: smtp.example.com", "channels.yaml:2: email.hots: 'hots' is not known (did you mean host?)"),
        ("from: news", "port: 99999\n  from: news", "channels.yaml:3: email.port: must be at most 65535"),
        ("from: news", "tls: none\n  from: news", "channels.yaml:3: email.tls: without TLS everybody on the way reads the mails"),
        ("from: news", "tls: tls\n  from: news", "channels.yaml:3: email.tls: 'tls' is not known"),
        ("news@shop.example", "news", "channels.yaml:3: email.from: 'news' is no e-mail address"),
        ("from: news", "bounces: b@\n  from: news", "channels.yaml:3: email.bounces: 'b@' is no e-mail address"),
        ("from: news", "ca_file: no.pem\n  from: news", "channels.yaml:3: email.ca_file: no.pem is not there"),
        ("https://mail.shop.example/", "mail.shop.example", "channels.yaml:4: email.public_url: 'mail.shop.example' is no address of a site"),
        ("https://", "http://", "channels.yaml:4: email.public_url: mail readers unsubscribe over https only"),
        ("https://mail.shop.example/", "'https://mail.shop.example\\evil.example/'", "channels.yaml:4: email.public_url: "),
        ("https://mail.shop.example/", "'https://mail .shop.example'", "channels.yaml:4: email.public_url: "),
        ("https://mail.shop.example/", "'https://mail.shop.example/a b'", "channels.yaml:4: email.public_url: "),
        ("https://mail.shop.example/", "'https://u@mail.shop.example'", "channels.yaml:4: email.public_url: "),
        ("https://mail.shop.example/", "'https://mail.shop.example:99999'", "channels.yaml:4: email.public_url: "),
        ("https://mail.shop.example/", "'https://mail_shop/<x>'", "channels.yaml:4: email.public_url: "),
        ("https://mail.shop.example/", "'https://-.example'", "channels.yaml:4: email.public_url: "),
        ("email:", "emial:", "channels.yaml:1: emial: 'emial' is not known (did you mean email?)"),
    ],
)  # fmt: skip
def test_a_fault_is_told_with_its_line(shop: Path, before: str, after: str, what: str) -> None:
    found = told(shop, GOOD.replace(before, after, 1))
    assert any(each.startswith(what) for each in found), found


def test_a_server_on_this_machine_needs_neither_tls_nor_https(shop: Path) -> None:
    local = GOOD.replace("smtp.example.com", "127.0.0.1\n  tls: none").replace(
        "https://mail.shop.example", "http://localhost:8000"
    )
    assert told(shop, local) == []


def test_a_list_is_no_channels_file(shop: Path) -> None:
    assert told(shop, "- email\n") == ["channels.yaml:1: must be a mapping (email: {host: …, from: …, public_url: …})"]
