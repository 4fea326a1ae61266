"""Errors about invalid arguments name the argument, come at once and contain no personal data."""

from __future__ import annotations

import asyncio
import copy
import pickle
import time
import traceback
from datetime import timedelta

import omnize
import pytest

OPTIONS = {"token": "t", "environment": False}
SECRET = "SEGREDO\ud800"


def chat_of(client):
    return client.conversation("12", department="1")


@pytest.mark.parametrize(
    "call",
    [
        lambda client: chat_of(client).send(SECRET),
        lambda client: chat_of(client).post(SECRET),
        lambda client: chat_of(client).send("", omnize.Media("image", SECRET)),
        lambda client: chat_of(client).start(omnize.Customer(name=SECRET)),
        lambda client: chat_of(client).update(note=SECRET),
        lambda client: chat_of(client).update(tags=[SECRET]),
        lambda client: chat_of(client).whatsapp(SECRET, "oi"),
        lambda client: chat_of(client).bot_transfer(SECRET),
        lambda client: client.conversation(SECRET, department="1"),
        lambda client: client.conversation("12", department=SECRET),
        lambda client: client.conversation("12", department="1", customer=omnize.Customer(cpf=SECRET)),
        lambda client: client.conversation("12", department="1", extra={"a": SECRET}),
        lambda client: client.attach("12", department="1", interaction_hash=SECRET),
        lambda client: client.bot_attach(SECRET),
        lambda client: client.departments(SECRET),
        lambda client: client.on(client_id=SECRET),
        lambda client: client.deliver(b"{}", SECRET),
        lambda client: omnize.parse_trigger(b"{}", SECRET),
        lambda client: omnize.parse_trigger(b"{}", dialect=SECRET),
        lambda client: client.listen("127.0.0.1:0", path="/" + SECRET),
        lambda client: omnize.Client(SECRET),
        lambda client: omnize.Client("t", listen_allow=[SECRET]),
        lambda client: omnize.Listener("127.0.0.1:0", basic=SECRET),
    ],
)
def test_errors_about_surrogates_do_not_contain_the_text(call):
    with omnize.Client(**OPTIONS) as client:
        with pytest.raises(omnize.ArgumentError, match=r"there is a lone surrogate at index \d+;") as caught:
            call(client)
        assert isinstance(caught.value, ValueError)
        assert caught.value.__context__ is None
        assert "SEGREDO" not in f"{caught.value!r}" + "".join(
            traceback.format_exception_only(caught.type, caught.value)
        )


def test_errors_about_surrogates_name_the_index():
    with omnize.Client(**OPTIONS) as client, pytest.raises(omnize.ArgumentError, match=r"^the message: .* index 7;"):
        chat_of(client).send(SECRET)


@pytest.mark.parametrize("body", ["{}", 5, None, [1]])
@pytest.mark.parametrize("kind", [omnize.Client, omnize.AsyncClient])
def test_bodies_must_be_bytes(kind, body):
    client = kind(**OPTIONS)
    with pytest.raises(TypeError, match=r"the body is (a str|an int|None|a list); pass the bytes"):
        ended = client.deliver(body)
        asyncio.run(ended)
    client._close_at_exit(0)


def test_parse_trigger_checks_its_arguments():
    assert omnize.parse_trigger(bytearray(b'{"clientId": 1, "status": "typing"}')) == omnize.Typing("1")
    for wrong in ({"body": "{}"}, {"body": b"{}", "content_type": 1}, {"body": b"{}", "dialect": None}):
        with pytest.raises(TypeError, match=r"(the body|content_type|dialect) is (a dict|a str|an int|None); pass "):
            omnize.parse_trigger(**wrong)


def test_bodies_may_be_any_bytes_like_object():
    with omnize.Client(**OPTIONS) as client:
        for body in (bytearray(b'{"clientId": 1}'), memoryview(b'{"clientId": 1}')):
            client.deliver(body)
        assert client.waiting == 2


@pytest.mark.parametrize("kind", [omnize.Client, omnize.AsyncClient])
def test_unknown_attributes_raise_attribute_error(kind):
    client = kind(**OPTIONS)
    for name in ("timout", "send", "waiting"):
        # Python 3.9 does not name the property.
        with pytest.raises(AttributeError, match=f"{name}|can't set attribute"):
            setattr(client, name, 1)
    client._close_at_exit(0)

    class Mine(kind):
        """A derived class of the application."""

    mine = Mine(**OPTIONS)
    mine.timout = 1
    mine._close_at_exit(0)


@pytest.mark.parametrize("kind", [omnize.Client, omnize.AsyncClient])
@pytest.mark.filterwarnings("error")
def test_failed_constructors_cause_no_warning(kind):
    for wrong in (("t", "more"), (b"t",)):
        with pytest.raises(TypeError):
            kind(*wrong)


def calls_of(client):
    return [client.next, client.poll, client.close, lambda seconds: client.events(seconds).__next__()]


@pytest.mark.parametrize("which", range(4))
def test_times_must_be_numbers_of_seconds(which):
    with omnize.Client(**OPTIONS) as client:
        call = calls_of(client)[which]
        for wrong in ("x", True, [1]):
            with pytest.raises(TypeError, match=f"^timeout is a {type(wrong).__name__}; pass seconds"):
                call(wrong)
        for wrong in (-1, float("nan"), timedelta(seconds=-1)):
            value = wrong.total_seconds() if isinstance(wrong, timedelta) else wrong
            with pytest.raises(omnize.ArgumentError, match=f"^timeout is {value}; pass seconds"):
                call(wrong)
        assert client.next(0) is None, "it is open"


def test_timeouts_of_async_clients_are_checked():
    async def main():
        async with omnize.AsyncClient(**OPTIONS) as client:
            calls = [client.next, client.poll, client.close, lambda seconds: client.events(seconds).__anext__()]
            for call in calls:
                for wrong, error in (("x", TypeError), (True, TypeError), (-1, ValueError)):
                    with pytest.raises(error, match=r"^timeout is .*; pass seconds"):
                        await call(wrong)
            assert await client.next(0) is None, "it is open"

    asyncio.run(main())


def test_timeouts_of_conversations_and_listeners_are_checked():
    with omnize.Client(**OPTIONS) as client, omnize.Listener("127.0.0.1:0") as listener:
        chat = chat_of(client)
        for wrong, error in (("3", TypeError), (True, TypeError), (-1, ValueError)):
            with pytest.raises(error, match=r"^timeout is .*; pass seconds"):
                chat.timeout = wrong
            with pytest.raises(error, match=r"^timeout is .*; pass seconds"):
                listener.close(wrong)
        assert chat.timeout is None


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, pickle.dumps])
def test_handles_cannot_be_copied(again):
    client = omnize.AsyncClient(**OPTIONS)
    with omnize.Client(**OPTIONS) as other, omnize.Listener("127.0.0.1:0") as listener:
        for one in (other, client, chat_of(other), chat_of(client), listener):
            with pytest.raises(TypeError, match=f"^a {type(one).__name__} can't be copied or pickled"):
                again(one)
        assert other.next(0) is None, "it is open"
    client._close_at_exit(0)


def test_misspelled_conversation_attributes_raise_attribute_error():
    with omnize.Client(**OPTIONS) as client, pytest.raises(AttributeError, match="timout"):
        chat_of(client).timout = 1
    client = omnize.AsyncClient(**OPTIONS)
    with pytest.raises(AttributeError, match="timout"):
        chat_of(client).timout = 1
    client._close_at_exit(0)


def test_dir_lists_lazily_imported_names():
    assert {"AsyncClient", "AsyncConversation", "Client"} <= set(dir(omnize))
    assert set(dir(omnize)) == set(omnize.__all__)


def test_timeouts_may_be_timedeltas():
    with omnize.Client(**OPTIONS) as client:
        chat = chat_of(client)
        chat.timeout = timedelta(milliseconds=1500)
        assert chat.timeout == 1.5
        begun = time.monotonic()
        assert client.next(timedelta(milliseconds=50)) is None
        assert list(client.events(timedelta(milliseconds=50))) == []
        assert 0.1 <= time.monotonic() - begun < 2
        client.close(timedelta(seconds=1))

    async def main():
        async with omnize.AsyncClient(**OPTIONS) as client:
            assert await client.poll(timedelta(milliseconds=50)) == 0
            await client.close(timedelta(seconds=1))

    asyncio.run(main())


@pytest.mark.parametrize(
    "kind", [omnize.Client, omnize.AsyncClient, lambda *args, **more: omnize.Listener("127.0.0.1:0", **more)]
)
@pytest.mark.parametrize("wrong", [5, b"x"])
def test_paths_must_be_paths(kind, wrong):
    expected = "an int" if wrong == 5 else "a bytes"
    with pytest.raises(TypeError, match=f"^config_file is {expected}; pass a path as a str or an os.PathLike of str$"):
        kind(config_file=wrong)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"store": 5}, "option store is an int; pass a path"),
        ({"store": True}, "option store is a bool; pass a path"),
        ({"tls_ca_file": b"x"}, "option tls_ca_file is a bytes; pass a path"),
        ({"token": 5}, "option token is an int; pass a str"),
        ({"encoding": 5}, "option encoding is an int; pass a str such as 'utf-8'"),
        ({"listen_basic": ("a", "b")}, "option listen_basic is a tuple; pass a str such as 'user:password'"),
        ({"dialect": ["rest"]}, "option dialect is a list; pass a str"),
    ],
)
def test_errors_about_options_name_the_accepted_types(options, expected, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TypeError, match=f"^{expected}"):
        omnize.Client(**{**OPTIONS, **options})
    assert list(tmp_path.iterdir()) == []


def test_extra_must_be_a_mapping():
    with omnize.Client(**OPTIONS) as client:
        for wrong, expected in (("x", "a str"), (5, "an int"), ([1], "a list")):
            with pytest.raises(TypeError, match=f"^extra is {expected}; pass a dict or None$"):
                client.conversation("12", department="1", extra=wrong)


@pytest.mark.parametrize(
    ("values", "error", "expected"),
    [
        (("picture", "https://example.com/a.png"), omnize.ArgumentError, "pass image, video, audio or file"),
        (("image", ""), omnize.ArgumentError, "url is empty"),
        (("image", None), TypeError, "url is None; pass a str"),
        ((None, "https://example.com/a.png"), TypeError, "kind is None; pass a str"),
        (("image", "https://example.com/a.png", "5"), TypeError, "size is a str; pass an int"),
    ],
)
def test_media_arguments_are_checked(values, error, expected):
    with pytest.raises(error, match=expected) as caught:
        omnize.Media(*values)
    assert "example.com" not in str(caught.value)


def test_media_are_immutable_values():
    media = omnize.Media("image", url="https://example.com/a.png", size=3)
    assert (media.kind, media.url, media.size) == media
    assert pickle.loads(pickle.dumps(media)) == copy.copy(media) == media
    assert "example.com" not in repr(media)
    image = b'{"type": "image", "url": "", "content": "x"}'
    received = b'{"interaction_hash": "h", "extra": {"clientId": "12"}, "message": %b}' % image
    event = omnize.parse_trigger(received, dialect="interactions")
    assert pickle.loads(pickle.dumps(event)) == event


@pytest.mark.parametrize("kind", [omnize.Client, omnize.AsyncClient])
def test_errors_contain_no_private_names(kind):
    client = kind(**OPTIONS)
    with pytest.raises(TypeError) as caught:
        client.conversation()
    # Python 3.9 does not name the class.
    assert "BaseClient" not in str(caught.value)
    assert "conversation() missing" in str(caught.value)
    with pytest.raises(TypeError) as caught:
        chat_of(client).keystroke(1)
    assert "BaseConversation" not in str(caught.value)
    client._close_at_exit(0)
