"""Mistakes that mypy and pyright must report. `# error` marks each line, with a word of both messages after a colon."""

from __future__ import annotations

import omnize


def handlers(client: omnize.Client, chat: omnize.Conversation) -> None:
    @client.on(omnize.Message)  # error: Coroutine
    async def coroutine(event: omnize.Message) -> None:
        print(event.text)

    @client.on()  # error: Coroutine
    async def coroutine_of_all(event: omnize.Event) -> None:
        print(event.client_id)

    @chat.on(omnize.Message)  # error: Coroutine
    async def coroutine_of_chat(event: omnize.Message) -> None:
        print(event.text)

    @client.on(omnize.Message, omnize.Typing)  # error: Coroutine
    async def coroutine_of_two(event: omnize.Trigger) -> None:
        print(event.raw)

    @client.on(omnize.Message)  # error: Typing
    def another_class(event: omnize.Typing) -> None:
        print(event.raw)

    @client.on()  # error: Message
    def one_of_all(event: omnize.Message) -> None:
        print(event.text)

    @client.on(omnize.Message, omnize.Typing)  # error: Typing
    def one_of_two(event: omnize.Message) -> None:
        print(event.text)

    @client.on(omnize.Message, omnize.Typing, omnize.Cleared)  # error: Cleared
    def one_of_three(event: omnize.Message) -> None:
        print(event.text)

    @client.on(omnize.Message, omnize.Typing, omnize.Cleared, omnize.Outcome)  # error: Outcome
    def one_of_four(event: omnize.Trigger) -> None:
        print(event.raw)

    @chat.on(omnize.Outcome)  # error: Outcome
    def another_class_of_chat(event: omnize.Trigger) -> None:
        print(event.raw)

    @client.on(omnize.Message)  # error: Message
    def no_parameter() -> None:
        print("message")

    client.on(str)  # error: str
    client.on(omnize.Message("12", "text"))  # error: Message


def asynchronous_handlers(client: omnize.AsyncClient, chat: omnize.AsyncConversation) -> None:
    @client.on(omnize.Message)  # error: Typing
    async def another_class(event: omnize.Typing) -> None:
        print(event.raw)

    @chat.on(omnize.Outcome)  # error: Outcome
    async def another_class_of_chat(event: omnize.Message) -> None:
        print(event.text)


def choices(client: omnize.Client, chat: omnize.Conversation) -> None:
    omnize.Client(dialect="soap")  # error: dialect
    omnize.Client(ack="never")  # error: ack
    omnize.Client(tls_min_version="1.1")  # error: tls_min_version
    omnize.Client(address_family="ipx")  # error: address_family
    omnize.Client(validate="always")  # error: validate
    omnize.Client(on_unknown="ignore")  # error: on_unknown
    omnize.Client(encoding_unmappable="drop")  # error: encoding_unmappable
    omnize.Client(timeout="5")  # error: timeout
    omnize.Client(dispatch_thread=2)  # error: dispatch_thread
    omnize.Media("picture", "https://example.com/cat.png")  # error: picture
    omnize.parse_trigger(b"{}", dialect="soap")  # error: soap
    client.conversation("12", department="1", media_type="FAX")  # error: media_type
    chat.update(mood="GOOD")  # error: mood
    print(chat.state == "done")  # error: done


def events() -> None:
    omnize.Message("12")  # error: text
    omnize.Message("12", "text", sequenze=1)  # error: sequenze
    omnize.Typing("12", redelivered="yes")  # error: redelivered
    omnize.Outcome("12", 7, "accepted", raw=b"{}")  # error: raw
