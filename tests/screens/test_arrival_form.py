"""Registering arrivals: few keys, shorthand, doubles, secrets, and every refusal at its field."""

from __future__ import annotations

from pathlib import Path

from tests.office import ISSUER, count

from .clerk import Clerk, at_the_terminal
from .conftest import STC

FIRST_BUDGET = 9  # keys beyond the text of the first arrival of a batch
NEXT_BUDGET = 4  # and of the next one from the same sender
SUBJECT = "Báo cáo thu, chi ngân sách quý IV"

ARRIVALS = "SELECT * FROM arrival WHERE number > 3 ORDER BY number"


async def register(clerk: Clerk, code: str = "205", subject: str = SUBJECT) -> None:
    """Register a letter of the Department of Finance of the day before yesterday."""
    await clerk.fill("stc", code, "18")
    await clerk.type(subject)
    await clerk.press("f2")


class TestKeystrokes:
    """Card, Moran and Newell counted: what is not text is a loss (K 0.28 s a key, two hundred times a day)."""

    async def test_the_first_arrival_of_a_batch_costs_nine_keys_beyond_its_text(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            clerk.keys = 0
            await register(clerk)
            assert clerk.rows(ARRIVALS)[0].subject == SUBJECT
            assert clerk.keys - len("205") - len(SUBJECT) <= FIRST_BUDGET

    async def test_the_next_arrival_from_the_same_sender_costs_four(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            await register(clerk)
            clerk.keys = 0
            await clerk.press("f5")
            await clerk.fill("206")
            await clerk.press("f5")
            await clerk.type("Dự toán năm 2027")
            await clerk.press("f2")
            assert clerk.keys - len("206") - len("Dự toán năm 2027") <= NEXT_BUDGET
            first, second = clerk.rows(ARRIVALS)
            assert (second.number, second.code_number, second.subject) == (5, "206", "Dự toán năm 2027")
            assert (second.issuer, second.issued_date) == (first.issuer, first.issued_date)


class TestTyping:
    async def test_a_registered_arrival_holds_what_was_typed(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            await register(clerk)
            (row,) = clerk.rows(ARRIVALS)
            assert (row.number, row.year, row.issuer, row.code_number) == (4, 2026, STC, "205")
            assert (row.code_notation, row.document_type, row.issued_date) == ("STC-NS", "CV", "2026-11-18")
            assert clerk.message == "▸ Đã cấp số đến 04/2026."
            assert "số đến tiếp theo 05" in clerk.heading
            assert (clerk.focused, clerk.value("issuer"), clerk.value("subject")) == ("issuer", "", "")
            assert "SỐ ĐẾN 04/2026" in clerk.seen()
            assert "04 Sở Tài chính" in clerk.words()

    async def test_a_date_is_typed_short(self, office: Path) -> None:
        meanings = {
            "20": "20/11/2026",
            "21": "21/10/2026",  # not yet this month
            "2011": "20/11/2026",
            "1/3": "01/03/2026",
            "25122025": "25/12/2025",
            ".": "20/11/2026",
            "-1": "19/11/2026",
        }
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            for typed, day in meanings.items():
                clerk.entry("issued_date").focus()
                await clerk.fill(typed)
                assert (typed, clerk.value("issued_date")) == (typed, day)

    async def test_a_deadline_counts_working_days(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            clerk.entry("due_date").focus()
            await clerk.fill("+5")
            assert clerk.value("due_date") == "30/11/2026"  # the 24th is a holiday

    async def test_a_bare_number_gets_the_senders_own_notation(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            await clerk.fill("stc", "7")
            assert (clerk.value("code"), clerk.value("document_type")) == ("07/STC-NS", "CV")

    async def test_the_notation_names_the_type(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            await clerk.fill("sxd", "12/tb-sxd")
            assert (clerk.value("code"), clerk.note("document_type")) == ("12/TB-SXD", "▸ Thông báo")

    async def test_the_agency_is_named_beside_what_was_typed(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            await clerk.fill("stc")
            assert (clerk.value("issuer"), clerk.note("issuer")) == (STC, "▸ STC")

    async def test_f5_without_an_earlier_document_changes_nothing(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            await clerk.press("f5")
            assert (clerk.focused, clerk.value("issuer")) == ("issuer", "")


class TestLists:
    async def test_f4_lists_agencies_and_takes_the_chosen_one(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            await clerk.type("song huong")
            await clerk.press("f4")
            assert clerk.screen == "PickModal"
            await clerk.type(" xay dung")
            await clerk.press("enter")
            assert clerk.value("issuer") == "Sở Xây dựng tỉnh Sông Hương"
            assert clerk.focused == "code"

    async def test_f4_moves_by_arrows_and_escape_takes_nothing(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            clerk.entry("urgency").focus()
            await clerk.press("f4", "down", "escape")
            assert (clerk.focused, clerk.value("urgency")) == ("urgency", "")
            await clerk.press("f4", "down", "down", "enter")
            assert (clerk.value("urgency"), clerk.note("urgency")) == ("tk", "▸ Thượng khẩn")

    async def test_f4_says_so_where_there_is_no_list(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            await clerk.press("tab", "f4")
            assert clerk.message == "▸ Ô này không có danh sách; gõ trực tiếp."

    async def test_f4_adds_an_agency_that_the_directory_lacks(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            await clerk.fill("Công ty Cấp nước Sông Hương")
            assert "✗ Không có cơ quan" in clerk.message
            await clerk.press("up", "f4")
            await clerk.sees("+ Thêm mới: Công ty Cấp nước Sông Hương")
            await clerk.press("enter")
            assert (clerk.value("issuer"), clerk.focused) == ("Công ty Cấp nước Sông Hương", "code")
            await clerk.fill("12/CV-CN", "18")
            await clerk.type("Tạm ngừng cấp nước")
            await clerk.press("f2")
            assert clerk.rows(ARRIVALS)[0].issuer == "Công ty Cấp nước Sông Hương"


class TestDoubles:
    async def test_a_double_is_told_while_typing_and_f2_twice_registers_a_second_copy(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            await register(clerk)
            await clerk.fill("stc")
            assert "✗" not in clerk.message
            await clerk.fill("205", "18")
            assert "✗ Văn bản này đã vào sổ: số đến" in clerk.message
            await clerk.type(SUBJECT)
            await clerk.press("f2")
            assert count(clerk.desk.store, "arrival") == 4
            assert (clerk.focused, "✗" in clerk.message) == ("code", True)
            await clerk.press("f2")
            assert [row.number for row in clerk.rows(ARRIVALS)] == [4, 5]

    async def test_consent_to_a_second_copy_is_for_one_document_only(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            await register(clerk)
            await register(clerk)
            await clerk.press("f2")
            await register(clerk)
            assert count(clerk.desk.store, "arrival") == 5

    async def test_consent_is_gone_when_the_clerk_types_another_documents_code(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            await register(clerk)
            await register(clerk, "206")
            await register(clerk)  # refused as a double; then the clerk sees that the number was misread
            clerk.entry("code").focus()
            await clerk.fill("206")
            await clerk.press("f2")
            assert count(clerk.desk.store, "arrival") == 5


class TestSecrets:
    async def test_of_a_document_that_must_stay_outside_nothing_is_left(self, office: Path) -> None:
        subjects = ("TỐI MẬT: kế hoạch", "Kế hoạch (Mật)", "Đơn tố cáo của ông A")
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            for subject in subjects:
                await clerk.fill("stc", "9999", "18", subject)
                await clerk.press("f2")
                assert "✗" in clerk.message and "đã được xóa khỏi máy" in clerk.message
                assert (clerk.value("issuer"), clerk.value("code"), clerk.value("subject")) == ("", "", "")
                assert count(clerk.desk.store, "arrival") == 3
                assert count(clerk.desk.store, "draft") == 0
                await clerk.press("f5")
                assert clerk.value("issuer") == ""
        written = b"".join(path.read_bytes() for path in office.rglob("*") if path.is_file())
        assert [subject for subject in subjects if subject.encode() in written] == []

    async def test_a_secret_file_is_thrown_away_with_the_form(self, office: Path, tmp_path: Path) -> None:
        scan = tmp_path / "quet.pdf"
        scan.write_bytes(b"%PDF-1.4\n%secret scan\n%%EOF\n")
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            await clerk.fill("stc", "9999", "18", "TUYỆT MẬT phương án")
            await clerk.attach(scan)
            assert "quet.pdf" in clerk.seen()
            await clerk.press("f2")
            assert "đã được xóa khỏi máy" in clerk.message
            assert "quet.pdf" not in clerk.seen()
            assert [path for path in clerk.desk.store.blob_folder.rglob("*") if path.is_file()] == []


REFUSALS = (
    (("stc", "1", "18", ""), "subject", "Chưa nhập “Trích yếu”."),
    (("", "1/CV-X", "18", "Trích yếu"), "issuer", "Chưa nhập “Cơ quan ban hành”."),
    (("xyz uvw", "1/CV-X", "18", "Trích yếu"), "issuer", "Không có cơ quan “xyz uvw”"),
    (("stc", "1", "32", "Trích yếu"), "issued_date", "“32” không phải là ngày."),
    (("stc", "1", "21/11/2026", "Trích yếu"), "issued_date", "ở sau ngày"),
    (("stc", "1", "18", "Trích yếu", "zzz"), "document_type", "Không có loại văn bản “zzz”."),
    (("stc", "1", "18", "Trích yếu", "", "zz"), "urgency", "Không có “zz” trong danh sách"),
    (("stc", "1", "18", "Trích yếu", "", "", "", "", "", "mai"), "due_date", "“mai” không phải là hạn."),
)


class TestRefusals:
    async def test_a_refusal_goes_to_its_field_and_takes_no_number(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            for entries, field, sentence in REFUSALS:
                await clerk.fill(*entries)
                await clerk.press("f2")
                assert (clerk.focused, clerk.entry(field).bad) == (field, True)
                assert sentence in clerk.message
                assert clerk.value("subject") == entries[3]
                assert count(clerk.desk.store, "arrival") == 3
                await clerk.press("f3", "c")

    async def test_a_year_whose_book_is_not_open_is_told_with_the_way_to_open_it(self, office: Path) -> None:
        async with at_the_terminal(office) as clerk:
            await clerk.go("nd")
            await clerk.fill("stc", "205", "18", SUBJECT)
            clerk.entry("arrival_date").focus()
            await clerk.fill("30/12/2025")
            await clerk.press("f2")
            assert "✗ " in clerk.message
            assert count(clerk.desk.store, "arrival") == 3


async def test_a_specialist_is_told_that_registering_is_the_clerks_work(office: Path) -> None:
    async with at_the_terminal(office, "binhtt") as clerk:
        await clerk.go("nd")
        await register(clerk)
        assert "✗" in clerk.message
        assert count(clerk.desk.store, "arrival") == 3
        assert clerk.value("subject") == SUBJECT


async def test_a_reserved_number_is_used_for_the_document_on_the_desk(office: Path) -> None:
    async with at_the_terminal(office) as clerk:
        await clerk.go("so")
        await clerk.press("f7")
        await clerk.fill("Chánh Văn phòng", "Chờ hồ sơ", "+3")
        await clerk.go("nd")
        await clerk.fill("ubnd tỉnh sông hương", "300/QĐ-UBND", "18", "Kiện toàn tổ chức")
        await clerk.press("ctrl+r")
        await clerk.fill("4")
        await clerk.press("f2")
        await clerk.press("f2")
        (row,) = clerk.rows(ARRIVALS)
        assert (row.number, row.issuer) == (4, ISSUER)
