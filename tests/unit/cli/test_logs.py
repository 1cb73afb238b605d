import json
import logging

from itda.base.errors import Unavailable
from itda.cli.logs import JsonLines


def _line(logger: str, message: str, *arguments: object, error: BaseException | None = None) -> dict[str, object]:
    record = logging.LogRecord(logger, logging.WARNING, "file.py", 1, message, arguments,
                               (type(error), error, error.__traceback__) if error else None)  # fmt: skip
    return json.loads(JsonLines("doors").format(record))


def test_a_record_is_one_json_line_with_its_process():
    line = _line("itda.doors", "started as process %d", 7)
    assert line["what"] == "started as process 7"
    assert line["level"] == "warning"
    assert line["process"] == "doors"


def test_the_values_in_another_librarys_message_are_not_written():
    assert "minji@shop.example" not in json.dumps(_line("somelib", "could not take %s", "minji@shop.example"))


def test_of_an_unexpected_error_only_class_and_places_are_written():
    try:
        int("minji@shop.example")
    except ValueError as error:
        line = _line("itda.doors", "ended by a bug", error=error)
    assert line["error"] == "ValueError"
    assert "test_logs.py" in line["places"][0]
    assert "minji" not in json.dumps(line)


def test_of_our_own_errors_the_message_is_written_too():
    assert _line("itda.doors", "ended", error=Unavailable("the disk is full"))["message"] == "the disk is full"
