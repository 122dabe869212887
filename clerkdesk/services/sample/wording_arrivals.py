"""What the fictional office receives: each matter with its trích yếu and the paragraphs of its own.

A matter is `@ frame sender base unit due months | trích yếu`, then its paragraphs. The frame is the type's code, with
how it is worded where that matters (`CV:xa`: as a commune writes); the sender a short name or a group (`XA` a commune,
`SNV*` and `UBND*` another province); the base a key of `BASES`; due the working days given, 0 for none; `!` marks a
matter that may be urgent. Words in braces are filled in by `wording`, which adds opening and closing of the frame.
"""

from __future__ import annotations

from typing import NamedTuple

from clerkdesk.services.sample.wording_frames import months, records


class Matter(NamedTuple):
    """One matter that arrives."""

    frame: str
    sender: str
    base: str
    unit: str
    due: int
    months: frozenset[int]
    pressing: bool
    subject: str
    body: tuple[str, ...]


_TEXT = """
@ CV:chidao UBND cchc CCHC 10 1-3 | V/v triển khai Kế hoạch cải cách hành chính nhà nước năm {year}
- Các sở, ban, ngành, Ủy ban nhân dân các xã, phường xây dựng kế hoạch của cơ quan, đơn vị mình, xác định rõ sản phẩm,
  người chịu trách nhiệm, thời gian hoàn thành từng nhiệm vụ.
- Giao Sở Nội vụ theo dõi, đôn đốc, kiểm tra, hằng quý tổng hợp, báo cáo Ủy ban nhân dân tỉnh.
@ CV:chidao UBND cchc CCHC 7 3-6 | V/v cải thiện, nâng cao Chỉ số cải cách hành chính (PAR INDEX) năm {year}
- Phân tích từng tiêu chí, tiêu chí thành phần bị trừ điểm; làm rõ nguyên nhân, trách nhiệm của tập thể, cá nhân.
- Giao Sở Nội vụ tham mưu giải pháp khắc phục đối với các nội dung thuộc lĩnh vực cải cách tổ chức bộ máy và cải cách
  chế độ công vụ.
@ BC XA cchc CCHC 0 3,6,9,12 | Kết quả công tác cải cách hành chính quý {q} năm {year}
- Công tác chỉ đạo, điều hành: đã ban hành 04 văn bản triển khai, tổ chức 02 cuộc kiểm tra nội bộ.
- Kết quả giải quyết thủ tục hành chính: tiếp nhận 1.2{n} hồ sơ, giải quyết đúng hạn và trước hạn đạt 99,2%; hồ sơ
  trực tuyến toàn trình đạt trên 80%.
- Khó khăn, vướng mắc: trang thiết bị tại Trung tâm Phục vụ hành chính công xã, phường chưa đồng bộ.
@ BC SYT cchc CCHC 0 5-7 | Kết quả thực hiện Kế hoạch cải cách hành chính 6 tháng đầu năm {year}
- Đã hoàn thành 18/32 nhiệm vụ theo kế hoạch, đạt 56,3%; không có nhiệm vụ quá hạn.
- Đã đơn giản hóa, cắt giảm thời gian giải quyết của 12 thủ tục hành chính thuộc phạm vi quản lý.
@ CV:denghi SKHCN cds VP 5 3,6,9,12 | V/v cung cấp số liệu phục vụ đánh giá mức độ chuyển đổi số quý {q} năm {year}
- Cung cấp số liệu văn bản điện tử được ký số, gửi, nhận qua Trục liên thông văn bản quốc gia.
- Cung cấp tỷ lệ hồ sơ công việc được xử lý trên môi trường mạng của cơ quan.
@ CV:chidao UBND cds VP 7 * | V/v đẩy mạnh chuyển đổi số, sử dụng chữ ký số chuyên dùng công vụ
- 100% văn bản điện tử (trừ văn bản có nội dung thuộc bí mật nhà nước) phải được ký số của người có thẩm quyền và chữ
  ký số của cơ quan trước khi phát hành.
- Không phát hành văn bản giấy khi đã gửi văn bản điện tử được ký số theo quy định.
@ KH UBND cds VP 10 1-3 | Phát triển khoa học, công nghệ, đổi mới sáng tạo và chuyển đổi số năm {year}
- Mục đích, yêu cầu: cụ thể hóa mục tiêu, nhiệm vụ; phân công rõ người, rõ việc, rõ thời gian, rõ trách nhiệm, rõ sản
  phẩm, rõ thẩm quyền.
- Nhiệm vụ trọng tâm: hoàn thiện thể chế; phát triển hạ tầng số; dữ liệu số; nhân lực số; bảo đảm an toàn thông tin.
- Tổ chức thực hiện: Sở Khoa học và Công nghệ là cơ quan đầu mối theo dõi, đôn đốc, tổng hợp.
@ CV:chidao VPUBND vbdt VP 5 * | V/v chấn chỉnh việc gửi, nhận văn bản điện tử trên Hệ thống quản lý văn bản và điều
  hành
- Văn bản điện tử phải được phát hành ngay trong ngày được ký ban hành, chậm nhất là trong buổi sáng của ngày làm việc
  tiếp theo.
- Văn thư bên nhận kiểm tra chữ ký số trước khi tiếp nhận; trường hợp không bảo đảm tính xác thực, tính toàn vẹn hoặc
  gửi sai nơi nhận thì phải trả lại cho bên gửi, ghi rõ lý do.
@ TB:ketluan VPUBND chung VP 0 *! | Kết luận của Chủ tịch Ủy ban nhân dân tỉnh tại phiên họp thường kỳ tháng {month} năm
  {year}
- Ghi nhận, biểu dương các cơ quan, đơn vị đã nỗ lực hoàn thành nhiệm vụ trong tháng.
- Giao Sở Nội vụ khẩn trương hoàn thiện hồ sơ trình Ủy ban nhân dân tỉnh về vị trí việc làm và biên chế công chức.
- Các cơ quan, đơn vị rà soát các nhiệm vụ quá hạn trên hệ thống, có giải pháp khắc phục dứt điểm.
@ GM UBND chung VP 0 *! | Dự phiên họp thường kỳ của Ủy ban nhân dân tỉnh tháng {month} năm {year}
- Địa điểm: Phòng họp số 1, Trụ sở Ủy ban nhân dân tỉnh Sông Hương.
- Nội dung: đánh giá tình hình kinh tế - xã hội, quốc phòng, an ninh; cho ý kiến các dự thảo văn bản trình tại phiên
  họp.
@ GM VPUBND chung CCHC 0 3-6! | Họp nghe báo cáo Chỉ số cải cách hành chính năm {prev} và giải pháp năm {year}
- Địa điểm: Phòng họp số 3, Trụ sở Ủy ban nhân dân tỉnh Sông Hương.
- Thành phần: lãnh đạo các sở, ban, ngành; Sở Nội vụ chuẩn bị báo cáo và gửi trước 02 ngày làm việc.
@ GM STC nsnn VP 0 1-3! | Họp thống nhất phương án phân bổ kinh phí đào tạo, bồi dưỡng năm {year}
- Địa điểm: Phòng họp tầng 2, Sở Tài chính.
- Thành phần: đại diện lãnh đạo và chuyên viên phụ trách của Sở Nội vụ.
@ GM STP pbgdpl VP 0 * | Dự hội nghị phổ biến, quán triệt các luật, nghị quyết mới được Quốc hội thông qua
- Địa điểm: Hội trường Sở Tư pháp; kết hợp trực tuyến đến điểm cầu các xã, phường.
- Thành phần: lãnh đạo Sở, công chức phụ trách công tác pháp chế.
@ GM MTTQ chung XDCQ 0 * | Dự hội nghị hiệp thương, phối hợp thực hiện quy chế dân chủ ở cơ sở năm {year}
- Địa điểm: Hội trường Ủy ban Mặt trận Tổ quốc Việt Nam tỉnh Sông Hương.
- Nội dung: rà soát kết quả phối hợp, thống nhất chương trình công tác thời gian tới.
@ GM VP cqdp XDCQ 0 4,5,9,10! | Dự phiên giải trình về sắp xếp tổ chức bộ máy, giải quyết chế độ cho cán bộ dôi dư
- Địa điểm: Phòng họp Thường trực Hội đồng nhân dân tỉnh.
- Sở Nội vụ chuẩn bị báo cáo giải trình, gửi Văn phòng trước ngày họp 03 ngày làm việc.
@ CV:xa XA cbcc CCVC 10 1-5 | V/v đề nghị bổ sung chỉ tiêu tuyển dụng công chức năm {year}
- Số biên chế công chức được giao còn thiếu so với vị trí việc làm được phê duyệt, tập trung ở lĩnh vực tài chính, xây
  dựng, đất đai.
- Kính đề nghị Sở Nội vụ tham mưu cấp có thẩm quyền bổ sung chỉ tiêu tuyển dụng cho địa phương.
@ CV:xa XA cqdp XDCQ 7 * | V/v xin ý kiến về việc bố trí người hoạt động không chuyên trách ở thôn, tổ dân phố
- Trên địa bàn hiện có {n} người hoạt động không chuyên trách, một số thôn chưa kiện toàn đủ chức danh sau sắp xếp.
- Mức phụ cấp hiện hành chưa thu hút được người trẻ, có trình độ tham gia công tác tại thôn, tổ dân phố.
@ CV:xa XA motcua CCHC 5 * | V/v vướng mắc khi tiếp nhận thủ tục hành chính không phụ thuộc địa giới hành chính
- Phần mềm chưa cho phép chuyển hồ sơ giữa các xã, phường trong trường hợp công dân nộp sai nơi tiếp nhận.
- Công chức tiếp nhận chưa được cấp tài khoản tra cứu dữ liệu chuyên ngành.
@ CV:xa XA ncc NCC 10 * | V/v thẩm định hồ sơ hưởng trợ cấp một lần đối với thân nhân người có công với cách mạng
- Ủy ban nhân dân xã, phường đã tiếp nhận, kiểm tra {n} hồ sơ đề nghị hưởng trợ cấp.
- Có 03 trường hợp thiếu giấy tờ gốc, đề nghị hướng dẫn việc xác nhận.
@ CV:xa XA vtlt LTLS 10 * | V/v hướng dẫn bàn giao tài liệu lưu trữ của đơn vị hành chính cấp huyện khi kết thúc hoạt
  động
- Khối tài liệu tiếp nhận khoảng {n} mét giá, phần lớn chưa chỉnh lý, chưa lập mục lục hồ sơ.
- Kho lưu trữ của địa phương chưa bảo đảm điều kiện phòng cháy, chữa cháy.
@ TTr XA tdkt VP 15 10-12 | Về việc đề nghị tặng Bằng khen của Chủ tịch Ủy ban nhân dân tỉnh cho tập thể, cá nhân có
  thành tích xuất sắc năm {year}
- Hội đồng Thi đua - Khen thưởng địa phương đã họp, bỏ phiếu, thống nhất đề nghị khen thưởng 02 tập thể và 05 cá nhân.
- Gửi kèm biên bản họp, báo cáo thành tích có xác nhận của cấp có thẩm quyền.
@ BC XA cqdp XDCQ 0 * | Tình hình tổ chức và hoạt động của chính quyền địa phương 02 cấp tháng {past}
- Bộ máy đi vào hoạt động ổn định, thông suốt, không gián đoạn việc giải quyết thủ tục hành chính cho người dân.
- Hiện còn 03 vị trí việc làm kiêm nhiệm; thiếu công chức có chuyên môn về công nghệ thông tin.
@ BC XA cbcc CCVC 0 3,6,9,12 | Số lượng, chất lượng cán bộ, công chức, viên chức tính đến hết quý {q} năm {year}
- Tổng số cán bộ, công chức có mặt: {n} người; trình độ đại học trở lên đạt 98,4%.
- Có 02 trường hợp nghỉ hưu đúng tuổi trong quý tới, đề nghị được bổ sung người thay thế.
@ BC XA pctt VP 0 5-11! | Tình hình thiệt hại do mưa lũ gây ra trên địa bàn (báo cáo nhanh, tính đến 17 giờ 00 phút)
- Về người: không có thiệt hại. Về tài sản: {n} nhà bị ngập, 02 tuyến đường bị sạt lở cục bộ.
- Đã huy động lực lượng tại chỗ di dời các hộ dân ở vùng trũng thấp, ven sông đến nơi an toàn.
@ CĐ UBND pctt VP 1 5-11! | Tập trung ứng phó với mưa lớn, lũ, ngập lụt, sạt lở đất trên địa bàn tỉnh
- Hoãn các cuộc họp không cấp bách; phân công lãnh đạo trực 24/24 giờ, triển khai phương châm “bốn tại chỗ”.
- Rà soát, chủ động sơ tán người dân ra khỏi khu vực nguy hiểm trước 17 giờ 00 phút cùng ngày.
@ CV:chidao UBND pctt VP 2 5-11! | V/v chủ động triển khai các biện pháp phòng, chống thiên tai và tìm kiếm cứu nạn
- Kiểm tra, gia cố trụ sở, kho lưu trữ; bảo đảm an toàn tài liệu, thiết bị và dữ liệu.
- Tổ chức trực ban nghiêm túc, báo cáo kịp thời tình huống phát sinh.
@ KH SNNMT pctt VP 0 5 | Tổ chức tuần lễ quốc gia phòng, chống thiên tai năm {year}
- Tuyên truyền, nâng cao nhận thức của cán bộ, công chức và Nhân dân về kỹ năng ứng phó thiên tai.
- Các cơ quan, đơn vị lồng ghép nội dung vào sinh hoạt định kỳ, treo băng rôn, khẩu hiệu hưởng ứng.
@ QĐ UBND tcbc TCBC 0 1-3 | Về việc giao chỉ tiêu biên chế công chức trong các cơ quan hành chính nhà nước năm {year}
- Giao chỉ tiêu biên chế công chức cho các sở, ban, ngành và Ủy ban nhân dân các xã, phường (chi tiết tại Phụ lục).
- Giao Sở Nội vụ theo dõi, kiểm tra việc quản lý, sử dụng biên chế, báo cáo Ủy ban nhân dân tỉnh.
@ QĐ UBND tcbc TCBC 0 4-8 | Phê duyệt Đề án vị trí việc làm của Trung tâm Phục vụ hành chính công tỉnh
- Phê duyệt Đề án gồm 21 vị trí việc làm, trong đó: lãnh đạo, quản lý 03 vị trí; chuyên môn 14 vị trí; hỗ trợ 04 vị
  trí.
- Trung tâm Phục vụ hành chính công tỉnh bố trí, sử dụng công chức, viên chức theo Đề án được phê duyệt.
@ QĐ UBND cbcc CCVC 0 * | Về việc điều động, bổ nhiệm ông {ong} giữ chức vụ Phó Giám đốc Sở Khoa học và Công nghệ
- Điều động, bổ nhiệm ông {ong} đến nhận công tác và giữ chức vụ Phó Giám đốc Sở Khoa học và Công nghệ.
- Thời hạn giữ chức vụ là 05 năm kể từ ngày quyết định có hiệu lực; được hưởng phụ cấp chức vụ theo quy định.
@ QĐ UBND cchc CCHC 0 2-4 | Phê duyệt Chỉ số cải cách hành chính của các sở, ban, ngành, địa phương năm {prev}
- Phê duyệt kết quả xác định Chỉ số cải cách hành chính năm {prev} (Phụ lục I, II kèm theo).
- Căn cứ kết quả được phê duyệt, các cơ quan, địa phương xây dựng kế hoạch khắc phục tồn tại, hạn chế.
@ QĐ UBND motcua CCHC 0 * | Công bố Danh mục thủ tục hành chính được sửa đổi, bổ sung trong lĩnh vực nội vụ
- Công bố kèm theo Quyết định này Danh mục 14 thủ tục hành chính được sửa đổi, bổ sung.
- Sở Nội vụ cập nhật quy trình nội bộ, quy trình điện tử trên Hệ thống thông tin giải quyết thủ tục hành chính.
@ QĐ UBND tdkt VP 0 1-3 | Về việc tặng Cờ thi đua của Ủy ban nhân dân tỉnh năm {prev}
- Tặng Cờ thi đua cho 15 tập thể dẫn đầu các cụm, khối thi đua (có danh sách kèm theo).
- Tập thể được tặng Cờ thi đua hưởng tiền thưởng theo quy định hiện hành.
@ QĐ UBND chung VP 0 1-2 | Ban hành Chương trình công tác năm {year} của Ủy ban nhân dân tỉnh
- Ban hành kèm theo Quyết định này Chương trình công tác năm {year} của Ủy ban nhân dân tỉnh.
- Thủ trưởng cơ quan chủ trì chuẩn bị đề án chịu trách nhiệm về nội dung và tiến độ trình.
@ QPPL UBND vbdt VP 0 3,4,8,9 | Ban hành Quy chế tiếp nhận, xử lý, phát hành và quản lý văn bản điện tử giữa các cơ
  quan hành chính nhà nước trên địa bàn tỉnh Sông Hương
- Ban hành kèm theo Quyết định này Quy chế tiếp nhận, xử lý, phát hành và quản lý văn bản điện tử.
- Văn bản điện tử đã ký số theo quy định được gửi, nhận qua Hệ thống có giá trị pháp lý như bản gốc văn bản giấy.
@ QPPL UBND tcbc TCBC 0 2-4 | Quy định chức năng, nhiệm vụ, quyền hạn và cơ cấu tổ chức của Sở Nội vụ tỉnh Sông Hương
- Sở Nội vụ là cơ quan chuyên môn thuộc Ủy ban nhân dân tỉnh, có tư cách pháp nhân, có con dấu và tài khoản riêng.
- Sở Nội vụ có Giám đốc và không quá 03 Phó Giám đốc; các tổ chức hành chính thuộc Sở theo quy định.
@ QPPL UBND cbcc CCVC 0 5,6,10 | Quy định phân cấp quản lý cán bộ, công chức, viên chức trong các cơ quan, đơn vị
  thuộc Ủy ban nhân dân tỉnh Sông Hương
- Quyết định này quy định nội dung, nguyên tắc, thẩm quyền phân cấp quản lý cán bộ, công chức, viên chức.
- Bãi bỏ các quy định trước đây của Ủy ban nhân dân tỉnh trái với Quyết định này.
@ NQ HĐND cqdp TCBC 0 12 | Về tổng biên chế công chức, tổng số lượng người làm việc trong đơn vị sự nghiệp công lập
  năm {next}
- Phê duyệt tổng biên chế công chức trong các cơ quan, tổ chức hành chính cấp tỉnh, cấp xã năm {next}.
- Thường trực, các Ban của Hội đồng nhân dân và đại biểu Hội đồng nhân dân giám sát việc thực hiện Nghị quyết.
@ NQ HĐND cqdp XDCQ 0 7,12 | Về chương trình giám sát của Hội đồng nhân dân tỉnh năm {next}
- Thông qua chương trình giám sát của Hội đồng nhân dân tỉnh năm {next}.
- Giám sát chuyên đề việc sắp xếp, bố trí, sử dụng cán bộ, công chức cấp xã.
@ CV:bo BNV cbcc CCVC 15 1-3 | V/v báo cáo kết quả tuyển dụng công chức năm {prev} và nhu cầu tuyển dụng năm {year}
- Rà soát, tổng hợp kết quả tuyển dụng công chức theo biểu mẫu gửi kèm.
- Đề xuất nhu cầu kiểm định chất lượng đầu vào công chức trong năm {year}.
@ CV:bo BNV cchc CCHC 10 11-12 | V/v tự đánh giá, chấm điểm để xác định Chỉ số cải cách hành chính năm {year}
- Tự đánh giá, chấm điểm trên Phần mềm chấm điểm xác định Chỉ số cải cách hành chính.
- Cung cấp đầy đủ tài liệu kiểm chứng đối với từng tiêu chí, tiêu chí thành phần.
@ CV:bo BNV cqdp XDCQ 7 *! | V/v rà soát khó khăn, vướng mắc trong tổ chức chính quyền địa phương 02 cấp
- Tổng hợp khó khăn, vướng mắc về phân cấp, phân quyền, phân định thẩm quyền theo từng lĩnh vực.
- Đề xuất sửa đổi, bổ sung quy định hoặc hướng dẫn của cơ quan có thẩm quyền.
@ CV:bo BNV ncc NCC 5 6-7 | V/v tổ chức các hoạt động kỷ niệm Ngày Thương binh - Liệt sĩ (27/7)
- Tổ chức thăm hỏi, tặng quà người có công với cách mạng và thân nhân liệt sĩ bảo đảm kịp thời, đúng đối tượng.
- Tu bổ, chỉnh trang nghĩa trang liệt sĩ, đài tưởng niệm, phần mộ liệt sĩ.
@ HD BNV tdkt VP 0 8-10 | Tổng kết phong trào thi đua và xét khen thưởng chuyên đề năm {year}
- Phạm vi, đối tượng, tiêu chuẩn xét khen thưởng chuyên đề; số lượng đề nghị của mỗi địa phương.
- Hồ sơ đề nghị khen thưởng lập thành 01 bộ bản chính, gửi đồng thời tệp điện tử đã ký số.
@ CV:bo VTLTNN vtlt LTLS 12 1-2 | V/v báo cáo thống kê công tác văn thư, lưu trữ năm {prev}
- Báo cáo thống kê công tác văn thư, lưu trữ theo chế độ báo cáo hiện hành.
- Báo cáo tình hình số hóa tài liệu, tạo lập hồ sơ điện tử và nộp lưu vào lưu trữ hiện hành.
@ HD VTLTNN vtlt LTLS 0 3-5 | Lập hồ sơ công việc và nộp hồ sơ điện tử vào lưu trữ hiện hành
- Hồ sơ phải phản ánh đúng chức năng, nhiệm vụ của cơ quan; văn bản trong hồ sơ có mối liên hệ chặt chẽ với nhau.
- Hồ sơ điện tử được nộp lưu trong thời hạn 60 ngày kể từ ngày công việc kết thúc.
@ CV:bo VPCP motcua CCHC 5 *! | V/v đôn đốc xử lý phản ánh, kiến nghị của người dân, doanh nghiệp trên Cổng Dịch vụ
  công quốc gia
- Rà soát, xử lý dứt điểm các phản ánh, kiến nghị quá hạn trên Hệ thống.
- Công khai kết quả xử lý và trách nhiệm của cơ quan, đơn vị để chậm muộn.
@ CV:bo BKHCN cds VP 8 *! | V/v rà soát an toàn thông tin mạng đối với hệ thống thông tin dùng chung
- Rà soát, xác định cấp độ an toàn hệ thống thông tin; cập nhật bản vá cho máy chủ, máy trạm.
- Bố trí cán bộ đầu mối ứng cứu sự cố và đăng ký với cơ quan điều phối.
@ CV:denghi SNV* cbcc CCVC 10 * | V/v trao đổi kinh nghiệm tổ chức thi tuyển công chức trên máy vi tính
- Tiếp và làm việc với Đoàn công tác, dự kiến 08 người do đồng chí Phó Giám đốc Sở làm Trưởng đoàn.
- Trao đổi về quy trình xây dựng ngân hàng câu hỏi, bảo đảm bảo mật và tổ chức chấm thi.
@ CV:denghi SNV* cbcc CCVC 7 * | V/v xác minh văn bằng, quá trình công tác của công chức xin chuyển công tác
- Xác minh quá trình công tác, diễn biến tiền lương của bà {ba}.
- Cung cấp bản sao hồ sơ công chức để làm cơ sở xem xét, tiếp nhận.
@ CV:denghi UBND* cchc CCHC 0 4,5,8,9 | V/v học tập mô hình Trung tâm Phục vụ hành chính công hai cấp
- Bố trí thời gian làm việc với Đoàn công tác của địa phương trong tuần thứ ba của tháng.
- Chia sẻ tài liệu về mô hình, quy trình liên thông và bộ chỉ số đánh giá.
@ CV:denghi STC nsnn VP 7 1-3 | V/v quyết toán kinh phí thực hiện nhiệm vụ đặc thù năm {prev}
- Lập báo cáo quyết toán kinh phí theo mẫu biểu quy định, gửi kèm chứng từ có liên quan.
- Thuyết minh các khoản chi chuyển nguồn, kinh phí hủy dự toán (nếu có).
@ CV:denghi STC nsnn VP 10 6-8 | V/v xây dựng dự toán ngân sách nhà nước năm {next}
- Đánh giá tình hình thực hiện dự toán năm {year}; dự kiến nhiệm vụ và nhu cầu kinh phí năm {next}.
- Thuyết minh chi tiết kinh phí đào tạo, bồi dưỡng, số hóa tài liệu lưu trữ và cải cách hành chính.
@ CV:denghi STP cqdp VP 5 *! | V/v lấy ý kiến dự thảo Quyết định quy định việc phân cấp thẩm quyền trên địa bàn tỉnh
- Nghiên cứu, tham gia ý kiến đối với dự thảo Tờ trình và dự thảo Quyết định gửi kèm.
- Quá thời hạn nêu trên, nếu không nhận được ý kiến thì được hiểu là quý Sở thống nhất với dự thảo.
@ CV:denghi STP pbgdpl VP 5 * | V/v rà soát, hệ thống hóa văn bản quy phạm pháp luật thuộc lĩnh vực nội vụ
- Lập danh mục văn bản còn hiệu lực, hết hiệu lực, cần sửa đổi, bổ sung, thay thế.
- Cử 01 công chức tham gia Tổ rà soát liên ngành.
@ BC SGDĐT cbcc CCVC 0 8-10 | Kết quả tuyển dụng viên chức ngành giáo dục năm {year}
- Chỉ tiêu tuyển dụng 412 người; số người trúng tuyển 387 người, đạt 93,9%.
- Còn thiếu giáo viên môn Tin học, Âm nhạc, Mỹ thuật do nguồn tuyển hạn chế.
@ TTr SGDĐT tcbc TCBC 15 3-6 | Về việc thẩm định Đề án sắp xếp các đơn vị sự nghiệp công lập trực thuộc Sở Giáo dục và
  Đào tạo
- Sự cần thiết, cơ sở pháp lý và nguyên tắc sắp xếp; phương án nhân sự, tài chính, tài sản.
- Sau sắp xếp giảm 04 đơn vị, không làm gián đoạn việc dạy và học.
@ TTr SYT tcbc TCBC 15 * | Về việc đề nghị điều chỉnh số lượng người làm việc của các trạm y tế xã, phường
- Điều chỉnh theo quy mô dân số và số giường bệnh được giao, không vượt tổng số đã được phê duyệt.
- Gửi kèm danh sách và bản thuyết minh vị trí việc làm của từng trạm.
@ CV:denghi SXD tcbc TCBC 10 * | V/v thẩm định dự thảo Quy định chức năng, nhiệm vụ của Trung tâm Quản lý hạ tầng đô
  thị
- Thẩm định sự phù hợp của dự thảo với quy định về đơn vị sự nghiệp công lập.
- Cho ý kiến về số lượng cấp phó và các phòng chuyên môn.
@ CV:denghi SCT cbcc CCVC 5 * | V/v cử công chức tham gia Đoàn kiểm tra liên ngành về hội chợ, triển lãm
- Cử 01 công chức tham gia Đoàn kiểm tra liên ngành.
- Thời gian kiểm tra: 03 ngày làm việc, theo lịch gửi kèm.
@ CV:denghi SVHTTDL tdkt VP 0 2,3,7,8 | V/v hưởng ứng, tham gia Giải thể thao cán bộ, công chức, viên chức năm {year}
- Thông báo đến công đoàn cơ sở, lập danh sách vận động viên đăng ký thi đấu.
- Thời gian khai mạc dự kiến ngày {meet}, tại Nhà thi đấu đa năng tỉnh.
@ CV:denghi SNNMT tcbc TCBC 8 3-5 | V/v kiện toàn Ban Chỉ huy Phòng thủ dân sự tỉnh
- Cử 01 đồng chí lãnh đạo Sở tham gia thành viên Ban Chỉ huy.
- Gửi thông tin người được cử gồm họ tên, chức vụ, số điện thoại liên hệ.
@ CV:denghi BHXH ldvl LĐVL 5 3,6,9,12 | V/v phối hợp rà soát, đối chiếu người hưởng trợ cấp thất nghiệp quý {q} năm
  {year}
- Đối chiếu danh sách {n} người hưởng trợ cấp thất nghiệp với dữ liệu đóng bảo hiểm xã hội.
- Thống nhất số liệu thu hồi đối với các trường hợp hưởng sai quy định.
@ CV:chidao UBND ldvl LĐVL 7 * | V/v tăng cường kết nối cung - cầu lao động, tạo việc làm cho người lao động
- Tổ chức các phiên giao dịch việc làm trực tiếp và trực tuyến tại các xã, phường.
- Cập nhật thông tin người lao động vào cơ sở dữ liệu, kết nối với Cơ sở dữ liệu quốc gia về dân cư.
@ CV:chidao UBND ncc NCC 3 1-2! | V/v thăm, tặng quà gia đình chính sách, người có công nhân dịp Tết Nguyên đán năm
  {year}
- Bảo đảm quà tặng đến tay đối tượng trước Tết Nguyên đán, không để sót, trùng lặp.
- Lập danh sách ký nhận, thanh quyết toán kinh phí theo đúng quy định.
@ CV:chidao VPUBND chung VP 2 1,2,4,8,12! | V/v thực hiện chế độ trực và báo cáo trong dịp nghỉ lễ, nghỉ Tết năm
  {year}
- Phân công lãnh đạo, cán bộ trực; gửi danh sách trực về Văn phòng Ủy ban nhân dân tỉnh.
- Bảo đảm tiếp nhận, xử lý kịp thời văn bản khẩn, hỏa tốc trong những ngày nghỉ.
@ CV:denghi TTT pctn VP 10 11-12 | V/v kê khai, công khai bản kê khai tài sản, thu nhập năm {year}
- Lập danh sách người có nghĩa vụ kê khai; tổ chức việc kê khai theo đúng mẫu và hướng dẫn.
- Tổng hợp, bàn giao bản kê khai cho Cơ quan kiểm soát tài sản, thu nhập.
@ KH TTT pctn CCVC 0 1-4 | Thanh tra trách nhiệm của người đứng đầu trong quản lý, sử dụng công chức năm {year}
- Thanh tra 06 cơ quan, đơn vị; thời kỳ thanh tra từ ngày 01 tháng 01 năm {prev}.
- Thời hạn mỗi cuộc thanh tra không quá 30 ngày làm việc.
@ CV:denghi CAT cds VP 5 * | V/v phối hợp làm sạch dữ liệu cán bộ, công chức, viên chức với Cơ sở dữ liệu quốc gia về
  dân cư
- Cung cấp danh sách {n} trường hợp sai lệch thông tin để đối chiếu, chỉnh sửa.
- Hoàn thành đồng bộ dữ liệu trong quý {q} năm {year}.
@ CV:denghi BCH chung VP 7 3,4,9,10 | V/v cử cán bộ tham gia bồi dưỡng kiến thức quốc phòng và an ninh đối tượng 3
- Cử 02 công chức thuộc diện quy hoạch tham gia lớp bồi dưỡng, thời gian 12 ngày.
- Học viên mang theo quyết định cử đi học và hồ sơ cá nhân.
@ TB TCT cbcc CCVC 0 2,3,4,8,9 | Tuyển sinh lớp bồi dưỡng ngạch chuyên viên chính khóa 2 năm {year}
- Thời gian khai giảng dự kiến ngày {meet}; học tập trung 06 tuần.
- Hồ sơ gồm: công văn cử đi học, phiếu đăng ký có xác nhận của cơ quan, 02 ảnh cỡ 4 x 6 cm.
@ TB TTPVHCC motcua CCHC 0 * | Kết quả giải quyết thủ tục hành chính của các sở, ban, ngành tháng {past}
- Trong tháng tiếp nhận {n} hồ sơ thuộc lĩnh vực nội vụ; có 02 hồ sơ giải quyết quá hạn.
- Đề nghị các cơ quan có hồ sơ quá hạn thực hiện xin lỗi người dân bằng văn bản theo quy định.
@ CV:denghi MTTQ cqdp XDCQ 5 * | V/v phối hợp giám sát việc thực hiện dân chủ ở cơ sở tại xã, phường
- Cử đại diện lãnh đạo phòng chuyên môn tham gia Đoàn giám sát.
- Cung cấp tài liệu về tổ chức, hoạt động của thôn, tổ dân phố.
@ CV:chidao UBND cbcc CCVC 5 11-12! | V/v đánh giá, xếp loại chất lượng cán bộ, công chức, viên chức năm {year}
- Đánh giá trên cơ sở kết quả, sản phẩm công việc cụ thể; không nể nang, trù dập, thiên vị, hình thức.
- Kết quả đánh giá là căn cứ bố trí, sử dụng, khen thưởng, kỷ luật và thực hiện chính sách.
@ CV:chidao UBND cbcc CCVC 3 *! | V/v siết chặt kỷ luật, kỷ cương hành chính, khắc phục tình trạng né tránh, đùn đẩy
  công việc
- Người đứng đầu chịu trách nhiệm trước Ủy ban nhân dân tỉnh về kết quả, tiến độ nhiệm vụ được giao.
- Giao Sở Nội vụ tổ chức kiểm tra công vụ đột xuất, báo cáo kết quả hằng tháng.
@ CV:chidao UBND cqdp XDCQ 5 10-12! | V/v tham mưu nội dung trình kỳ họp Hội đồng nhân dân tỉnh cuối năm {year}
- Giao Sở Nội vụ chủ trì, phối hợp với các cơ quan liên quan hoàn thiện hồ sơ dự thảo nghị quyết về biên chế năm
  {next}.
- Gửi Sở Tư pháp thẩm định theo trình tự, thủ tục quy định.
@ CV:denghi TA cbcc CCVC 0 4,5,10 | V/v giới thiệu nhân sự tham gia Hội thẩm nhân dân
- Rà soát, giới thiệu nhân sự đủ tiêu chuẩn để trình Hội đồng nhân dân tỉnh bầu bổ sung.
- Gửi sơ yếu lý lịch của người được giới thiệu.
@ BC VPUBND vbdt VP 0 3,6,9,12 | Tình hình xử lý văn bản trên Hệ thống quản lý văn bản và điều hành quý {q} năm {year}
- Tỷ lệ văn bản điện tử ký số đạt 99,6%; tỷ lệ hồ sơ công việc được lập trên môi trường mạng đạt 71%.
- Một số cơ quan tiếp nhận văn bản quá 08 giờ làm việc kể từ thời điểm văn bản được gửi đến.
"""


def _matter(fields: list[str], subject: str, body: tuple[str, ...]) -> Matter:
    frame, sender, base, unit, due, when = fields
    return Matter(frame, sender, base, unit, int(due), months(when.rstrip("!")), when.endswith("!"), subject, body)


MATTERS = tuple(_matter(*record) for record in records(_TEXT))
