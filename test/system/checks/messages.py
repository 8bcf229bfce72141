"""Sending single messages: bodies, sizes, delays."""

import time

from checks import check, each
from checks.sqs import INVALID, MISSING, md5, text

BODIES = {
    "one letter": "x", "spaces at both ends": "  x  ", "a tab": "a\tb", "a line feed": "a\nb",
    "a carriage return": "a\rb", "both line ends": "a\r\nb\n", "only a space": " ",
    "what XML escapes": "<a b=\"c\">&amp;'</a>",
    "a CDATA section": "<![CDATA[x]]>", "JSON": '{"a":["\\u0000",1.5,null]}', "what forms escape": "a=b&c=d+e%20f%",
    "umlauts": "äöüß", "Greek": "Ελληνικά", "Arabic": "العربية", "Chinese": "汉字漢字", "combining marks": "e\u0301",
    "an emoji": "😀", "a family of emojis": "👩‍👩‍👧‍👦", "the last plane": "\U0010FFFD", "U+FFFD": "\uFFFD",
    "U+E000": "\uE000", "U+D7FF": "\uD7FF", "no-break spaces": "\u00a0x\u2007", "line separators": "a\u2028b\u2029c",
    "a leading minus": "-x --y", "a soft hyphen": "a\u00adb", "DEL": "a\x7fb", "C1 controls": "a\x80b\x9fc", "a byte order mark": "\ufeffx",
    "backslashes": "a\\b\\\\c\\n", "a kilobyte": "0123456789abcdef" * 64}
# The CLI reads the URLs and files that its arguments name, and an argument of a process has 128 KiB at most.
NO_ARGUMENTS = {
    "a URL": "http://127.0.0.1:1/x?y=z#a", "a file name": "file:///etc/hostname", "256 KiB": "x" * 262144,
    "a mebibyte": "y" * 1048576, "a mebibyte of two-byte letters": "ü" * 524288}


@each(BODIES)
def a_body_comes_as_it_was_sent(sqs, body):
    queue = sqs.queue()
    sent = queue.send(body)
    message = queue.receive_one()
    assert message["Body"] == body and message["MessageId"] == sent["MessageId"]


@each(NO_ARGUMENTS, not_sent_by="AWS CLI")
def a_body_that_is_no_argument_comes_as_it_was_sent(sqs, body):
    queue = sqs.queue()
    queue.send(body)
    assert queue.receive_one()["Body"] == body


@each({"U+0001": "a\x01b", "U+0008": "\x08", "a vertical tab": "a\x0bb", "a form feed": "a\x0cb",
       "an escape": "\x1b[0m", "U+001F": "\x1f", "U+FFFE": "\ufffe", "U+FFFF": "a\uffff"})
def a_body_can_not_have(sqs, body):
    sqs.queue().fails("InvalidMessageContents", "SendMessage", MessageBody=body)


@check
def an_empty_body_is_missing(sqs):
    sqs.queue().fails(MISSING, "SendMessage", "The request must contain the parameter MessageBody.", MessageBody="")


@each({"a mebibyte and a byte": "x" * 1048577, "two-byte letters": "ü" * 524289}, not_sent_by="AWS CLI")
def a_body_can_be_too_long(sqs, body):
    sqs.queue().fails(INVALID, "SendMessage",
                      "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes.",
                      MessageBody=body)


@check
def a_queue_has_a_limit_of_its_own(sqs):
    queue = sqs.queue(MaximumMessageSize="1024")
    queue.send("x" * 1024)
    queue.fails(INVALID, "SendMessage",
                "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.",
                MessageBody="x" * 1025)


@check
def the_limit_counts_bytes(sqs):
    queue = sqs.queue(MaximumMessageSize="1024")
    queue.send("ü" * 512)
    queue.fails(INVALID, "SendMessage", MessageBody="ü" * 513)


@check
def the_limit_counts_attributes(sqs):
    queue = sqs.queue(MaximumMessageSize="1024")
    queue.send("x" * 1000, MessageAttributes={"name": text("v" * 14)})  # 4 + 6 + 14
    queue.fails(INVALID, "SendMessage", MessageBody="x" * 1000, MessageAttributes={"name": text("v" * 15)})


@check
def a_limit_that_shrinks_leaves_messages(sqs):
    queue = sqs.queue()
    queue.send("x" * 2000)
    queue.set(MaximumMessageSize="1024")
    assert len(queue.receive_one()["Body"]) == 2000


@check
def each_message_has_an_id_of_its_own(sqs):
    queue = sqs.queue()
    ids = {queue.send("the same")["MessageId"] for _ in range(10)}
    assert len(ids) == 10 and all(len(one) == 36 for one in ids)


@check
def the_md5_of_a_body_is_told(sqs):
    assert sqs.queue().send("This is a test message")["MD5OfMessageBody"] == md5("This is a test message")


@check
def a_standard_queue_gives_no_sequence_numbers(sqs):
    assert not sqs.queue().send().get("SequenceNumber")


@check
def a_delayed_message_comes_after_its_delay(sqs):
    queue = sqs.queue()
    sent_at = time.monotonic()
    queue.send("later", DelaySeconds=1)
    assert queue.counts() == (0, 0, 1) and not queue.receive()
    assert queue.receive_one(wait_s=5)["Body"] == "later"
    assert time.monotonic() - sent_at >= 0.9


@check
def the_delay_of_the_queue_holds(sqs):
    queue = sqs.queue(DelaySeconds="600")
    queue.send("later")
    assert queue.counts() == (0, 0, 1)


@check
def a_delay_of_zero_overrides_the_queue(sqs):
    queue = sqs.queue(DelaySeconds="600")
    queue.send("now", DelaySeconds=0)
    assert queue.receive_one()["Body"] == "now"


@each([0, 900])
def a_message_can_be_delayed_by(sqs, seconds):
    queue = sqs.queue()
    queue.send(DelaySeconds=seconds)
    assert sum(queue.counts()) == 1


@each([-1, 901])
def a_message_can_not_be_delayed_by(sqs, seconds):
    sqs.queue().fails(INVALID, "SendMessage", "DelaySeconds", MessageBody="x", DelaySeconds=seconds)


@check
def a_new_delay_of_a_standard_queue_leaves_messages(sqs):
    queue = sqs.queue()
    queue.send("there already")
    queue.set(DelaySeconds="600")
    assert queue.receive_one()["Body"] == "there already"


GROUP_RULE = "MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length."


@each({"a space": "group 123", "129 letters": "a" * 129, "an umlaut": "ä", "nothing": ""})
def a_group_on_a_standard_queue_can_not_be(sqs, group):
    sqs.queue().fails(INVALID, "SendMessage", GROUP_RULE, MessageBody="x", MessageGroupId=group)


@check
def a_group_on_a_standard_queue_is_kept(sqs):
    queue = sqs.queue()
    queue.send(MessageGroupId="tenant-1")
    message = queue.receive_one(MessageSystemAttributeNames=["All"]) if sqs.speaks_json else queue.receive_one(
        AttributeNames=["All"])
    assert message["Attributes"]["MessageGroupId"] == "tenant-1"


@check
def a_deduplication_id_is_for_fifo_queues(sqs):
    sqs.queue().fails(INVALID, "SendMessage", "The request include parameter that is not valid for this queue type",
                      MessageBody="x", MessageDeduplicationId="d")
