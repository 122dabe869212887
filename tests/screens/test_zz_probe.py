import time, traceback
from pathlib import Path
from tests.screens.clerk import at_the_terminal
from clerkdesk.screens.office_screen import OfficeScreen
async def test_probe(office: Path, monkeypatch) -> None:
    old=OfficeScreen.say
    def say(self,text,*,bad=False):
        print("SAY",repr(text),[f"{f.name}:{f.lineno}" for f in traceback.extract_stack()[-6:-1]])
        old(self,text,bad=bad)
    monkeypatch.setattr(OfficeScreen,"say",say)
    async with at_the_terminal(office) as clerk:
        await clerk.go("nd")
        await clerk.fill("stc", "9999", "18", "TUYỆT MẬT phương án")
        print("F2")
        await clerk.press("f2")
        print("done")
        await clerk.fill("kho tả", "1/CV-X", "18", "Trích yếu")
        print("F2")
        await clerk.press("f2")
