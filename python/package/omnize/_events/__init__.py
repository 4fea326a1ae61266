"""The events, their creation from the core's data, and the handlers that are called with them."""
