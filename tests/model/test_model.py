"""The numbering protocol holds in every order of events, within small bounds; without any one guard it does not."""

from __future__ import annotations

import pytest

from .explore import RULES, explore
from .variants import GUARDS, VARIANTS, Guard, Variant, without

QUICK = [variant for variant in VARIANTS if variant.quick]


@pytest.mark.parametrize("variant", QUICK, ids=lambda variant: variant.name)
def test_every_order_of_events(variant: Variant) -> None:
    found = explore(variant.world, variant.rules)
    assert found.fault.startswith(variant.fault) if variant.fault else not found.fault, found.story
    assert found.complete
    if not variant.fault:
        assert found.used == set(variant.rules), "a rule that never applies proves nothing"
        assert found.all_numbered if variant.aim == "numbered" else found.closed


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_without_the_guard_the_fault_is_found(guard: Guard) -> None:
    variant = without(guard)
    found = explore(variant.world, variant.rules)
    assert found.fault.startswith(guard.fault), found.fault
    assert found.story


def test_every_rule_and_every_guard_is_explored() -> None:
    assert {rule for variant in VARIANTS for rule in variant.rules} | {"drop_after_answer"} == set(RULES)
    assert len({guard.name for guard in GUARDS}) == len(GUARDS)
    assert {guard.variant for guard in GUARDS} <= {variant.name for variant in VARIANTS}


def test_every_switch_in_the_rules_has_a_guard() -> None:
    import re
    from pathlib import Path

    here = Path(__file__).parent
    source = "".join(path.read_text(encoding="utf-8") for path in here.glob("*.py"))
    assert set(re.findall(r'world\.on\("([^"]+)"\)', source)) == {guard.name for guard in GUARDS}
