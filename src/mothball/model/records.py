"""``NamedTuple`` at a sixth of the cost.

Import time dominates the run time of the hook, and a warm check defines about seventy record types.
``typing.NamedTuple`` compiles a constructor and evaluates every annotation of each; together that takes nearly as long
as starting a bare interpreter. The class here does neither. Type checkers see ``typing.NamedTuple``. Fields are the
annotations in their order, defaults are class attributes, instances are tuples.

Not supported: field annotations at run time, ``_make``, subclassing a record.

``make(Span, (start, end))`` is ``Span(start, end)`` at half the cost, without checking the number of fields. Use it in
loops over all dependencies of a file, which the language server runs on every keystroke.
"""

from __future__ import annotations

from operator import itemgetter

# Type checkers recognize the name. Importing `typing` takes half as long as starting a bare interpreter.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple  # noqa: PLC0414 - marks a re-export
    from typing import TypeVar

    _Record = TypeVar("_Record")

    def make(record_type: type[_Record], values: tuple[object, ...]) -> _Record:
        """Return a ``record_type`` with the values of all its fields, in their order."""
else:
    make = tuple.__new__

    class _RecordType(type):
        """Turn a class into a tuple type whose fields are the annotations."""

        def __new__(cls, name, bases, namespace):
            if not bases:
                return super().__new__(cls, name, (tuple,), namespace)
            fields = tuple(namespace.get("__annotations__", ()))
            defaults = {field: namespace[field] for field in fields if field in namespace}
            if fields[len(fields) - len(defaults) :] != tuple(defaults):
                raise TypeError(f"{name}: a field without a default follows one that has a default")
            namespace.update((field, property(itemgetter(index))) for index, field in enumerate(fields))
            namespace.update(__slots__=(), __match_args__=fields, _fields=fields, _field_defaults=defaults)
            namespace["_size"] = len(fields)
            return super().__new__(cls, name, bases, namespace)

    class NamedTuple(metaclass=_RecordType):
        """The base class of all records."""

        __slots__ = ()
        _fields = ()
        _size = 0

        def __new__(cls, *args, **kwargs):
            # Fast path: all fields, positionally.
            if len(args) == cls._size and not kwargs:
                return make(cls, args)
            fields = cls._fields
            missing = len(fields) - len(args)
            if kwargs or missing < 0 or missing > len(cls._field_defaults):
                by_name = dict(zip(fields, args, strict=False)) | kwargs
                given = cls._field_defaults | by_name
                if len(by_name) != len(args) + len(kwargs) or given.keys() != set(fields):
                    raise TypeError(f"{cls.__name__} takes {', '.join(fields)}; got {args!r} and {kwargs!r}")
                args = map(given.__getitem__, fields)
            elif missing:
                args += tuple(cls._field_defaults.values())[-missing:]
            return tuple.__new__(cls, args)

        def __repr__(self):
            values = ", ".join(f"{field}={value!r}" for field, value in zip(self._fields, self, strict=True))
            return f"{type(self).__name__}({values})"

        def __getnewargs__(self):
            return tuple(self)

        def _replace(self, **changes):
            fields, values = self._fields, list(self)
            for field, value in changes.items():
                if field not in fields:
                    raise TypeError(f"{type(self).__name__} has no field {field!r}")
                values[fields.index(field)] = value
            return make(type(self), values)

        def _asdict(self):
            return dict(zip(self._fields, self, strict=True))
