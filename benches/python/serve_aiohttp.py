"""An application that receives triggers with aiohttp: it reads the body, parses the JSON, and responds with 200.

python serve_aiohttp.py PORT
"""

import json
import sys

from aiohttp import web

handled = 0


async def hook(request):
    global handled
    trigger = json.loads(await request.read())
    if "clientId" in trigger and ("message" in trigger or "status" in trigger):
        handled += 1
    return web.Response()


app = web.Application()
app.router.add_post("/hook", hook)
web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), access_log=None, print=None)
