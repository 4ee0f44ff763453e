#!/usr/bin/env python3
"""read_schema.py OLDER NEWER > rules/servers/envoy-schema.yaml

Writes down what Envoy's messages are made of, from the descriptors inside two of its programs. Whatever the older does
not have is marked with a release between the two. Needs the Python package protobuf.
"""

import re
import sys

from google.protobuf import descriptor_pb2

ROOTS = [
    "envoy.config.bootstrap.v3.Bootstrap",
    "envoy.config.route.v3.RouteConfiguration",
    "envoy.extensions.filters.http.router.v3.Router",
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
    "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy",
    "envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
]
FAMILIES = ("envoy.extensions.transport_sockets.", "envoy.extensions.filters.listener.")
BETWEEN = "1.37"
HEADER = """\
# What Envoy's messages are made of: field: kind, in the order of their numbers.
#
# kind: bool, bytes, duration, integer, number, string, any (a message that names its own type), struct (anything), or the name of an enum
#   or a message below; `*` repeated, `map` a mapping from names to that kind.
# `in NAME`: of the fields with the same name only one may be set. `since`: the first release that has it, where some described release
#   has not; 1.37 stands for the release between 1.36.4 and 1.40.0 that brought it.
# Source: the descriptors in the programs of 1.36.4 and 1.40.0, read with tests/live/read_schema.py.
"""
WELL_KNOWN = {
    "Any": "any", "BoolValue": "bool", "BytesValue": "bytes", "DoubleValue": "number", "Duration": "duration",
    "FloatValue": "number", "Int32Value": "integer", "Int64Value": "integer", "ListValue": "struct",
    "StringValue": "string", "Struct": "struct", "Timestamp": "string", "UInt32Value": "integer",
    "UInt64Value": "integer", "Value": "struct",
}  # fmt: skip
Type = descriptor_pb2.FieldDescriptorProto
SCALARS = {Type.TYPE_BOOL: "bool", Type.TYPE_BYTES: "bytes", Type.TYPE_DOUBLE: "number", Type.TYPE_FLOAT: "number",
           Type.TYPE_STRING: "string"}  # fmt: skip
# Wire types of the fields of a FileDescriptorProto.
FILE_FIELDS = {1: 2, 2: 2, 3: 2, 4: 2, 5: 2, 6: 2, 7: 2, 8: 2, 9: 2, 10: 0, 11: 0, 12: 2, 14: 0, 15: 2}


class Schema:
    """The messages and enums that a program has descriptors of, by full name."""

    def __init__(self, path):
        self.messages, self.enums = {}, {}
        with open(path, "rb") as program:
            data = program.read()
        for start in re.finditer(rb"\x0a[\x05-\x7f](?=(?:envoy|google|udpa|xds)/[a-z0-9_/.-]+\.proto\x12)", data):
            file = descriptor_pb2.FileDescriptorProto()
            file.ParseFromString(data[start.start() : end_of_file(data, start.start())])
            for enum in file.enum_type:
                self.enums[f"{file.package}.{enum.name}"] = enum
            for message in file.message_type:
                self.add(file.package, message)

    def add(self, prefix, message):
        name = f"{prefix}.{message.name}"
        self.messages[name] = message
        for enum in message.enum_type:
            self.enums[f"{name}.{enum.name}"] = enum
        for inner in message.nested_type:
            self.add(name, inner)

    def reachable(self):
        """The names of the messages and enums that configurations are made of."""
        waiting = ROOTS + [name for name in self.messages if name.startswith(FAMILIES) and name.count(".") == 5]
        messages, enums = set(), set()
        while waiting:
            name = waiting.pop()
            if name in messages or name not in self.messages or name.startswith("google.protobuf."):
                continue
            messages.add(name)
            for field in self.messages[name].field:
                target = field.type_name.removeprefix(".")
                (enums.add if field.type == Type.TYPE_ENUM else waiting.append)(target)
        return sorted(name for name in messages if not self.messages[name].options.map_entry), sorted(enums - {""})

    def kind(self, field):
        """The kind of a field, with its repetition."""
        target = field.type_name.removeprefix(".")
        message = self.messages.get(target)
        if message is not None and message.options.map_entry:
            return f"map {self.kind(message.field[1])}"
        if target.startswith("google.protobuf.") and target.rsplit(".", 1)[1] in WELL_KNOWN:
            kind = WELL_KNOWN[target.rsplit(".", 1)[1]]
        else:
            kind = target or SCALARS.get(field.type, "integer")
        return kind + "*" * (field.label == Type.LABEL_REPEATED)


def end_of_file(data, at):
    """Where the FileDescriptorProto that starts at `at` ends: before the first byte that is no field of one."""
    while True:
        try:
            tag, after = number(data, at)
            if FILE_FIELDS.get(tag >> 3) != tag & 7:
                return at
            value, after = number(data, after)
        except IndexError:
            return at
        at = after + (value if tag & 7 == 2 else 0)


def number(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def main():
    older, newer = Schema(sys.argv[1]), Schema(sys.argv[2])
    messages, enums = newer.reachable()
    print(HEADER + "enums:")
    for name in enums:
        old = {value.name for value in older.enums[name].value} if name in older.enums else None
        since = {False: "", True: f" since {BETWEEN}"}
        values = ", ".join(
            f"{value.name}: {value.number}{since[old is not None and value.name not in old]}" for value in newer.enums[name].value
        )
        print(f"  {name}: {{{values}}}")
    print("messages:")
    for name in messages:
        message = newer.messages[name]
        known = {field.name for field in older.messages[name].field} if name in older.messages else None
        print(f"  {name}:" + " {}" * (not message.field))
        for field in message.field:
            text = newer.kind(field)
            if field.HasField("oneof_index") and not field.proto3_optional:
                text += f" in {message.oneof_decl[field.oneof_index].name}"
            if known is not None and field.name not in known:
                text += f" since {BETWEEN}"
            print(f"    {field.name}: {text}")


if __name__ == "__main__":
    main()
