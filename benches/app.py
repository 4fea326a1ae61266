"""An application that receives triggers with uvicorn: it reads the body, parses the JSON, and responds with 200."""

import json

handled = 0


async def app(scope, receive, send):
    global handled
    if scope["type"] != "http":
        raise RuntimeError("only HTTP is served")
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    trigger = json.loads(body)
    if "clientId" in trigger and ("message" in trigger or "status" in trigger):
        handled += 1
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body"})
