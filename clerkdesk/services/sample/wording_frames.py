"""The set parts of an administrative document: the legal bases cited, and how each type opens and closes.

Laws and decrees cited are real. The matters of `wording_arrivals` and `wording_outgoing` are written in the same form.
"""

from __future__ import annotations

from collections.abc import Iterator

_BASES = """
@ cchc | Nghị quyết số 76/NQ-CP ngày 15 tháng 7 năm 2021 của Chính phủ ban hành Chương trình tổng thể cải cách hành
  chính nhà nước giai đoạn 2021 - 2030
@ motcua | Nghị định số 118/2025/NĐ-CP ngày 09 tháng 6 năm 2025 của Chính phủ về thực hiện thủ tục hành chính theo cơ
  chế một cửa, một cửa liên thông tại Bộ phận Một cửa và Cổng Dịch vụ công quốc gia
@ cbcc | Luật Cán bộ, công chức ngày 24 tháng 6 năm 2025 và Nghị định số 170/2025/NĐ-CP ngày 30 tháng 6 năm 2025 của
  Chính phủ quy định về tuyển dụng, sử dụng và quản lý công chức
@ tcbc | Nghị định số 150/2025/NĐ-CP ngày 12 tháng 6 năm 2025 của Chính phủ quy định tổ chức các cơ quan chuyên môn
  thuộc Ủy ban nhân dân tỉnh, thành phố trực thuộc trung ương và Ủy ban nhân dân xã, phường, đặc khu
@ cqdp | Luật Tổ chức chính quyền địa phương ngày 16 tháng 6 năm 2025
@ vtlt | Nghị định số 30/2020/NĐ-CP ngày 05 tháng 3 năm 2020 của Chính phủ về công tác văn thư và Luật Lưu trữ ngày 21
  tháng 6 năm 2024
@ vbdt | Quyết định số 28/2018/QĐ-TTg ngày 12 tháng 7 năm 2018 của Thủ tướng Chính phủ về việc gửi, nhận văn bản điện
  tử giữa các cơ quan trong hệ thống hành chính nhà nước
@ cds | Nghị quyết số 57-NQ/TW ngày 22 tháng 12 năm 2024 của Bộ Chính trị về đột phá phát triển khoa học, công nghệ,
  đổi mới sáng tạo và chuyển đổi số quốc gia
@ ncc | Pháp lệnh Ưu đãi người có công với cách mạng ngày 09 tháng 12 năm 2020 và Nghị định số 131/2021/NĐ-CP ngày 30
  tháng 12 năm 2021 của Chính phủ
@ ldvl | Luật Việc làm ngày 16 tháng 6 năm 2025
@ tdkt | Luật Thi đua, khen thưởng ngày 15 tháng 6 năm 2022
@ nsnn | Luật Ngân sách nhà nước ngày 25 tháng 6 năm 2025
@ pctt | Luật Phòng, chống thiên tai ngày 19 tháng 6 năm 2013 và Luật sửa đổi, bổ sung một số điều của Luật Phòng,
  chống thiên tai và Luật Đê điều ngày 17 tháng 6 năm 2020
@ pctn | Luật Phòng, chống tham nhũng ngày 20 tháng 11 năm 2018
@ pbgdpl | Luật Phổ biến, giáo dục pháp luật ngày 20 tháng 6 năm 2012
@ chung | Chương trình công tác năm {year} của Ủy ban nhân dân tỉnh Sông Hương
"""

_FRAMES = """
@ CV:chidao
- Thực hiện {base}, để bảo đảm tiến độ, chất lượng nhiệm vụ được giao, {issuer} có ý kiến như sau:
= Yêu cầu Thủ trưởng các cơ quan, đơn vị nghiêm túc triển khai thực hiện; báo cáo kết quả về {issuer}{deadline}./.
@ CV:bo
- Triển khai thực hiện {base}, {issuer} đề nghị Ủy ban nhân dân các tỉnh, thành phố chỉ đạo Sở Nội vụ:
= Trong quá trình thực hiện, nếu có khó khăn, vướng mắc, đề nghị phản ánh về {issuer}{deadline} để tổng hợp./.
@ CV:denghi
- Căn cứ {base}; {issuer} đề nghị Sở Nội vụ quan tâm, phối hợp một số nội dung như sau:
= {issuer} rất mong nhận được sự quan tâm, phối hợp của quý Sở{deadline}./.
@ CV:xa
- Căn cứ {base}; qua rà soát tình hình thực tế tại địa phương, {issuer} báo cáo Sở Nội vụ như sau:
= {issuer} kính đề nghị Sở Nội vụ xem xét, có ý kiến{deadline} để địa phương có cơ sở tổ chức thực hiện./.
@ QĐ
- Căn cứ {base};
- Theo đề nghị của Thủ trưởng cơ quan tham mưu tại Tờ trình ngày {proposed},
- QUYẾT ĐỊNH:
= Quyết định này có hiệu lực kể từ ngày ký. Thủ trưởng các cơ quan, đơn vị và cá nhân có liên quan chịu trách nhiệm
  thi hành Quyết định này./.
@ QPPL
- Căn cứ {base};
- Theo đề nghị của Giám đốc Sở Nội vụ tỉnh Sông Hương;
- Ủy ban nhân dân tỉnh ban hành Quyết định với các nội dung sau:
= Quyết định này có hiệu lực thi hành kể từ ngày {effect}. Chánh Văn phòng Ủy ban nhân dân tỉnh, Thủ trưởng các sở,
  ban, ngành; Chủ tịch Ủy ban nhân dân các xã, phường và các tổ chức, cá nhân có liên quan chịu trách nhiệm thi hành
  Quyết định này./.
@ NQ
- Căn cứ {base};
- Xét Tờ trình của Ủy ban nhân dân tỉnh, báo cáo thẩm tra của Ban Pháp chế, ý kiến thảo luận của đại biểu Hội đồng
  nhân dân tại kỳ họp,
- QUYẾT NGHỊ:
= Giao Ủy ban nhân dân tỉnh tổ chức triển khai thực hiện Nghị quyết theo quy định của pháp luật./.
@ GM
- {issuer} trân trọng kính mời đại diện lãnh đạo Sở Nội vụ dự họp, cụ thể như sau:
- 1. Thời gian: {hour}, ngày {meet}.
= Đề nghị đại biểu được mời dự họp đầy đủ, đúng thành phần, đúng thời gian./.
@ BC
- Thực hiện {base}, {issuer} báo cáo kết quả như sau:
= Trên đây là báo cáo của {issuer}, kính gửi Sở Nội vụ tổng hợp./.
@ KH
- Thực hiện {base}, {issuer} ban hành Kế hoạch với các nội dung sau:
= Trong quá trình thực hiện, nếu có khó khăn, vướng mắc, các cơ quan, đơn vị kịp thời phản ánh về {issuer} để xem xét,
  giải quyết theo quy định./.
@ TB:ketluan
- Sau khi nghe các cơ quan báo cáo và ý kiến của các đại biểu dự họp, lãnh đạo {issuer} kết luận như sau:
= {issuer} thông báo để các cơ quan, đơn vị biết, triển khai thực hiện{deadline}./.
@ TB
- {issuer} thông báo một số nội dung như sau:
= {issuer} thông báo để các cơ quan, đơn vị biết, phối hợp thực hiện./.
@ TTr
- Căn cứ {base}; sau khi tiếp thu ý kiến của các cơ quan, đơn vị có liên quan, {issuer} trình như sau:
= {issuer} kính trình Sở Nội vụ xem xét, thẩm định{deadline}./.
@ HD
- Căn cứ {base}; {issuer} hướng dẫn một số nội dung như sau:
= Hướng dẫn này được áp dụng kể từ ngày ký. Trong quá trình thực hiện, nếu có vướng mắc, đề nghị phản ánh kịp thời về
  {issuer} để được giải đáp./.
@ CĐ
- CHỦ TỊCH ỦY BAN NHÂN DÂN TỈNH SÔNG HƯƠNG ĐIỆN: Thủ trưởng các sở, ban, ngành; Chủ tịch Ủy ban nhân dân các xã,
  phường.
- Thực hiện {base}, Chủ tịch Ủy ban nhân dân tỉnh yêu cầu:
= Yêu cầu Thủ trưởng các cơ quan, đơn vị, Chủ tịch Ủy ban nhân dân các xã, phường triển khai thực hiện nghiêm túc Công
  điện này./.
"""


def records(text: str) -> Iterator[tuple[list[str], str, tuple[str, ...]]]:
    """Read blocks of `@ fields | heading` and `- paragraph` lines; an indented line goes on the one above."""
    for block in text.replace("\n  ", " ").strip().removeprefix("@ ").split("\n@ "):
        heading, *paragraphs = block.split("\n")
        fields, _, words = heading.partition(" | ")
        yield fields.split(), words, tuple(paragraph.removeprefix("- ") for paragraph in paragraphs)


def months(written: str) -> frozenset[int]:
    """Read `*`, `3-6` or `3,6,9,12`."""
    if written == "*":
        return frozenset(range(1, 13))
    first, _, last = written.partition("-")
    return frozenset(range(int(first), int(last) + 1)) if last else frozenset(map(int, written.split(",")))


def _frame(body: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    opening = tuple(paragraph for paragraph in body if not paragraph.startswith("= "))
    return opening, tuple(paragraph.removeprefix("= ") for paragraph in body[len(opening) :])


# The legal bases, in words; and of each frame the opening and the closing paragraphs.
BASES = {fields[0]: words for fields, words, _ in records(_BASES)}
FRAMES = {fields[0]: _frame(body) for fields, _, body in records(_FRAMES)}
