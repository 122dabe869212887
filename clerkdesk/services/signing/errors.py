"""What can go wrong when a document is signed or sealed; each sentence tells the clerk what is safe and what to do."""

from __future__ import annotations

from clerkdesk.errors import BadFile, BadInput, RuleBroken, StoreTrouble
from clerkdesk.i18n import N_


class WrongPassphrase(BadInput):
    """The passphrase does not open the key file."""

    sentence = N_("Mật khẩu của tệp khóa ký không đúng. Chưa có gì được ký; hãy nhập lại mật khẩu.")
    field = "passphrase"


class KeyFileBroken(BadFile):
    """The key file cannot be read, or holds no private key with its certificate."""

    sentence = N_(
        "Không dùng được tệp khóa ký ({reason}). Chưa có gì được ký; hãy chọn tệp .p12 hoặc .pfx khác, "
        "hoặc xin cơ quan cấp chứng thư gửi lại tệp."
    )


class CertificateUnusable(RuleBroken):
    """Base: the certificate may not sign now."""


class CertificateExpired(CertificateUnusable):
    """The certificate ended before the signing time."""

    sentence = N_(
        "Chứng thư số của {holder} đã hết hạn ngày {valid_to}. Chưa có gì được ký; hãy dùng chứng thư còn hạn "
        "hoặc làm thủ tục gia hạn."
    )


class CertificateNotYetValid(CertificateUnusable):
    """The certificate starts after the signing time."""

    sentence = N_(
        "Chứng thư số của {holder} chỉ có hiệu lực từ ngày {valid_from}. Chưa có gì được ký; hãy kiểm tra "
        "ngày giờ của máy, hoặc đợi đến ngày đó."
    )


class CertificateWrongPurpose(CertificateUnusable):
    """The certificate is not issued for signing documents (key usage)."""

    sentence = N_("Chứng thư số của {holder} không được cấp để ký văn bản. Chưa có gì được ký; hãy chọn tệp khóa khác.")


class PdfEncrypted(BadFile):
    """The PDF is protected by a password or by usage limits."""

    sentence = N_(
        "Tệp PDF này bị khóa bằng mật khẩu nên không thể ký. Tệp không bị thay đổi; hãy xin người soạn bản không khóa."
    )


class PdfDamaged(BadFile):
    """The bytes are not a PDF that can be read through."""

    sentence = N_(
        "Tệp này không phải PDF hoặc đã hỏng nên không thể ký hay kiểm tra ({reason}). Tệp không bị thay đổi; "
        "hãy xuất lại PDF từ bản soạn thảo."
    )


class NotPrepared(BadFile):
    """The PDF has no places for the signature, the number and the seal."""

    sentence = N_(
        "Văn bản chưa có chỗ ký, chỗ ghi số và chỗ đóng dấu. Chưa có gì được ký; hãy chuẩn bị văn bản "
        "trước khi trình ký."
    )


class ChangesForbidden(RuleBroken):
    """The leader certified the document so that nothing may follow (DocMDP P=1), not even number and seal."""

    sentence = N_(
        "Người ký đã khóa toàn bộ văn bản nên không thể ghi số, ngày và đóng dấu mà không làm hỏng chữ ký. "
        "Văn bản còn nguyên; hãy trả lại để ký lại theo cách cho phép điền số."
    )


class AlreadySigned(RuleBroken):
    """The document carries a signature, so this step came too late."""

    sentence = N_("Văn bản đã có chữ ký số nên không làm lại bước này được. Chữ ký còn nguyên, không có gì thay đổi.")


class AlreadyNumbered(AlreadySigned):
    """Number or date were filled in before the seal, outside the office's own step."""

    sentence = N_(
        "Ô “{what}” đã được điền từ trước. Văn bản không bị thay đổi; hãy hỏi lại người trình ký, "
        "rồi trình ký bản sạch nếu cần."
    )


class AlreadySealed(AlreadySigned):
    """The agency's signature is there already."""

    sentence = N_("Văn bản đã được đóng dấu của cơ quan. Không có gì thay đổi; mỗi văn bản chỉ đóng dấu một lần.")


class NotSignedByLeader(RuleBroken):
    """The seal goes only on a document signed by the authorised person (NĐ 30/2020 Đ32.2)."""

    sentence = N_(
        "Văn bản chưa có chữ ký của người có thẩm quyền nên chưa được đóng dấu (NĐ 30/2020 Đ32.2). "
        "Chưa có gì thay đổi; hãy trình ký trước."
    )


class PlaceNotFound(RuleBroken):
    """The page shows no sure place for something; nothing is placed by guess."""

    sentence = N_(
        "Không tìm thấy chỗ cho {what} trên văn bản ({reason}). Chưa có gì thay đổi; hãy chỉ chỗ bằng tay "
        "hoặc xin người soạn trình bày lại."
    )


class TextOverflow(RuleBroken):
    """The text is wider than its place."""

    sentence = N_(
        "“{text}” dài hơn chỗ ghi {what} trên văn bản (rộng {room_mm} mm). Chưa có gì thay đổi; "
        "hãy xin người soạn nới chỗ trống."
    )


class TextNotPrintable(BadInput):
    """The text is empty or has signs that the document font cannot show."""

    sentence = N_("Không ghi được “{text}” vào chỗ {what}. Chưa có gì thay đổi; hãy nhập lại.")


class PrintedDateDiffers(RuleBroken):
    """Part of the date is printed in the draft and is not the date of issue."""

    sentence = N_(
        "Văn bản đã in sẵn {what} là {printed}, khác với {given} sắp ghi. Chưa có gì thay đổi; hãy chọn ngày "
        "đúng như đã in hoặc xin bản khác."
    )


class ImageUnusable(BadFile):
    """The picture of a signature or of a seal is not a PNG that can be read."""

    sentence = N_("Không đọc được ảnh {what}. Chưa có gì được ký; hãy chọn ảnh .png nền trong suốt.")


class SigningFailed(StoreTrouble):
    """The signing step stopped; nothing was written."""

    sentence = N_("Chưa ký được ({reason}). Tệp cũ còn nguyên; hãy thử lại, nếu vẫn lỗi thì bấm F1.")


class SignatureBroken(StoreTrouble):
    """A signature is not good, or the finished file is not what was asked for."""

    sentence = N_(
        "Kiểm tra lại thấy chữ ký số không đạt: {reason}. Đừng phát hành tệp này; bản trước đó vẫn còn nguyên. "
        "Hãy trình ký lại hoặc làm lại bước đóng dấu."
    )
