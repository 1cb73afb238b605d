"""What the pages of the privacy centre say, in both languages: a sentence missing in one does not type-check."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class VisitWords(msgspec.Struct, frozen=True, kw_only=True):
    """Every sentence, in one language."""

    centre: str
    sign_in: str
    sign_in_lead: str
    sign_in_does: tuple[str, ...]
    address: str
    send_code: str
    not_address: str
    code_title: str
    code_lead: str
    code: str
    enter: str
    code_wrong: str
    again: str
    link_title: str
    link_lead: str
    link_wrong_title: str
    link_wrong: str
    ask_again: str
    ended_title: str
    ended: str
    ended_form: str
    """To who sent a form after that."""
    sign_out: str
    signed_out: str
    nav: str
    nav_home: str
    nav_known: str
    nav_events: str
    nav_messages: str
    nav_choices: str
    nav_requests: str
    hello: str
    """With `name`."""
    hello_nameless: str
    home_lead: str
    """With `sender`."""
    home_events: str
    home_since: str
    known_title: str
    known_lead: str
    identifiers: str
    proven: str
    hidden_title: str
    hidden: str
    """With `count`."""
    hidden_prove: str
    hidden_ask: str
    prove: str
    prove_title: str
    prove_lead: str
    traits: str
    no_traits: str
    told_by: str
    """With `source` and `date`."""
    computed: str
    computed_lead: str
    segments: str
    segments_lead: str
    no_segments: str
    segments_hidden: str
    since: str
    """With `date`."""
    sources: str
    sources_lead: str
    source_line: str
    source_count: str
    """With `first` and `last`."""
    no_sources: str
    processors: str
    processors_lead: str
    no_processors: str
    abroad: str
    """With `country`."""
    events_title: str
    events_lead: str
    no_events: str
    older: str
    newest: str
    messages_title: str
    messages_lead: str
    no_messages: str
    why_ad: str
    """With `purpose`."""
    why_asked: str
    why_grounds: Mapping[str, str]
    why_journey: str
    """With `journey`."""
    why_not: str
    """With `reason`."""
    sent_at: str
    waits: str
    not_sent: str
    reasons: Mapping[str, str]
    other_reason: str
    """With `code`."""
    choices_title: str
    choices_lead: str
    pace_title: str
    pace_lead: str
    pauses_titles: Mapping[str, str]
    """By the purpose that is paused."""
    pause: str
    resume: str
    is_paused: str
    history: str
    history_lead: str
    no_history: str
    actions: Mapping[str, str]
    shown_text: str
    by: str
    """With `source`."""
    origins: Mapping[str, str]
    receipts: str
    requests_title: str
    requests_lead: str
    no_requests: str
    kinds: Mapping[str, str]
    state_open: str
    """With `date`."""
    state_done: str
    """With `date`."""
    lacking: str
    number: str
    download_title: str
    download_lead: str
    copy_title: str
    copy_lead: str
    """With the day it was asked for and its number."""
    copy_gone: str
    download_json: str
    download_html: str
    correct_title: str
    correct_lead: str
    correct_what: str
    correct_right: str
    correct_wrong: str
    correct_send: str
    correct_none: str
    correct_who: str
    home_requests: str
    stop_title: str
    stop_lead: str
    stop_send: str
    delete_title: str
    delete_lead: str
    delete_start: str
    delete_gone: str
    delete_gone_lines: tuple[str, ...]
    delete_kept: str
    delete_kept_laws: Mapping[str, str]
    """By the kind of record, with `date`."""
    delete_kept_lines: tuple[str, ...]
    delete_only_own: str
    delete_understood: str
    delete_next: str
    delete_sure: str
    delete_sure_lead: str
    delete_do: str
    delete_back: str
    delete_tick: str
    taken_title: str
    taken: str
    """With `number` and `date`."""
    taken_stopped: str
    taken_erase: str
    saved: str
    nothing_changed: str
    refused: str
    foreign_title: str
    foreign: str
    no_mail_title: str
    no_mail: str
    kinds_of: Mapping[str, str]
    traits_of: Mapping[str, str]
    events_of: Mapping[str, str]
    channels_of: Mapping[str, str]
    units: Mapping[str, str]
    """With `n`."""
    other: str
    """Of a provider that is kept as no more than that."""
    yes: str
    no: str
    downloaded_title: str
    downloaded_cut: str
    downloaded_lead: str
    """With `sender` and `date`."""
    nothing_here: str
