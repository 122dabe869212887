from pathlib import Path

from tests.screens.clerk import at_the_terminal


async def test_probe(office: Path, monkeypatch) -> None:
    async with at_the_terminal(office) as clerk:
        await clerk.go("de")
        await clerk.press("enter", "f2", "f2")
        await clerk.fill("Thử")
        print(clerk.seen())
        for r in clerk.rows("SELECT * FROM correction"):
            print(r)
        print(clerk.rows("SELECT * FROM arrival")[-1])
