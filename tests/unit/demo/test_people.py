import phonenumbers
from demo.people import person


def test_two_runs_invent_the_same_people():
    assert [person(number) for number in range(1, 50)] == [person(number) for number in range(1, 50)]


def test_every_household_has_an_e_mail_and_a_phone_of_its_own():
    people = [person(number) for number in range(1, 2501)]
    assert len({p.email for p in people}) == 2500
    assert len({p.phone for p in people}) == 2500


def test_nobody_invented_can_be_reached():
    for number in range(1, 2501):
        made = person(number)
        assert made.email.endswith(".example")
        national = str(phonenumbers.parse(made.phone, None).national_number)
        assert national.startswith("100000") or national[3:8] == "55501"


def test_there_are_korean_and_english_people():
    languages = [person(number).language for number in range(1, 201)]
    assert 60 < languages.count("ko") < 140
    assert languages.count("ko") + languages.count("en") == 200
