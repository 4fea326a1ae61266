"""The clients and the listener, with what they are built from.

``base_client`` has the members of both clients. ``client`` blocks; ``greenlets`` replaces its blocking calls under
gevent and eventlet. ``async_client`` awaits; ``descriptor_watch`` watches its descriptors, ``dispatch_task`` runs its
handlers. ``listener`` is shared by several clients. ``options`` converts the options of all of them.
"""
