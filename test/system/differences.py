"""Where moto (5.2) is not SQS, and lastcall is: what moto does, what SQS does and where that is said (the API reference
and developer guide of Amazon SQS, or an answer of the real service in test/data/aws/sqs-recorded-errors.json, by the
name of its case), and the checks that show it. A check listed here must fail on moto, any other must pass: a list that
is out of date fails. A name that ends with * stands for all cases of a table, (JSON) for that protocol alone. It is
moto as peers/moto_with_a_lock.py runs it, whose polls wake when a group is unblocked; moto's own do not."""

import fnmatch
from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    moto: str
    sqs: str
    checks: tuple


ONLY_JSON = " (JSON)"


def matches(listed, check):
    return fnmatch.fnmatchcase(check, listed.removesuffix(ONLY_JSON))


def why(check, speaks_json):
    """The difference that a check shows, if it is one."""
    for difference in DIFFERENCES:
        for listed in difference.checks:
            if matches(listed, check) and (speaks_json or not listed.endswith(ONLY_JSON)):
                return difference
    return None


DIFFERENCES = (
    Difference(
        "Takes values that the service refuses, and breaks (500) on those that are no numbers.",
        "InvalidAttributeValue for what is out of the ranges of the API reference (CreateQueue, "
        "SetQueueAttributes), and then nothing is changed.",
        ("a queue is not created with: VisibilityTimeout -1", "a queue is not created with: VisibilityTimeout 43201",
         "a queue is not created with: VisibilityTimeout 'many'",
         "a queue is not created with: VisibilityTimeout '1.5'",
         "a queue is not created with: MaximumMessageSize 'many'",
         "a queue is not created with: MaximumMessageSize '1.5'",
         "a queue is not created with: MessageRetentionPeriod 59",
         "a queue is not created with: MessageRetentionPeriod 1209601",
         "a queue is not created with: MessageRetentionPeriod 'many'",
         "a queue is not created with: MessageRetentionPeriod '1.5'", "a queue is not created with: DelaySeconds -1",
         "a queue is not created with: DelaySeconds 901", "a queue is not created with: DelaySeconds 'many'",
         "a queue is not created with: DelaySeconds '1.5'",
         "a queue is not created with: ReceiveMessageWaitTimeSeconds -1",
         "a queue is not created with: ReceiveMessageWaitTimeSeconds 21",
         "a queue is not created with: ReceiveMessageWaitTimeSeconds 'many'",
         "a queue is not created with: ReceiveMessageWaitTimeSeconds '1.5'", "a queue is not changed to: *",
         "an invalid value is told in the words of sqs", "no attribute is set where one is wrong",
         "a fifo queue does not take: *", "high throughput needs the scope of groups", "a policy must be json",
         "a key is reused for a minute to a day: *")),
    Difference(
        "Takes any name as an attribute, FIFO's on standard queues as well.",
        "InvalidAttributeName; recorded: test_set_unsupported_attribute_standard, "
        "test_create_standard_queue_with_fifo_attribute_raises_error.",
        ("an attribute can not be set: *", "a standard queue does not become fifo by: *",
         "a standard queue is not created with: *", "a standard queue is not created as fifo false")),
    Difference(
        "Lets a FIFO queue become a standard one.",
        "InvalidAttributeValue; recorded: test_set_unsupported_attribute_fifo.",
        ("a fifo queue stays one",)),
    Difference(
        "Does not know RedriveAllowPolicy when it is read, and does not check or apply it.",
        "The API reference, CreateQueue: allowAll, denyAll, byQueue with up to 10 ARNs.",
        ("an attribute that is not set is left out: RedriveAllowPolicy", "a queue can allow nobody",
         "a queue can allow some", "a redrive allow policy can not be: *",
         "a redrive allow policy must have the form of one: *")),
    Difference(
        "Lets a queue have both kinds of encryption.",
        "The API reference, SetQueueAttributes: only one at a time; recorded by others: InvalidAttributeName.",
        ("a queue is encrypted by one of both",)),
    Difference(
        "Takes list values of message attributes.",
        "The API reference, MessageAttributeValue: not implemented, reserved for future use; recorded by others: "
        "UnsupportedOperation.",
        ("an attribute can not be a list of: *",)),
    Difference(
        "Answers 400 to a receipt handle of another queue.",
        "Recorded by others: ReceiptHandleIsInvalid has the status 404.",
        ("the handle of another queue is refused by: *",)),
    Difference(
        "Timestamps of queues have fractions.",
        "GetQueueAttributes: epoch time in seconds, a whole number in what SDKs' users parse.",
        ("a queue knows its: *", "a change of attributes is a modification")),
    Difference(
        "Leaves SqsManagedSseEnabled true beside a KMS key.",
        "A queue has one kind of server-side encryption (API reference, CreateQueue).",
        ("encryption by kms replaces that of sqs",)),
    Difference(
        "Makes a standard queue whose name ends with .fifo.",
        "The name of a standard queue has no dot (API reference, CreateQueue).",
        ("a queue can not be named with: a suffix but no FifoQueue",)),
    Difference(
        "Says other words when a queue exists with other attributes.",
        "Recorded: test_create_queue_with_different_attributes_raises_exception names the attribute that differs.",
        ("creating a queue again differently is refused: *", "creating a fifo queue again differently is refused")),
    Difference(
        "Ignores MaxResults and NextToken.",
        "The API reference: pages of 1 to 1000 queues.",
        ("queues are listed in pages", "a page has 1 to 1000 queues: *", "sources are listed in pages")),
    Difference(
        "Has no limits for tags.",
        "The developer guide, \"Amazon SQS cost allocation tags\": 50 tags, keys of 128 and values of 256 "
        "characters.",
        ("a queue has 50 tags at most", "a tag can be too long in: *")),
    Difference(
        "Does not look at the characters of a body.",
        "InvalidMessageContents (API reference, SendMessage: #x9 | #xA | #xD | #x20 and up).",
        ("a body can not have: *",)),
    Difference(
        "Takes empty bodies.",
        "MissingParameter; recorded: test_send_empty_message.",
        ("an empty body is missing", "an entry without a body fails the batch")),
    Difference(
        "Counts characters, not bytes, and no attributes.",
        "The developer guide, \"message quotas\": bytes of UTF-8, with names, types and values of attributes.",
        ("a body can be too long: two-byte letters", "the limit counts bytes", "the limit counts attributes")),
    Difference(
        "Takes a negative delay.",
        "API reference, SendMessage: 0 to 900 seconds.",
        ("a message can not be delayed by: -1",)),
    Difference(
        "Does not look at the characters and the length of groups, deduplication ids and attempt ids.",
        "InvalidParameterValue; recorded: test_message_deduplication_id_invalid, "
        "test_send_message_to_standard_queue_with_invalid_message_group_id.",
        ("a group on a standard queue can not be: *", "a deduplication id can not be: *", "a group can not be: *",
         "an attempt id can not be: *")),
    Difference(
        "Ignores FIFO's parameters on a standard queue.",
        "InvalidParameterValue: the parameter is not valid for this queue type.",
        ("a deduplication id is for fifo queues", "an attempt id is for fifo queues")),
    Difference(
        "Does not check names, types, numbers and the count of message attributes as the service does.",
        "The developer guide, \"Amazon SQS message attributes\": names, 10 attributes, numbers; recorded: "
        "test_send_message_with_empty_string_attribute.",
        ("an attribute can not be named with: a leading dot", "an attribute can not be named with: a last dot",
         "an attribute can not be named with: two dots", "an attribute can not be named with: AWS.",
         "an attribute can not be named with: aws.", "an attribute can not be named with: Amazon.",
         "an attribute can not be named with: 257 letters", "a number can not be: *",
         "an empty text is told in the words of sqs", "a binary value does not make a text",
         "a message has not 11 attributes")),
    Difference(
        "Does not tell MD5OfMessageSystemAttributes and does not check system attributes.",
        "API reference, SendMessage: SDKs can check the MD5; AWSTraceHeader of type String is the only one.",
        ("a trace header travels with a message", "a trace header travels in a batch",
         "a system attribute can not be: *")),
    Difference(
        "Says other words, or nothing, when a parameter of a receive or a change of visibility is out of range.",
        "Recorded: test_send_receive_max_number_of_messages, test_send_receive_wait_time_seconds.",
        ("a receive can not ask for: *", "a receive can not wait: *", "a receive can not hide for: *",
         "a lease can not be: *")),
    Difference(
        "Ignores names of system attributes that there are not.",
        "InvalidAttributeName: Unknown Attribute (validated against SQS by others' tests).",
        ("a system attribute that is not known is refused: *",)),
    Difference(
        "Says other words for a handle that is none.",
        "Validated against SQS by others' tests: the handle is in the text.",
        ("rubbish is not a handle for: *",)),
    Difference(
        "Answers ReceiptHandleIsInvalid for a message that was deleted.",
        "InvalidParameterValue: the handle was good once.",
        ("a deleted message can not be hidden",)),
    Difference(
        "Lets an expired handle delete from a FIFO queue.",
        "InvalidParameterValue; recorded: test_fifo_delete_after_visibility_timeout.",
        ("the handle of a fifo queue expires", "the expired handle of a fifo queue deletes nothing")),
    Difference(
        "Checks the form of batches for some operations only.",
        "Recorded: test_delete_message_batch_with_too_large_batch, test_delete_message_batch_invalid_msg_id, "
        "test_invalid_batch_id.",
        ("an empty batch is refused: ChangeMessageVisibilityBatch", "a batch of 20 is refused: DeleteMessageBatch",
         "a batch of 20 is refused: ChangeMessageVisibilityBatch",
         "an id given twice is refused: ChangeMessageVisibilityBatch",
         "an id can not be: SendMessageBatch an umlaut", "an id can not be: DeleteMessageBatch nothing",
         "an id can not be: DeleteMessageBatch a colon", "an id can not be: DeleteMessageBatch a space",
         "an id can not be: DeleteMessageBatch a dot", "an id can not be: DeleteMessageBatch 81 letters",
         "an id can not be: DeleteMessageBatch an umlaut", "an id can not be: ChangeMessageVisibilityBatch nothing",
         "an id can not be: ChangeMessageVisibilityBatch a colon",
         "an id can not be: ChangeMessageVisibilityBatch a space",
         "an id can not be: ChangeMessageVisibilityBatch a dot",
         "an id can not be: ChangeMessageVisibilityBatch 81 letters",
         "an id can not be: ChangeMessageVisibilityBatch an umlaut")),
    Difference(
        "Fails a batch whole, or sends all of it, where one entry is wrong.",
        "SendMessageBatch answers 200 with the entry in Failed, SenderFault true.",
        ("an entry fails alone by: a character", "an entry fails alone by: an attribute",
         "an entry fails alone by: its length", "an entry fails alone by: a delay (JSON)")),
    Difference(
        "Fails a FIFO batch without a group as MissingParameter.",
        "Recorded: test_send_batch_missing_message_group_id_for_fifo_queue has InvalidParameterValue.",
        ("a fifo batch fails whole without: a group",)),
    Difference(
        "Gives sequence numbers only with explicit deduplication ids, and no deduplication id of content on "
        "receive.",
        "API reference: each message of a FIFO queue has both.",
        ("a fifo batch keeps its order", "sequence numbers grow and have 20 digits",
         "a received message has its sequence number", "all attributes of a fifo message come")),
    Difference(
        "Drops a duplicate but answers with a new id; forgets the original when it is deleted; knows no scope of "
        "groups.",
        "The developer guide, \"Exactly-once processing\": 5 minutes, deleted or not, with the answer of the first "
        "send; DeduplicationScope messageGroup.",
        ("a repeated send is taken once", "deduplication can be within a group", "deduplication outlives a delete",
         "a batch is deduplicated")),
    Difference(
        "A new delay of a FIFO queue does not change messages that are there.",
        "The developer guide, \"delay queues\": on FIFO queues it does.",
        ("a new delay of a fifo queue holds for messages there",)),
    Difference(
        "Ignores ReceiveRequestAttemptId.",
        "API reference, ReceiveMessage: the same messages and handles for 5 minutes.",
        ("an attempt is repeated",)),
    Difference(
        "Does not tell DeadLetterQueueSourceArn.",
        "Recorded by others: the attribute is there (API reference, ReceiveMessage).",
        ("a dead message knows where it comes from",)),
    Difference(
        "Takes any maxReceiveCount and other members of a redrive policy; breaks (500) on what is not JSON; a "
        "missing queue has another code.",
        "InvalidParameterValue (API reference, CreateQueue: maxReceiveCount from 1 to 1000; the queue must exist "
        "and be of the same type), with the policy as it was written; InvalidAttributeValue for what is no JSON map.",
        ("a message can not be received at most: *", "a redrive policy must be a json map: *",
         "a redrive policy can not be: with another member", "a redrive policy can not be: with what is not an ARN",
         "an error repeats the redrive policy as it was written", "a redrive policy needs a queue that is there",
         "a fifo queue needs a fifo dead letter queue", "a standard queue needs a standard dead letter queue")),
    Difference(
        "Has no message move tasks (500).",
        "StartMessageMoveTask, ListMessageMoveTasks, CancelMessageMoveTask; recorded: "
        "test_start_multiple_move_tasks and others.",
        ("messages move back to their source", "messages move to a destination",
         "a moved message starts its receive count anew", "a finished task is listed",
         "a running task is listed with its handle", "a task is cancelled", "a source has one task at a time",
         "a handle tells its task and source", "a source must be a dead letter queue", "a source must exist",
         "a destination must exist", "a task does not move a second: *", "tasks are not listed by: *",
         "tasks of a missing queue are not listed", "a queue without tasks lists none", "rubbish is not a task",
         "a task that is not there is not cancelled", "a task of a missing queue is not cancelled",
         "a finished task is not cancelled")),
    Difference(
        "Says more words when a label is not there, and takes an action without a name.",
        "Recorded: test_sqs_permission_lifecycle.",
        ("a label that is not there is not removed", "an action must be known: ")),
)
