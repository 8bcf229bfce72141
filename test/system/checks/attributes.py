"""The attributes of queues: their defaults, their ranges, reading and writing them."""

import time

from checks import check, each
from checks.sqs import INVALID

DEFAULTS = {"VisibilityTimeout": "30", "MaximumMessageSize": "1048576", "MessageRetentionPeriod": "345600",
            "DelaySeconds": "0", "ReceiveMessageWaitTimeSeconds": "0", "SqsManagedSseEnabled": "true"}
RANGES = {"VisibilityTimeout": (0, 43200), "MaximumMessageSize": (1024, 1048576),
          "MessageRetentionPeriod": (60, 1209600), "DelaySeconds": (0, 900), "ReceiveMessageWaitTimeSeconds": (0, 20)}

ALLOWED = {f"{name} {value}": (name, str(value)) for name, bounds in RANGES.items() for value in bounds}
REFUSED = {f"{name} {value!r}": (name, str(value)) for name, (least, most) in RANGES.items()
           for value in (least - 1, most + 1, "many", "1.5")}


@each(DEFAULTS.items())
def an_attribute_has_its_default(sqs, name, value):
    assert sqs.queue().attributes(name) == {name: value}


@each(ALLOWED)
def a_queue_is_created_with(sqs, name, value):
    assert sqs.queue(**{name: value}).attributes(name) == {name: value}


@each(ALLOWED)
def a_queue_is_changed_to(sqs, name, value):
    queue = sqs.queue()
    queue.set(**{name: value})
    assert queue.attributes(name) == {name: value}


@each(REFUSED)
def a_queue_is_not_created_with(sqs, name, value):
    sqs.fails("InvalidAttributeValue", "CreateQueue", QueueName=sqs.new_name(), Attributes={name: value})


@each(REFUSED)
def a_queue_is_not_changed_to(sqs, name, value):
    queue = sqs.queue()
    queue.fails("InvalidAttributeValue", "SetQueueAttributes", Attributes={name: value})
    assert queue.attributes(name) == {name: DEFAULTS[name]}


@check
def an_invalid_value_is_told_in_the_words_of_sqs(sqs):
    sqs.queue().fails("InvalidAttributeValue", "SetQueueAttributes", "Invalid value for the parameter DelaySeconds.",
                      Attributes={"DelaySeconds": "901"})


@check
def no_attribute_is_set_where_one_is_wrong(sqs):
    queue = sqs.queue()
    queue.fails("InvalidAttributeValue", "SetQueueAttributes",
                Attributes={"DelaySeconds": "5", "VisibilityTimeout": "99999"})
    assert queue.attributes("DelaySeconds") == {"DelaySeconds": "0"}


@each(["Colour", "visibilitytimeout", "All", "QueueArn", "ApproximateNumberOfMessages", "CreatedTimestamp"])
def an_attribute_can_not_be_set(sqs, name):
    sqs.queue().fails("InvalidAttributeName", "SetQueueAttributes", f"Unknown Attribute {name}.",
                      Attributes={name: "1"})


FIFO_ONLY = {"FifoQueue": ("true", "Unknown Attribute FifoQueue."),
             "ContentBasedDeduplication": ("true", "Unknown Attribute ContentBasedDeduplication."),
             "DeduplicationScope": ("queue", "You can specify the DeduplicationScope only when FifoQueue is set to"),
             "FifoThroughputLimit": ("perQueue", "You can specify the FifoThroughputLimit only when FifoQueue is")}


@each({name: (name, *given) for name, given in FIFO_ONLY.items()})
def a_standard_queue_does_not_become_fifo_by(sqs, name, value, words):
    sqs.queue().fails("InvalidAttributeName", "SetQueueAttributes", words, Attributes={name: value})


@each(["ContentBasedDeduplication", "DeduplicationScope", "FifoThroughputLimit"])
def a_standard_queue_is_not_created_with(sqs, name):
    value, words = FIFO_ONLY[name]
    sqs.fails("InvalidAttributeName", "CreateQueue", words, QueueName=sqs.new_name(), Attributes={name: value})


@check
def a_standard_queue_is_not_created_as_fifo_false(sqs):
    sqs.fails("InvalidAttributeName", "CreateQueue", "Unknown Attribute FifoQueue.", QueueName=sqs.new_name(),
              Attributes={"FifoQueue": "false"})


@check
def a_fifo_queue_stays_one(sqs):
    queue = sqs.fifo_queue()
    queue.set(FifoQueue="true")
    queue.fails("InvalidAttributeValue", "SetQueueAttributes",
                "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.",
                Attributes={"FifoQueue": "false"})


@each({"FifoQueue": "true", "ContentBasedDeduplication": "false", "DeduplicationScope": "queue",
       "FifoThroughputLimit": "perQueue"}.items())
def a_fifo_queue_has_the_default(sqs, name, value):
    assert sqs.fifo_queue().attributes(name) == {name: value}


@each({"ContentBasedDeduplication": "yes", "DeduplicationScope": "message", "FifoThroughputLimit": "perGroup"}.items())
def a_fifo_queue_does_not_take(sqs, name, value):
    sqs.fifo_queue().fails("InvalidAttributeValue", "SetQueueAttributes", Attributes={name: value})


@check
def high_throughput_needs_the_scope_of_groups(sqs):
    sqs.fifo_queue().fails("InvalidAttributeValue", "SetQueueAttributes",
                           Attributes={"FifoThroughputLimit": "perMessageGroupId"})


@check
def high_throughput_is_set_with_the_scope_of_groups(sqs):
    given = {"FifoThroughputLimit": "perMessageGroupId", "DeduplicationScope": "messageGroup"}
    assert sqs.fifo_queue(**given).attributes(*given) == given


@check
def all_attributes_are_read(sqs):
    found = sqs.queue().attributes("All")
    assert DEFAULTS.items() <= found.items()
    assert {"QueueArn", "CreatedTimestamp", "LastModifiedTimestamp", "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"} <= set(found)


@check
def all_attributes_of_a_standard_queue_are_none_of_fifo(sqs):
    assert not set(FIFO_ONLY) & set(sqs.queue().attributes("All"))


@check
def only_the_attributes_asked_for_are_read(sqs):
    assert set(sqs.queue().attributes("DelaySeconds", "QueueArn")) == {"DelaySeconds", "QueueArn"}


@check
def no_attributes_are_read_where_none_is_asked_for(sqs):
    assert not sqs.queue().call("GetQueueAttributes").get("Attributes")


@each(["Colour", "all"])
def an_attribute_that_is_not_known_can_not_be_read(sqs, name):
    sqs.queue().fails("InvalidAttributeName", "GetQueueAttributes", AttributeNames=[name])


@each(["Policy", "RedrivePolicy", "RedriveAllowPolicy", "KmsMasterKeyId"])
def an_attribute_that_is_not_set_is_left_out(sqs, name):
    assert not sqs.queue().attributes(name)


@check
def an_arn_has_region_account_and_name(sqs):
    queue = sqs.queue()
    assert queue.arn == f"arn:aws:sqs:us-east-1:{queue.url.split('/')[-2]}:{queue.name}"


@each(["CreatedTimestamp", "LastModifiedTimestamp"])
def a_queue_knows_its(sqs, name):
    assert abs(int(sqs.queue().attributes(name)[name]) - time.time()) < 300


@check
def a_change_of_attributes_is_a_modification(sqs):
    queue = sqs.queue()
    before = queue.attributes()
    time.sleep(1.1)
    queue.set(DelaySeconds="1")
    after = queue.attributes()
    assert int(after["LastModifiedTimestamp"]) > int(before["LastModifiedTimestamp"])
    assert after["CreatedTimestamp"] == before["CreatedTimestamp"]


@check
def messages_are_counted_by_their_state(sqs):
    queue = sqs.queue()
    for n in range(4):
        queue.send(str(n))
    queue.send("later", DelaySeconds=600)
    queue.receive_one()
    assert queue.counts() == (3, 1, 1)


@check
def a_policy_is_kept_and_cleared(sqs):
    queue = sqs.queue()
    policy = '{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow","Principal":"*",' \
             f'"Action":"SQS:SendMessage","Resource":"{queue.arn}"}}]}}'
    queue.set(Policy=policy)
    assert '"Sid":"a"' in queue.attributes("Policy")["Policy"].replace(" ", "")
    queue.set(Policy="")
    assert "Policy" not in queue.attributes()


@check
def a_policy_must_be_json(sqs):
    sqs.queue().fails("InvalidAttributeValue", "SetQueueAttributes", Attributes={"Policy": "let them all in"})


@check
def encryption_by_sqs_can_be_turned_off(sqs):
    assert sqs.queue(SqsManagedSseEnabled="false").attributes("SqsManagedSseEnabled") == {
        "SqsManagedSseEnabled": "false"}


@check
def encryption_by_kms_replaces_that_of_sqs(sqs):
    found = sqs.queue(KmsMasterKeyId="alias/aws/sqs", KmsDataKeyReusePeriodSeconds="60").attributes()
    assert found["KmsMasterKeyId"] == "alias/aws/sqs" and found["KmsDataKeyReusePeriodSeconds"] == "60"
    assert found["SqsManagedSseEnabled"] == "false"


@check
def a_queue_is_encrypted_by_one_of_both(sqs):
    sqs.queue(KmsMasterKeyId="alias/aws/sqs").fails(
        "InvalidAttributeName", "SetQueueAttributes", "You can use one type of server-side encryption (SSE) at one time.",
        Attributes={"SqsManagedSseEnabled": "true"})


@each(["59", "86401"])
def a_key_is_reused_for_a_minute_to_a_day(sqs, seconds):
    sqs.queue().fails("InvalidAttributeValue", "SetQueueAttributes",
                      Attributes={"KmsMasterKeyId": "alias/aws/sqs", "KmsDataKeyReusePeriodSeconds": seconds})


@check
def a_redrive_policy_needs_a_queue_that_is_there(sqs):
    queue = sqs.queue()
    queue.fails(INVALID, "SetQueueAttributes", Attributes={
        "RedrivePolicy": f'{{"deadLetterTargetArn":"{queue.arn}-not","maxReceiveCount":"3"}}'})
