"""What the fictional office issues: each matter with its trích yếu and paragraphs, and the wording of answers.

A matter is `@ type unit capacity recipients council months | trích yếu` and then its paragraphs. Recipients are short
names and groups (`XA` the communes, `SO` the departments, `SNV*` another province); council is the advisory body in
whose name it is issued, or `-`. Words in braces are filled in by `wording`.
"""

from __future__ import annotations

from typing import NamedTuple

from clerkdesk.services.sample.wording_frames import months, records


class OutgoingMatter(NamedTuple):
    """One matter that goes out."""

    kind: str
    unit: str
    capacity: str
    recipients: tuple[str, ...]
    council: str
    months: frozenset[int]
    subject: str
    body: tuple[str, ...]


_TEXT = """
@ CV CCHC KT SO,XA - * | V/v đôn đốc thực hiện nhiệm vụ cải cách hành chính quý {q} năm {year}
- Thực hiện Kế hoạch cải cách hành chính năm {year} của Ủy ban nhân dân tỉnh, Sở Nội vụ đề nghị các cơ quan, đơn vị rà
  soát tiến độ các nhiệm vụ được giao trong quý {q}.
- Báo cáo kết quả (kèm tài liệu kiểm chứng) gửi về Sở Nội vụ trước ngày 15 tháng cuối quý để tổng hợp./.
@ BC CCHC HEAD UBND,BNV - 3,6,9,12 | Công tác cải cách hành chính quý {q} năm {year} trên địa bàn tỉnh
- Sở Nội vụ báo cáo Ủy ban nhân dân tỉnh kết quả thực hiện công tác cải cách hành chính quý {q} năm {year} như sau:
- 1. Công tác chỉ đạo, điều hành được triển khai đồng bộ; tỷ lệ nhiệm vụ hoàn thành đúng hạn đạt 92,5%.
- 2. Tồn tại, hạn chế: một số địa phương gửi báo cáo chậm, số liệu chưa thống nhất.
- 3. Phương hướng: tập trung khắc phục các tiêu chí bị trừ điểm của Chỉ số cải cách hành chính./.
@ TTr CCHC HEAD UBND - 2-3 | Về việc phê duyệt Chỉ số cải cách hành chính của các sở, ban, ngành, địa phương năm
  {prev}
- Trên cơ sở kết quả thẩm định của Hội đồng, Sở Nội vụ kính trình Ủy ban nhân dân tỉnh phê duyệt Chỉ số cải cách hành
  chính năm {prev}.
- Gửi kèm: dự thảo Quyết định, bảng tổng hợp kết quả chấm điểm và báo cáo giải trình ý kiến của các cơ quan./.
@ KH CCHC HEAD SO,XA - 2-4 | Kiểm tra công tác cải cách hành chính năm {year}
- Mục đích, yêu cầu: đánh giá đúng thực trạng, chỉ rõ trách nhiệm, không gây cản trở hoạt động bình thường của cơ
  quan.
- Nội dung kiểm tra: công tác chỉ đạo, điều hành; cải cách thủ tục hành chính; tổ chức bộ máy; chế độ công vụ.
- Kinh phí thực hiện: từ nguồn kinh phí cải cách hành chính được giao năm {year}./.
@ QĐ TCBC HEAD STC,UBND - 1-3 | Về việc giao biên chế công chức cho các phòng, đơn vị thuộc Sở Nội vụ năm {year}
- Căn cứ Quyết định của Ủy ban nhân dân tỉnh quy định chức năng, nhiệm vụ, quyền hạn và cơ cấu tổ chức của Sở Nội vụ;
- Theo đề nghị của Trưởng phòng Tổ chức, biên chế.
- QUYẾT ĐỊNH:
- Điều 1. Giao chỉ tiêu biên chế công chức năm {year} cho các phòng, đơn vị thuộc Sở (có Phụ lục kèm theo).
- Điều 2. Quyết định này có hiệu lực kể từ ngày ký. Chánh Văn phòng, Trưởng các phòng, đơn vị thuộc Sở chịu trách
  nhiệm thi hành Quyết định này./.
@ CV TCBC KT XA - 3,6,9,11,12 | V/v báo cáo tình hình sử dụng biên chế quý {q} năm {year}
- Để có cơ sở tham mưu việc quản lý, sử dụng biên chế, Sở Nội vụ đề nghị Ủy ban nhân dân các xã, phường báo cáo số
  biên chế được giao, số có mặt, số chưa tuyển dụng tính đến ngày cuối quý {q}.
- Báo cáo gửi qua Hệ thống quản lý văn bản và điều hành trước ngày 10 tháng đầu quý sau./.
@ TTr TCBC HEAD UBND,STC - 1-4 | Về việc ban hành Quyết định giao số lượng người làm việc trong đơn vị sự nghiệp công
  lập năm {year}
- Sở Nội vụ đã chủ trì, phối hợp với Sở Tài chính và các cơ quan có liên quan thẩm định đề nghị của các đơn vị.
- Kính trình Ủy ban nhân dân tỉnh xem xét, ban hành Quyết định (dự thảo gửi kèm)./.
@ CV CCVC KT SO,XA - 2-4 | V/v đăng ký nhu cầu tuyển dụng công chức năm {year}
- Căn cứ Nghị định số 170/2025/NĐ-CP ngày 30 tháng 6 năm 2025 của Chính phủ, Sở Nội vụ đề nghị các cơ quan, địa phương
  đăng ký nhu cầu tuyển dụng công chức theo từng vị trí việc làm.
- Không đăng ký tuyển dụng đối với vị trí thuộc diện dôi dư, đang thực hiện sắp xếp./.
@ TB CCVC TM SO,XA HĐTD 5-7 | Danh sách thí sinh đủ điều kiện dự thi tuyển công chức năm {year}
- Hội đồng tuyển dụng công chức tỉnh thông báo danh sách thí sinh đủ điều kiện dự thi vòng 1 (danh sách kèm theo).
- Thí sinh có mặt trước giờ thi 30 phút, mang theo căn cước công dân hoặc căn cước để đối chiếu./.
@ TB CCVC TM SO,XA HĐTD 8-10 | Kết quả thi tuyển công chức vòng 2 năm {year}
- Hội đồng tuyển dụng công chức tỉnh thông báo kết quả thi vòng 2; thí sinh có nguyện vọng phúc khảo nộp đơn trong
  thời hạn 15 ngày kể từ ngày thông báo.
- Kết quả được niêm yết tại trụ sở Sở Nội vụ và đăng tải trên Cổng thông tin điện tử của Sở./.
@ QĐ CCVC HEAD STC,BHXH - 6,12 | Về việc nâng bậc lương thường xuyên đối với công chức thuộc Sở Nội vụ đợt {half} năm
  {year}
- Căn cứ quy định về chế độ nâng bậc lương thường xuyên đối với cán bộ, công chức, viên chức;
- Theo đề nghị của Chánh Văn phòng Sở.
- QUYẾT ĐỊNH:
- Điều 1. Nâng bậc lương thường xuyên đối với 04 công chức (có danh sách kèm theo).
- Điều 2. Chánh Văn phòng, Kế toán và các công chức có tên tại Điều 1 chịu trách nhiệm thi hành Quyết định này./.
@ CV CCVC TUQ SNV* - * | V/v cung cấp thông tin phục vụ xác minh hồ sơ công chức
- Sở Nội vụ tỉnh Sông Hương cung cấp bản sao sơ yếu lý lịch, quyết định lương và nhận xét, đánh giá của công chức theo
  đề nghị của quý Sở.
- Đề nghị quý Sở sử dụng thông tin đúng mục đích, bảo vệ dữ liệu cá nhân theo quy định./.
@ HD CCVC KT SO,XA - 11-12 | Đánh giá, xếp loại chất lượng cán bộ, công chức, viên chức năm {year}
- Sở Nội vụ hướng dẫn nguyên tắc, tiêu chí, trình tự, thủ tục đánh giá, xếp loại chất lượng năm {year}.
- Tỷ lệ xếp loại hoàn thành xuất sắc nhiệm vụ không vượt quá mức quy định.
- Hồ sơ đánh giá được lập, lưu trữ trong hồ sơ công chức./.
@ CV XDCQ KT XA - * | V/v hướng dẫn kiện toàn chức danh người hoạt động không chuyên trách ở thôn, tổ dân phố
- Sở Nội vụ hướng dẫn Ủy ban nhân dân các xã, phường rà soát, kiện toàn chức danh theo đúng tiêu chuẩn, quy trình.
- Những nơi sáp nhập thôn, tổ dân phố thực hiện lấy ý kiến cử tri trước khi trình cấp có thẩm quyền./.
@ BC XDCQ HEAD UBND,HĐND - * | Tình hình tổ chức và hoạt động của chính quyền địa phương 02 cấp tháng {past}
- Bộ máy chính quyền cấp xã vận hành ổn định; không có khiếu kiện kéo dài, phức tạp về tổ chức, cán bộ.
- Kiến nghị Ủy ban nhân dân tỉnh bổ sung kinh phí sửa chữa trụ sở, mua sắm trang thiết bị cho các xã, phường./.
@ CV LĐVL KT XA,BHXH - * | V/v rà soát thông tin thị trường lao động quý {q} năm {year}
- Đề nghị Ủy ban nhân dân các xã, phường cập nhật thông tin người lao động thất nghiệp, thiếu việc làm.
- Phối hợp Trung tâm Dịch vụ việc làm tổ chức tư vấn, giới thiệu việc làm lưu động./.
@ QĐ NCC KT XA,STC - * | Về việc trợ cấp một lần đối với thân nhân người có công với cách mạng
- Căn cứ Pháp lệnh Ưu đãi người có công với cách mạng ngày 09 tháng 12 năm 2020;
- Theo đề nghị của Trưởng phòng Người có công.
- QUYẾT ĐỊNH:
- Điều 1. Trợ cấp một lần đối với {n} thân nhân người có công với cách mạng (có danh sách kèm theo).
- Điều 2. Trưởng phòng Người có công, Ủy ban nhân dân các xã, phường có liên quan và các ông, bà có tên tại Điều 1
  chịu trách nhiệm thi hành Quyết định này./.
@ KH NCC KT XA,MTTQ - 2-4 | Điều dưỡng người có công với cách mạng và thân nhân liệt sĩ năm {year}
- Đối tượng: người có công và thân nhân liệt sĩ đến niên hạn điều dưỡng luân phiên.
- Hình thức: điều dưỡng tập trung 05 đợt, mỗi đợt 05 ngày; các trường hợp còn lại điều dưỡng tại gia đình./.
@ GM VP TL SO - * | Họp góp ý dự thảo báo cáo công tác nội vụ tháng {month} năm {year}
- Sở Nội vụ trân trọng kính mời đại diện lãnh đạo Văn phòng các sở, ban, ngành dự họp.
- Thời gian: 14 giờ 00 phút, ngày {meet}. Địa điểm: Phòng họp tầng 3, Sở Nội vụ.
- Rất mong đại biểu dự họp đầy đủ, đúng thành phần./.
@ GM VP TL SO,XA - 4-6 | Dự hội nghị tập huấn nghiệp vụ văn thư, lưu trữ điện tử năm {year}
- Thành phần: công chức, viên chức làm công tác văn thư, lưu trữ của các cơ quan, đơn vị.
- Thời gian: 01 ngày, khai mạc lúc 07 giờ 30 phút, ngày {meet}. Địa điểm: Hội trường Sở Nội vụ./.
@ CV VP TL TTPVHCC - * | V/v cử công chức trực tại quầy giao dịch tháng {month} năm {year}
- Sở Nội vụ cử công chức tiếp nhận và trả kết quả tại Trung tâm Phục vụ hành chính công tỉnh theo danh sách kèm theo.
- Công chức được cử chấp hành nội quy, quy chế làm việc của Trung tâm./.
@ GGT VP TL XA - * | Cử công chức đến liên hệ công tác về chỉnh lý tài liệu lưu trữ
- Sở Nội vụ trân trọng giới thiệu ông Mai Văn Phúc, Lưu trữ viên, đến liên hệ công tác khảo sát khối tài liệu tồn
  đọng.
- Đề nghị quý cơ quan tạo điều kiện để ông Mai Văn Phúc hoàn thành nhiệm vụ. Giấy này có giá trị đến hết ngày
  {meet}./.
@ QĐ VP HEAD UBND - 1-2 | Ban hành Danh mục hồ sơ năm {year} của Sở Nội vụ
- Căn cứ Nghị định số 30/2020/NĐ-CP ngày 05 tháng 3 năm 2020 của Chính phủ về công tác văn thư;
- Theo đề nghị của Chánh Văn phòng Sở.
- QUYẾT ĐỊNH:
- Điều 1. Ban hành kèm theo Quyết định này Danh mục hồ sơ năm {year} của Sở Nội vụ.
- Điều 2. Chánh Văn phòng, Trưởng các phòng, đơn vị thuộc Sở và công chức, viên chức chịu trách nhiệm thi hành Quyết
  định này./.
@ CTr VP HEAD UBND - 1,4,7,10 | Công tác trọng tâm quý {q} năm {year} của Sở Nội vụ
- Nhiệm vụ trọng tâm: hoàn thiện hồ sơ trình về biên chế, vị trí việc làm; tổ chức tuyển dụng công chức.
- Trưởng các phòng, đơn vị cụ thể hóa thành kế hoạch tuần, báo cáo kết quả vào thứ Sáu hằng tuần./.
@ CV LTLS KT SO,XA - 3-5 | V/v thu thập hồ sơ, tài liệu đến hạn nộp vào lưu trữ lịch sử năm {year}
- Thực hiện Luật Lưu trữ ngày 21 tháng 6 năm 2024, Sở Nội vụ đề nghị các cơ quan thuộc nguồn nộp lưu rà soát hồ sơ,
  tài liệu có thời hạn bảo quản vĩnh viễn đến hạn nộp lưu.
- Lập Mục lục hồ sơ nộp lưu theo mẫu, gửi về Trung tâm Lưu trữ lịch sử để thẩm định./.
@ BC LTLS KT VTLTNN,UBND - 1-2 | Thống kê công tác văn thư, lưu trữ năm {prev}
- Sở Nội vụ tổng hợp, báo cáo thống kê công tác văn thư, lưu trữ của các cơ quan, tổ chức trên địa bàn tỉnh.
- Tổng số hồ sơ điện tử được lập: 128.4{n}; tỷ lệ văn bản đi ký số đạt 99,8%./.
@ CV VP KT VPUBND - * | V/v đăng ký nội dung Chương trình công tác tháng {month} năm {year} của Ủy ban nhân dân tỉnh
- Sở Nội vụ đăng ký 03 nội dung trình Ủy ban nhân dân tỉnh trong tháng {month} (có biểu kèm theo).
- Kính đề nghị Văn phòng Ủy ban nhân dân tỉnh tổng hợp./.
@ KH VP HEAD UBND,SKHCN - 1-3 | Chuyển đổi số của Sở Nội vụ năm {year}
- Mục tiêu: 100% hồ sơ công việc được lập và xử lý trên môi trường mạng; 100% văn bản đi được ký số theo quy định.
- Giải pháp: số hóa văn bản đến; tập huấn kỹ năng số; bảo đảm an toàn thông tin mạng./.
"""


def _matter(fields: list[str], subject: str, body: tuple[str, ...]) -> OutgoingMatter:
    kind, unit, capacity, to, council, when = fields
    return OutgoingMatter(kind, unit, capacity, tuple(to.split(",")), council.strip("-"), months(when), subject, body)


OUTGOING_MATTERS = tuple(_matter(*record) for record in records(_TEXT))

_ANSWERS = """
@ CV | V/v phúc đáp {type} số {code} ngày {date} của {issuer}
- Sở Nội vụ tỉnh Sông Hương nhận được {type} số {code} ngày {date} của {issuer} về nội dung: {matter}.
- Sau khi nghiên cứu, Sở Nội vụ cơ bản thống nhất với các nội dung nêu tại văn bản trên; đề nghị rà soát lại căn cứ pháp
  lý và số liệu trước khi triển khai.
- Sở Nội vụ trân trọng phúc đáp./.
@ BC | Kết quả thực hiện {type} số {code} ngày {date} của {issuer}
- Thực hiện {type} số {code} ngày {date} của {issuer} về nội dung: {matter}; Sở Nội vụ tỉnh Sông Hương báo cáo kết quả
  như sau:
- 1. Đã phân công phòng chuyên môn chủ trì, ban hành văn bản triển khai đến các đơn vị thuộc Sở và Ủy ban nhân dân các
  xã, phường.
- 2. Kết quả: các nhiệm vụ được triển khai đúng tiến độ; chi tiết tại Phụ lục kèm theo.
- Trên đây là báo cáo của Sở Nội vụ, kính gửi {issuer} tổng hợp./.
"""

# Subject and body of an answer, by the type in which it is written.
ANSWERS = {fields[0]: (subject, body) for fields, subject, body in records(_ANSWERS)}
