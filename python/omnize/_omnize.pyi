from os import PathLike
from typing import Optional, final

from ._events import Event

VERSION: str

@final
class Core:
    def __new__(
        cls,
        options: list[tuple[str, str]],
        config_file: Optional[PathLike[str]] = None,
        environment: bool = True,
    ) -> Core: ...
    @property
    def webhook_url(self) -> Optional[str]: ...
    def deliver(self, body: bytes, content_type: Optional[str] = None) -> None: ...
    def next(self, seconds: Optional[float] = None) -> Optional[Event]: ...
    def close(self, seconds: float) -> tuple[int, int]: ...

def run_command(arguments: list[str]) -> int: ...
