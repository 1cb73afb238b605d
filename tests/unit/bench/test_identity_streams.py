"""What the online and the rebuild bench feed is what they say it is."""

from itertools import islice

from bench.identity.online import STREAMS, arrivals, person, visits
from bench.identity.rebuild import sightings
from bench.identity.town import SHARED, Town

from itda.identity.policy import IdentityPolicy


def test_two_events_of_new_ones_bring_four_identifiers_nobody_saw():
    known = {one for number in range(50) for one in person(number, number)[1]}
    seen = [one for _, identifiers in islice(arrivals(50, 7), 200) for one in identifiers]
    assert len(set(seen) - known) == 400
    assert STREAMS["new"].batch * 2 == 200


def test_visits_name_nobody_and_nothing_new():
    known = {one for number in range(50) for one in person(number, number)[1]}
    assert {one for _, identifiers in islice(visits(50, 7), 600) for one in identifiers} <= known


def test_a_rebuild_has_as_many_edges_as_it_says_and_some_are_shared():
    seen = list(sightings(6_000))
    assert len({sighting.fragments for sighting in seen}) == len(seen) == 6_000
    devices = [sighting.fragments[1] for sighting in seen if sighting.kinds[1] == "device"]
    assert 0 < len(devices) - len(set(devices)) < 0.05 * len(devices)


def test_every_scenario_of_the_town_has_people_of_its_own_but_those_at_home():
    town = Town(3)
    box = IdentityPolicy.box()
    assert {"recycled phone", "mistyped membership", "nothing shared"} < set(town.scenarios)
    assert [one.name for one in SHARED if not box.usable(one.kind, one.value.format(0))] == ["junk e-mail, listed"]
    assert set(town.scenarios["mistyped membership"]).isdisjoint(town.scenarios["role e-mail, many"])
