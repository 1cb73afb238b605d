"""The demo's inbox: every byte is kept, some addresses are nobody's, and a mail is shown without being let loose."""

import http.client
import json
import smtplib
from email.message import EmailMessage

import pytest
from demo.inbox.kept import Kept
from demo.inbox.running import Inbox

from itda.channels.reports import read_callback

NOBODY, GONE = "nobody@mail.example", "gone@mail.example"


@pytest.fixture
def inbox(tmp_path):
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "unreachable.json").write_text(json.dumps({"nobodys": [NOBODY], "gone": [GONE]}))
    with Inbox(tmp_path, 0) as running:
        yield running, Kept(tmp_path / ".itda" / "inbox")


def mail(to: str) -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "news@shop.example", to, "(광고) 쿠폰"
    message["Message-ID"], message["X-Itda-Message"] = "<one@shop.example>", "a2" * 21
    message["List-Unsubscribe"] = "<http://127.0.0.1:8400/u/token>"
    message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content("한 줄\n.\n..점으로 시작하는 줄\n")
    message.add_alternative("<html><head></head><body><script>alert(1)</script><b>쿠폰</b></body></html>", "html")
    return message.as_bytes(policy=message.policy.clone(linesep="\r\n", cte_type="7bit"))


def send(running: Inbox, to: str, sender: str = "bounces@shop.example") -> bytes:
    data = mail(to)
    with smtplib.SMTP("127.0.0.1", running.smtp_port) as server:
        server.sendmail(sender, [to], data)
    return data


def ask(running: Inbox, path: str, host: str = "127.0.0.1:1", language: str = "en") -> tuple[int, str, str]:
    connection = http.client.HTTPConnection(running.url.removeprefix("http://"), timeout=10)
    connection.request("GET", path, headers={"Host": host, "Accept-Language": language})
    answer = connection.getresponse()
    body = answer.read().decode("utf-8", "replace")
    connection.close()
    return answer.status, answer.headers.get("Content-Security-Policy", ""), body


def test_it_keeps_every_byte_it_was_given(inbox):
    running, kept = inbox
    data = send(running, "min@mail.example")
    assert kept.mail(1) == data
    assert [(entry.to, entry.size) for entry in kept.entries()] == [("min@mail.example", len(data))]


def test_a_nobody_is_refused_and_nothing_of_the_mail_is_kept(inbox):
    running, kept = inbox
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send(running, NOBODY)
    assert refused.value.recipients[NOBODY][0] == 550
    assert kept.mail(1) is None
    assert [entry.is_taken for entry in kept.entries()] == [False]


def test_a_mail_that_comes_back_says_which_one_it_was(inbox):
    running, kept = inbox
    send(running, GONE)
    taken, report = kept.entries()
    assert (taken.to, report.to, report.sender) == (GONE, "bounces@shop.example", "")
    found = read_callback(kept.mail(report.number))
    assert (found.name, found.is_permanent, found.token) == ("Message Bounced", True, "a2" * 21)


def test_a_report_is_never_reported_on(inbox):
    running, kept = inbox
    send(running, GONE, sender="")
    assert len(list(kept.entries())) == 1


def test_the_list_shows_who_got_what_in_both_languages(inbox):
    running, _ = inbox
    send(running, "min@mail.example")
    assert "(광고) 쿠폰" in ask(running, "/")[2]
    assert "Demo inbox" in ask(running, "/")[2]
    assert "데모 메일함" in ask(running, "/", language="ko-KR,ko;q=0.9")[2]
    assert "min@mail.example" not in ask(running, "/?to=somebody")[2]


def test_a_mail_is_shown_in_a_frame_that_runs_and_loads_nothing(inbox):
    running, _ = inbox
    send(running, "min@mail.example")
    _, around, page = ask(running, "/mail/1")
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "script-src" not in around
    assert around.startswith("default-src 'none'")
    status, policy, shown = ask(running, "/mail/1/html")
    assert status == 200
    assert "<b>쿠폰</b>" in shown
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'")
    assert "img-src" not in policy


def test_source_and_headers_are_there_to_read(inbox):
    running, kept = inbox
    send(running, "min@mail.example")
    assert ask(running, "/mail/1/raw")[2].encode() == kept.mail(1)
    assert "List-Unsubscribe-Post: List-Unsubscribe=One-Click" in ask(running, "/mail/1?view=headers")[2]
    assert "점으로 시작하는 줄" in ask(running, "/mail/1?view=text")[2]
    assert 'action="http://127.0.0.1:8400/u/token"' in ask(running, "/mail/1")[2]


def test_a_page_of_the_world_reads_no_mail_through_a_browser(inbox):
    running, _ = inbox
    send(running, "min@mail.example")
    assert ask(running, "/mail/1/raw", host="evil.example")[0] == 403


def test_what_was_kept_is_there_after_a_restart(tmp_path, inbox):
    running, kept = inbox
    send(running, "min@mail.example")
    with Inbox(tmp_path, 0) as again:
        send(again, "sol@mail.example")
    assert [(entry.number, entry.to) for entry in kept.entries()] == [(1, "min@mail.example"), (2, "sol@mail.example")]
