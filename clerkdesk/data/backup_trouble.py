"""What can go wrong with a backup, each with what is safe and what to do; and the driver's words turned into them."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clerkdesk.errors import ClerkDeskError, StoreTrouble
from clerkdesk.i18n import N_


class BackupCancelled(StoreTrouble):
    """The person stopped it."""

    sentence = N_("Đã dừng theo yêu cầu. Kho dữ liệu còn nguyên; phần đang sao chép dở đã được xóa.")


class BackupRunning(StoreTrouble):
    """Another backup writes into the same folder."""

    sentence = N_("Đang có một lần sao lưu khác ghi vào {folder}. Chờ lần đó xong rồi thử lại.")


class BackupFull(StoreTrouble):
    """The disk that the copy goes to is full."""

    sentence = N_(
        "Ổ đĩa chứa {folder} đã đầy, chưa sao chép xong. Kho đang dùng còn nguyên; xóa bớt tệp hoặc chọn thư mục khác rồi thử lại."
    )


class BackupFolderWrong(StoreTrouble):
    """The folder cannot be written, or was taken away."""

    sentence = N_(
        "Không ghi hoặc đọc được thư mục {folder}. Kho đang dùng còn nguyên; kiểm tra ổ đĩa đã cắm và quyền ghi, rồi thử lại."
    )


class BackupNotFound(StoreTrouble):
    """There is no backup at this place."""

    sentence = N_(
        "Không có bản sao lưu ở {path}. Chạy “clerkdesk backups” để xem danh sách, rồi chọn một thư mục trong đó."
    )


class BackupBroken(StoreTrouble):
    """A part of the backup is not what it was when it was made."""

    sentence = N_(
        "Bản sao lưu {path} hỏng ở {detail}: chưa phục hồi gì, kho đang dùng còn nguyên. Chọn bản sao lưu khác (clerkdesk backups)."
    )


class BackupIncomplete(StoreTrouble):
    """Files of the backup are not where they should be."""

    sentence = N_(
        "Bản sao lưu thiếu {count} tệp đính kèm trong {folder}: chưa phục hồi gì. Chép cả thư mục “files” nằm cạnh bản sao lưu về cùng chỗ rồi thử lại."
    )


class BackupWrongKey(StoreTrouble):
    """The key does not open the copy."""

    sentence = N_(
        "Khóa không mở được {path}: chưa phục hồi gì, kho đang dùng còn nguyên. Chạy lại với --other-key và nhập mã khôi phục của kho đã tạo ra bản sao lưu này."
    )


@contextmanager
def in_backup_words(folder: Path) -> Iterator[None]:
    """Turn errors of disk and driver into ours."""
    from sqlcipher3 import dbapi2

    try:
        yield
    except ClerkDeskError:
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise BackupFull(folder=folder) from error
        raise BackupFolderWrong(folder=folder) from error
    except dbapi2.Error as error:
        words = str(error).lower()
        if "full" in words:
            raise BackupFull(folder=folder) from error
        if any(word in words for word in ("i/o", "unable to open", "readonly")):
            raise BackupFolderWrong(folder=folder) from error
        if any(word in words for word in ("malformed", "not a database", "hmac")):
            raise BackupBroken(path=folder, detail="store.db") from error
        raise
