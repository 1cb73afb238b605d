"""The templates, once per language."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from itda.console import acts, audited, keeping, language, laws, proving, requesting, saying, stewarding, traits, words
from itda.console.words import Say

_TABLES = saying.TABLES | stewarding.TABLES | requesting.TABLES | audited.TABLES | laws.TABLES | keeping.TABLES
TEMPLATES = Path(__file__).parent / "templates"


def environments(assets: Mapping[str, str]) -> dict[str, Environment]:
    """Language → templates speaking it."""
    return {code: _environment(code, frozenset(assets.items())) for code in language.LANGUAGES}


@cache
def _environment(code: str, named: frozenset[tuple[str, str]]) -> Environment:
    assets = dict(named)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    translations = language.load(code)
    environment.install_gettext_translations(translations, newstyle=True)  # type: ignore[attr-defined]
    say = translations.gettext

    def asset(name: str) -> str:
        return f"/static/{assets[name]}"

    def icon(name: str, extra: str = "") -> Markup:
        sprite = asset("icons.svg")
        return Markup('<svg class="icon {}" aria-hidden="true"><use href="{}#{}"/></svg>').format(extra, sprite, name)

    environment.globals.update(
        say=say,
        language=code,
        asset=asset,
        icon=icon,
        channel=lambda name: words.channel(name, say),
        channel_icon=words.channel_icon,
        tone=words.tone,
        kind=lambda name: words.kind(name, say),
        kind_icon=words.kind_icon,
        kind_tone=words.kind_tone,
        event_name=lambda name, call: words.event(name, call, say),
        reason_name=lambda name: words.reason(name, say),
        held_back=lambda code: words.held_back(code, say),
        role_name=lambda name: words.role(name, say),
        tier_name=lambda name: say(words.TIERS[name]) if name in words.TIERS else name,
        trait_label=lambda trait: traits.label(trait, code, say),
        show_trait=lambda trait, formats: traits.show(trait, formats, say),
        shared_name=lambda codes: words.shared(codes, say),
        state_name=lambda name: say(words.STATES[name]) if name in words.STATES else name,
        event_icon=words.event_icon,
        called=lambda table, name: saying.of(_TABLES[table], name, say),
        because=lambda name: saying.reason(name, say),
        hindrances=saying.hindrances,
        step_name=saying.step,
        status_tone=lambda name: saying.STATUS_TONES.get(name, ""),
        hub_tone=lambda name: stewarding.HUB_TONES.get(name, ""),
        happened_icon=lambda name: stewarding.HAPPENED_ICONS.get(name, "info"),
        task_icon=lambda name: stewarding.TASK_ICONS.get(name, "info"),
        named_as=stewarding.named,
        compared=lambda name, labels: stewarding.label(name, labels, say),
        consent_tone=lambda name: saying.CONSENT_TONES.get(name, ""),
        **_lawful(say, translations.ngettext),
    )
    return environment


def _lawful(say: Say, ngettext: Callable[[str, str, int], str]) -> dict[str, Callable[..., Any]]:
    """Words of audit, law and retention."""
    return {
        "act_name": lambda name: acts.act(name, say),
        "why_done": lambda text: audited.reason(text, say),
        "details": lambda told: audited.details(told, say),
        "permission_name": lambda name: words.permission(name, say),
        "found_wrong": lambda text: audited.fault(text, say),
        "what_lacks": lambda text: requesting.lacking(text, say),
        "proof_told": lambda text, formats: proving.proof(text, formats, say),
        "later": lambda versions: laws.later(versions, say),
        "about_name": lambda sort, name: keeping.about(sort, name, say),
        "approval_note": lambda text: saying.note(text, say),
        "term": lambda one: keeping.term(one, ngettext),
    }
