"""An application that receives triggers with waitress: it reads the body, parses the JSON, and responds with 200.

python serve_waitress.py PORT
"""

import json
import logging
import sys

import waitress

handled = 0


def app(environ, start_response):
    global handled
    trigger = json.loads(environ["wsgi.input"].read())
    if "clientId" in trigger and ("message" in trigger or "status" in trigger):
        handled += 1
    start_response("200 OK", [("Content-Length", "0")])
    return [b""]


# waitress warns of each request that waits for a thread.
logging.getLogger("waitress.queue").setLevel(logging.ERROR)
waitress.serve(app, host="127.0.0.1", port=int(sys.argv[1]), threads=4, connection_limit=1000)
