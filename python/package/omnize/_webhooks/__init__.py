"""The parts of a webhook that WSGI and ASGI share: the checks of a request, the responses, and the client."""
