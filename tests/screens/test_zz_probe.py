from pathlib import Path
import pytest
from tests.terminal import Terminal
from tests.office import PASSWORD
def test_probe(office: Path) -> None:
    with Terminal.python("clerkdesk", "--data", str(office)) as t:
        t.wait_for("Tên đăng nhập")
        t.send("annv","enter",PASSWORD,"enter")
        t.wait_for("Chưa xử lý")
        for code in ("nd","de","nd","sd","nd"):
            t.send(b"\x07",code, "stc" if code=="nd" else "")
            t.wait_quiet(0.5)
            print(t.text())
