"""The data of a customer."""

from __future__ import annotations

from typing import Any, NoReturn, Optional

from .._arguments import describe_type

__all__ = ["Customer"]

_set = object.__setattr__


class Customer:
    """The data of a customer. Fields that are None are not sent. A Customer is immutable.

    >>> Customer(name="Joao", phone="11988776655")
    <Customer name=[redacted] phone=[redacted]>
    """

    __slots__ = ("cpf", "email", "name", "phone")
    __match_args__ = ("name", "email", "phone", "cpf")

    name: Optional[str]
    """The name."""
    email: Optional[str]
    """The e-mail address."""
    phone: Optional[str]
    """The telephone number."""
    cpf: Optional[str]
    """The CPF, the Brazilian taxpayer number."""

    def __init__(
        self,
        name: Optional[str] = None,
        email: Optional[str] = None,
        phone: Optional[str] = None,
        cpf: Optional[str] = None,
    ) -> None:
        for field, value in (("name", name), ("email", email), ("phone", phone), ("cpf", cpf)):
            if value is not None and not isinstance(value, str):
                raise TypeError(f"{field} is {describe_type(value)}; pass a str or None")
            _set(self, field, value)

    def __setattr__(self, name: str, value: Any) -> NoReturn:
        raise AttributeError("a Customer can't be changed; create another one")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError("a Customer can't be changed; create another one")

    def _fields(self) -> tuple[Optional[str], Optional[str], Optional[str], Optional[str]]:
        return self.name, self.email, self.phone, self.cpf

    def __eq__(self, other: object) -> bool:
        return self._fields() == other._fields() if isinstance(other, Customer) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._fields())

    def __repr__(self) -> str:
        names = [name for name, value in zip(self.__match_args__, self._fields()) if value is not None]
        return " ".join(["<Customer", *(f"{name}=[redacted]" for name in names)]) + ">"

    def __reduce__(self) -> tuple[Any, ...]:
        return Customer, self._fields()
