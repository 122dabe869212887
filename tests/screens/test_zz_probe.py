from pathlib import Path
from tests.screens.clerk import at_the_terminal
from clerkdesk.services.desk import Desk
async def test_probe(office: Path, monkeypatch) -> None:
    old=Desk.close
    def close(self):
        print("CLOSE"); old(self); print("closed")
    monkeypatch.setattr(Desk,"close",close)
    async with at_the_terminal(office) as clerk:
        await clerk.go("sd")
        clerk.entry("recipients").focus()
        await clerk.press("f1")
        print(clerk.seen(), clerk.screen)
    print("OUT")
    d=Desk.open(office/"clerkdesk.db")
