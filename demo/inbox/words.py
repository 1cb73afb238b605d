"""The inbox's words, in both languages."""

from __future__ import annotations

WORDS = {
    "title": ("데모 메일함", "Demo inbox"),
    "lead": (
        "데모가 보낸 메일이 모두 여기에 도착합니다. 밖으로 나가는 메일은 없습니다.",
        "Every mail of the demo arrives here. None leaves this machine.",
    ),
    "to": ("받는 사람", "To"),
    "from": ("보낸 사람", "From"),
    "subject": ("제목", "Subject"),
    "at": ("도착", "Arrived"),
    "size": ("크기", "Size"),
    "answer": ("서버의 답", "Server's answer"),
    "refused": ("거부됨", "refused"),
    "bounce": ("반송 주소", "Bounces to"),
    "empty": ("아직 도착한 메일이 없습니다.", "No mail has arrived yet."),
    "newer": ("더 새 메일", "Newer"),
    "older": ("더 오래된 메일", "Older"),
    "back": ("메일 목록", "All mails"),
    "shown": ("보기", "Mail"),
    "text": ("텍스트", "Text"),
    "headers": ("헤더", "Headers"),
    "raw": ("원문", "Source"),
    "bytes": ("바이트", "bytes"),
    "images": (
        "이미지는 불러오지 않으므로 여기서 보는 것은 열람으로 세지 않습니다. 링크를 누르면 클릭으로 셉니다.",
        "Images are not loaded, so a look here does not count as an opening. Following a link counts as a click.",
    ),
    "unsubscribe": ("한 번에 수신 거부 (RFC 8058)", "Unsubscribe in one click (RFC 8058)"),
    "unsubscribing": (
        "메일 프로그램이 헤더를 보고 보여 주는 단추입니다.",
        "The button that mail readers show by the mail's headers.",
    ),
    "none": ("이런 메일은 없습니다.", "There is no such mail."),
    "search": ("주소로 찾기", "Find by address"),
    "other": ("English", "한국어"),
}


def said(word: str, language: str) -> str:
    """A word in a language, `ko` or `en`."""
    return WORDS[word][0 if language == "ko" else 1]


def spoken(accepted: str, asked: str) -> str:
    """The language to answer in: the one asked for, else the browser's, else Korean."""
    if asked in ("ko", "en"):
        return asked
    first = next((part.strip()[:2].lower() for part in accepted.split(",")), "")
    return "en" if first and first != "ko" else "ko"
