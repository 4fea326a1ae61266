"""Uses that mypy and pyright must accept."""

from __future__ import annotations

from typing import Any, Union

import omnize
from omnize.sandbox import Sandbox


def handlers(client: omnize.Client, chat: omnize.Conversation) -> None:
    @client.on()
    def every(event: omnize.Event) -> None:
        print(event.client_id)

    @client.on(omnize.Message)
    def message(event: omnize.Message) -> None:
        print(event.text)

    @client.on(omnize.Message, client_id="12")
    def base_class(event: omnize.Event) -> None:
        print(event.client_id)

    @client.on(omnize.Message, omnize.Typing)
    def two(event: Union[omnize.Message, omnize.Typing]) -> None:
        print(event.raw)

    @client.on(omnize.Message, omnize.Typing, omnize.Cleared)
    def three(event: omnize.Trigger) -> None:
        print(event.raw)

    @client.on(omnize.Message, omnize.Typing, omnize.Cleared, omnize.Outcome)
    def four(event: omnize.Event) -> None:
        print(event.client_id)

    @client.on(omnize.Message, omnize.Typing, omnize.Cleared, omnize.Accepted, omnize.Finished)
    def five(event: omnize.Trigger) -> None:
        print(event.raw)

    @chat.on(omnize.Outcome)
    def outcome(event: omnize.Outcome) -> None:
        print(event.ticket)

    @chat.on()
    def every_of_chat(event: omnize.Event) -> None:
        print(event.client_id)

    class Bot:
        def reply(self, event: omnize.Message) -> None:
            chat.send(event.text)

    client.on(omnize.Message)(Bot().reply)
    client.on(omnize.Message)(lambda event: chat.send(event.text))
    message(omnize.Message("12", "Bom dia!"))
    client.off(message)


def asynchronous_handlers(client: omnize.AsyncClient, chat: omnize.AsyncConversation) -> None:
    @client.on(omnize.Message)
    async def message(event: omnize.Message) -> None:
        await chat.send(event.text)

    @client.on(omnize.Typing, omnize.Cleared)
    def blocking(event: omnize.Trigger) -> None:
        print(event.raw)

    @chat.on(omnize.Outcome)
    async def outcome(event: omnize.Outcome) -> int:
        return event.ticket


def choices(dialect: omnize.Dialect, kind: omnize.MediaKind, state: omnize.State) -> None:
    omnize.Client(dialect=dialect, ack="manual", tls_min_version="1.3", address_family="ipv6", validate="customer")
    omnize.Client(dialect="interactions", on_unknown="resend", encoding_unmappable="reference")
    omnize.Media(kind, "https://example.com/cat.png")
    omnize.Media("image", "https://example.com/cat.png")
    omnize.parse_trigger(b"{}", dialect="gateway")
    print(state == "active")


def of_sandbox(sandbox: Sandbox) -> None:
    omnize.Client(**sandbox.options)
    omnize.Client(**sandbox.options_in("interactions"), listen="127.0.0.1:0")


def conversation(client: omnize.Client) -> None:
    chat = client.conversation("12", department="1", media_type="WHATSAPP")
    chat.update(mood="POSITIVE")
    if chat.state == "finished":
        print(client.open_interactions[0].state == "waiting")


def events() -> None:
    omnize.Message("12", "Bom dia!", sequence=1, received_at=0.0, redelivered=True, raw=b"{}", replaced=False)
    omnize.Queued("12", 3, raw=b"{}")
    omnize.Transferred("12", department="1", sequence=2)
    omnize.Outcome("12", 7, "not sent", error=omnize.TimedOut("the text"), sequence=1)


def errors(chat: omnize.Conversation) -> None:
    try:
        chat.send("Bom dia!")
    except omnize.DeliveryUnknown as error:
        print(error.timed_out, error.delivery == "unknown", error.delivery is omnize.Delivery.UNKNOWN)
    except TimeoutError as error:
        print(error)


def dynamic(client: omnize.Client, kinds: tuple[type[omnize.Event], ...], function: Any) -> None:
    client.on(*kinds)(function)
