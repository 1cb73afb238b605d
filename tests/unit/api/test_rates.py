"""How often the doors for machines answer."""

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from itda.api.rates import Bounded, Rates


def answers(bounded, *calls):
    """The status of each call, (path, key, address)."""

    async def run():
        found = []
        for path, key, address in calls:
            asked = httpx.ASGITransport(bounded, client=(address, 1))
            async with httpx.AsyncClient(transport=asked, base_url="http://doors") as client:
                found.append(await client.get(path, headers={"authorization": key}))
        return found

    return asyncio.run(run())


def app():
    def answer(request):
        return Response(status_code=200 if request.headers["authorization"] == "good" else 401)

    return Starlette(routes=[Route("/v1/x", answer), Route("/health", lambda _: Response())])


def test_an_address_that_guesses_at_keys_is_not_listened_to_for_a_while_and_others_are():
    clock = [1000.0]
    bounded = Bounded(app(), Rates(clock=lambda: clock[0]))
    guesses = answers(bounded, *[("/v1/x", f"guess-{n}", "203.0.113.9") for n in range(31)])
    assert [one.status_code for one in guesses] == [401] * 30 + [429]
    assert guesses[-1].headers["retry-after"] == "5"
    again = ("/v1/x", "good", "203.0.113.9"), ("/health", "", "203.0.113.9"), ("/v1/x", "good", "203.0.113.10")
    assert [one.status_code for one in answers(bounded, *again)] == [429, 200, 200]
    clock[0] += 5
    assert [one.status_code for one in answers(bounded, again[0])] == [200]


def test_a_key_has_so_many_calls_a_second_and_no_other_key_pays_for_it():
    clock = [1000.0]
    bound = Rates(10, lambda: clock[0])
    assert [bound.of_key("a") for _ in range(50)] == [0.0] * 50
    assert bound.of_key("a") == pytest.approx(0.1)
    assert bound.of_key("b") == 0.0
    clock[0] += 0.1
    assert bound.of_key("a") == 0.0


def test_looking_takes_nothing_and_says_what_waiting_would():
    bound = Rates(1)
    assert [bound.is_barred("198.51.100.1") for _ in range(100)] == [0.0] * 100
