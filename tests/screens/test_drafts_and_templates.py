"""What is typed and not saved is never lost by accident, and nothing is typed twice."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.office import count, settle

from .clerk import at_the_terminal
from .conftest import STC

DRAFTS = "SELECT * FROM draft"


class TestDrafts:
    async def test_a_field_is_kept_when_it_is_left(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            await clerk.type("stc")
            assert clerk.rows(DRAFTS) == []
            await clerk.press("enter")
            (draft,) = clerk.rows(DRAFTS)
            assert STC in draft.fields

    async def test_after_a_crash_the_form_comes_back_and_is_registered_once(self, office: Path, tmp_path: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            await clerk.fill("stc", "205", "18")
            (before,) = clerk.rows(DRAFTS)
            crashed = settle(shutil.copytree(office, tmp_path / "crashed"))  # the disk as it is when the power fails
        async with at_the_terminal(crashed) as clerk:
            await clerk.go("nd")
            assert "Đã lấy lại phiếu đang nhập dở" in clerk.message
            assert (clerk.value("issuer"), clerk.value("code")) == (STC, "205/STC-NS")
            assert (clerk.value("issued_date"), clerk.focused) == ("18/11/2026", "subject")
            await clerk.type("Quyết toán")
            await clerk.press("f2")
            assert "Đã cấp số đến 04/2026" in clerk.message
            assert clerk.rows(DRAFTS) == []
            assert [
                str(row.uid) for row in clerk.rows("SELECT command_uid AS uid FROM audit ORDER BY seq DESC LIMIT 1")
            ] == [str(before.uid)]

    async def test_a_saved_form_leaves_no_draft(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            await clerk.fill("stc", "205", "18", "Quyết toán")
            await clerk.press("f2")
            await clerk.go("de")
            await clerk.go("nd")
            assert clerk.rows(DRAFTS) == []

    async def test_the_form_waits_while_the_clerk_looks_at_another_area(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            await clerk.fill("stc", "205")
            await clerk.type("1")
            await clerk.go("de")
            await clerk.go("nd")
            assert (clerk.value("issuer"), clerk.value("issued_date"), clerk.focused) == (STC, "1", "issued_date")

    async def test_f3_asks_before_it_drops_a_form(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            await clerk.fill("stc", "205")
            await clerk.press("f3")
            await clerk.sees("Bỏ nội dung đang nhập?")
            await clerk.press("k")
            assert (clerk.value("code"), count(clerk.desk.store, "draft")) == ("205/STC-NS", 1)
            await clerk.press("f3", "c")
            assert (clerk.value("issuer"), clerk.value("code"), clerk.focused) == ("", "", "issuer")
            assert count(clerk.desk.store, "draft") == 0
            await clerk.press("f3")
            assert clerk.app.current_mode == "home"

    async def test_leaving_the_program_keeps_even_the_field_being_typed_in(self, office: Path, tmp_path: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            await clerk.fill("stc", "205", "18")
            await clerk.type("Dở dang")
            await clerk.press("ctrl+q", "c")
            await clerk.until(lambda: clerk.app._exit)
        again = settle(shutil.copytree(office, tmp_path / "again"))
        async with at_the_terminal(again) as clerk:
            await clerk.go("nd")
            assert clerk.value("subject") == "Dở dang"

    async def test_a_draft_belongs_to_its_kind_of_form(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            await clerk.fill("stc")
            await clerk.go("sd")
            await clerk.fill("cv")
            kinds = sorted(row.kind for row in clerk.rows(DRAFTS))
            assert kinds == ["arrival", "outgoing"]


class TestTemplates:
    async def test_f6_makes_a_template_and_starts_from_it(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            await clerk.fill("stc", "205", "18", "Báo cáo tháng", "bc")
            await clerk.press("f6")
            await clerk.sees("+ Lưu phiếu này thành mẫu…")
            await clerk.press("enter")
            await clerk.type("Báo cáo tháng STC")
            await clerk.press("f2")
            assert "Đã lưu mẫu “Báo cáo tháng STC”." in clerk.message
            await clerk.press("f3", "c", "f6")
            await clerk.sees("Báo cáo tháng STC")
            await clerk.press("enter")
            assert (clerk.value("issuer"), clerk.value("subject")) == (STC, "Báo cáo tháng")
            assert clerk.value("document_type") == "BC"
            assert (clerk.value("code"), clerk.value("issued_date")) == ("", "")  # those belong to one document

    async def test_without_templates_f6_says_how_to_make_one(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            await clerk.press("f6")
            assert "Chưa có mẫu." in clerk.message
            assert clerk.screen == "ArrivalForm"
