from demo.cards import cards
from demo.people import person

HOUSEHOLDS = range(1, 2470)


def test_two_runs_invent_the_same_cards_and_each_has_an_address_of_its_own():
    made = list(cards(HOUSEHOLDS))
    assert made == list(cards(HOUSEHOLDS))
    assert 40 < len(made) < 100
    assert len({card.email for card in made} | {person(number).email for number in HOUSEHOLDS}) == len(made) + 2469
    assert all(card.email.endswith(".example") for card in made)


def test_most_cards_are_of_the_members_themselves_some_spelled_otherwise_and_some_of_others():
    made = list(cards(HOUSEHOLDS))
    own = [card for card in made if card.birth_date in ("", person(card.number).birth_date)]
    assert 0 < len(made) - len(own) < len(own)
    assert 0 < sum(card.name != person(card.number).name for card in own) < len(own)
