"""Message attributes: names, types, values, filters; and the system attribute AWSTraceHeader."""

from checks import check, each
from checks.sqs import INVALID, binary, number, text


def there_and_back(sqs, attributes):
    queue = sqs.queue()
    queue.send(MessageAttributes=attributes)
    assert queue.receive_one(MessageAttributeNames=["All"])["MessageAttributes"] == attributes


@each({"a letter": "a", "256 letters": "n" * 256, "digits": "123", "punctuation": "a.b-c_d", "capital letters": "Name",
       "a leading hyphen": "-a", "a leading underscore": "_a"})
def an_attribute_can_be_named_with(sqs, name):
    there_and_back(sqs, {name: text("v")})


@each({"a space": "a b", "an umlaut": "ä", "a slash": "a/b", "a leading dot": ".a", "a last dot": "a.",
       "two dots": "a..b", "AWS.": "AWS.x", "aws.": "aws.x", "Amazon.": "Amazon.x", "257 letters": "n" * 257})
def an_attribute_can_not_be_named_with(sqs, name):
    sqs.queue().fails(INVALID, "SendMessage", MessageBody="x", MessageAttributes={name: text("v")})


@each({"umlauts": "äöü😀", "what XML escapes": "<&\">", "line ends": "a\r\nb", "spaces": "  ",
       "4000 letters": "x" * 4000})
def a_text_can_have(sqs, value):
    there_and_back(sqs, {"a": text(value)})


@each(["0", "1", "-1", "+1", "1.5", "-0.001", "1e3", "1E-3", "00012", "123456789012345678901234567890", ".5"])
def a_number_can_be(sqs, value):
    there_and_back(sqs, {"n": number(value)})


@each(["one", "1 2", "0x10", "1,5", "--1", "NaN", "1e", ""])
def a_number_can_not_be(sqs, value):
    sqs.queue().fails(INVALID, "SendMessage", MessageBody="x", MessageAttributes={"n": number(value)})


# Version 1 of the AWS CLI takes binary values as text, which is ASCII here.
@each({"a letter": b"x", "text": b"plain text", "spaces": b" \t\r\n "})
def a_binary_value_can_be(sqs, value):
    there_and_back(sqs, {"b": binary(value)})


@each({"a zero": b"\0", "all bytes": bytes(range(256)), "what is not UTF-8": b"\xff\xfe\xc3"}, not_sent_by="AWS CLI")
def a_binary_value_can_be_bytes(sqs, value):
    there_and_back(sqs, {"b": binary(value)})


@each({"String.json": text("{}"), "Number.int": number("1"), "Number.with.dots": number("2"),
       "Binary.gzip": binary(b"x")}.items())
def a_type_can_be(sqs, data_type, value):
    there_and_back(sqs, {"a": value | {"DataType": data_type}})


@each(["Text", "string", "Numeric", "List", "Strings"])
def a_type_can_not_be(sqs, data_type):
    sqs.queue().fails(INVALID, "SendMessage", MessageBody="x",
                      MessageAttributes={"a": {"DataType": data_type, "StringValue": "v"}})


@check
def an_empty_text_is_told_in_the_words_of_sqs(sqs):
    sqs.queue().fails(INVALID, "SendMessage",
                      "Message (user) attribute 'ErrorDetails' must contain a non-empty value of type 'String'.",
                      MessageBody="x", MessageAttributes={"ErrorDetails": text("")})


@each({"texts": text("v") | {"StringListValues": ["w"]}, "bytes": binary(b"v") | {"BinaryListValues": [
    {"$bytes": "dw=="}]}})
def an_attribute_can_not_be_a_list_of(sqs, value):
    sqs.queue().fails("UnsupportedOperation", "SendMessage", "list values", MessageBody="x",
                      MessageAttributes={"a": value})


@check
def a_binary_value_does_not_make_a_text(sqs):
    sqs.queue().fails(INVALID, "SendMessage", MessageBody="x",
                      MessageAttributes={"a": binary(b"x", "String")})


@check
def a_message_has_10_attributes(sqs):
    there_and_back(sqs, {f"a{n}": text(str(n)) for n in range(10)})


@check
def a_message_has_not_11_attributes(sqs):
    sqs.queue().fails(INVALID, "SendMessage", MessageBody="x",
                      MessageAttributes={f"a{n}": text("v") for n in range(11)})


@check
def all_types_come_in_one_message(sqs):
    there_and_back(sqs, {"t": text("ü"), "n": number("1.5"), "b": binary(b"x"), "T.2": text("<>")})


GIVEN = ("app.one", "app.two", "apple", "other")


@each({"All": (["All"], GIVEN), ".*": ([".*"], GIVEN), "a prefix": (["app.*"], ("app.one", "app.two", "apple")),
       "a prefix with its dot": (["app..*"], ("app.one", "app.two")), "a name": (["other"], ("other",)),
       "two names": (["other", "apple"], ("apple", "other")), "a name and a prefix": (["other", "app..*"],
                                                                                     ("app.one", "app.two", "other")),
       "a name that is not there": (["nothing"], ()), "another case": (["Other"], ())})
def attributes_are_selected_by(sqs, names, expected):
    queue = sqs.queue()
    queue.send(MessageAttributes={name: text(name) for name in GIVEN})
    message = queue.receive_one(MessageAttributeNames=names)
    assert sorted(message.get("MessageAttributes", {})) == sorted(expected)


@check
def attributes_come_only_when_they_are_asked_for(sqs):
    queue = sqs.queue()
    queue.send(MessageAttributes={"a": text("v")})
    message = queue.receive_one()
    assert not message.get("MessageAttributes") and not message.get("MD5OfMessageAttributes")


TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1"


@check
def a_trace_header_travels_with_a_message(sqs):
    queue = sqs.queue()
    queue.send(MessageSystemAttributes={"AWSTraceHeader": text(TRACE)})
    assert queue.receive_one(AttributeNames=["AWSTraceHeader"])["Attributes"] == {"AWSTraceHeader": TRACE}


@each({"another name": ("Colour", text("v")), "a number": ("AWSTraceHeader", number("1")),
       "bytes": ("AWSTraceHeader", binary(b"x"))})
def a_system_attribute_can_not_be(sqs, name, value):
    sqs.queue().fails(INVALID, "SendMessage", MessageBody="x", MessageSystemAttributes={name: value})
