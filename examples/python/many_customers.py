"""Holds several conversations at once on asyncio: omnize sandbox -- python many_customers.py"""

# prints: three customers got responses

import asyncio

import omnize


async def greet(client: omnize.AsyncClient, client_id: str, replies: "asyncio.Queue[str]") -> None:
    async with client.conversation(client_id, department="2") as chat:
        await chat.send(f"Olá, aqui é o cliente {client_id}.")
        print("agent:", await asyncio.wait_for(replies.get(), 30))


async def main() -> None:
    async with omnize.AsyncClient(listen="127.0.0.1:0") as client:
        print("webhook:", client.webhook_url, flush=True)
        # Set it in the portal, then press Enter.
        await asyncio.get_running_loop().run_in_executor(None, input)
        replies: dict[str, asyncio.Queue[str]] = {client_id: asyncio.Queue() for client_id in ("12", "13", "14")}

        @client.on(omnize.Message)
        async def enqueue(message: omnize.Message) -> None:
            await replies[message.client_id].put(message.text)

        client.dispatch()
        await asyncio.gather(*(greet(client, client_id, queue) for client_id, queue in replies.items()))
        print("three customers got responses")


asyncio.run(main())
