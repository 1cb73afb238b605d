"""The page that tells how long what is kept, what is due, and what was destroyed."""

from __future__ import annotations

from starlette.testclient import TestClient


def test_each_rule_says_what_is_due_and_what_keeps_it_longer(admin: TestClient) -> None:
    page = admin.get("/retention?lang=en").text
    assert "1,211 are due now." in page
    assert "Numbers of 14:12:09" in page
    for said in ("browsing", "13 months", "1,204", "3 years", "KR-45", "Stopped until", "2026-GA-102",
                 "New: the next run tells of it", "quiet: 12 more with the next run", "311"):  # fmt: skip
        assert said in page
    korean = admin.get("/retention?lang=ko").text
    assert "지금 파기 대상이 1,211건 있습니다." in korean
    assert "13개월" in korean
    assert "법에 따라 더 오래: 주문: 전자상거래법 시행령 제6조 제1항 제2호" in korean
