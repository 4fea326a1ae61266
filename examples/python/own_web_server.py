"""Receives the triggers with its own web server: omnize sandbox -- python own_web_server.py"""

# prints: agent: Bom dia!

import secrets
import threading
import wsgiref.simple_server

import omnize
from omnize.wsgi import Webhook

path = f"/omnize/{secrets.token_urlsafe(16)}"
done = threading.Event()

with omnize.Client() as client:
    server = wsgiref.simple_server.make_server("127.0.0.1", 0, Webhook(client, path))
    threading.Thread(target=server.serve_forever, daemon=True).start()

    @client.on(omnize.Message)
    def show(message: omnize.Message) -> None:
        print("agent:", message.text)
        done.set()

    client.dispatch()
    input(f"webhook: http://127.0.0.1:{server.server_port}{path}\n")  # set it in the portal, then press Enter
    with client.conversation("12", department="2") as chat:
        chat.send("Bom dia!")
        if not done.wait(30):
            raise SystemExit("the agent sent no message")
    server.shutdown()
