"""A mail that comes back: the report a mail server writes when it finds out later that nobody has the address."""

from __future__ import annotations

from email.message import EmailMessage, Message
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.parser import BytesHeaderParser
from email.policy import SMTP
from email.utils import format_datetime, localtime


def returned(data: bytes, to: str) -> bytes:
    """A delivery report (RFC 3464) about a mail to this address, with the mail's headers in it."""
    headers = BytesHeaderParser(policy=SMTP).parsebytes(data)
    report = MIMEMultipart("report", report_type="delivery-status")
    report["From"] = "Mail Delivery System <mailer-daemon@inbox.example>"
    report["To"] = str(headers.get("Reply-To") or headers.get("From") or "")
    report["Subject"] = "Undelivered mail returned to sender"
    report["Date"] = format_datetime(localtime())
    report["Auto-Submitted"] = "auto-replied"
    report.attach(MIMEText("The mail could not be delivered: the mailbox was closed.\n"))
    status = Message()
    status.set_type("message/delivery-status")
    status.set_payload([_block({"Reporting-MTA": "dns; inbox.example"}), _block({
        "Final-Recipient": f"rfc822; {to}",
        "Action": "failed",
        "Status": "5.1.6",
        "Diagnostic-Code": "smtp; 550 5.1.6 the mailbox was closed",
    })])  # fmt: skip
    report.attach(status)
    mail = EmailMessage()
    for name in ("From", "Subject", "Date", "Message-ID", "X-Itda-Message"):
        if headers.get(name):
            mail[name] = " ".join(str(headers[name]).split())
    report.attach(MIMEMessage(mail))
    return report.as_bytes(policy=report.policy.clone(linesep="\r\n"))


def _block(fields: dict[str, str]) -> Message:
    block = Message()
    for name, value in fields.items():
        block[name] = value
    return block
