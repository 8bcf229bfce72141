"""Dead-letter queues: policies, moving, listing sources."""

import json

from checks import check, each
from checks.sqs import INVALID


def policy(queue, count="1"):
    return json.dumps({"deadLetterTargetArn": queue.arn, "maxReceiveCount": count})


def pair(sqs, count="1", **attributes):
    dead = sqs.queue()
    return sqs.queue(RedrivePolicy=policy(dead, count), **attributes), dead


def let_die(queue, dead):
    queue.receive_one(VisibilityTimeout=0)
    assert not queue.receive(wait_s=1)
    return dead.receive_one(AttributeNames=["All"], MessageAttributeNames=["All"])


@check
def a_message_moves_after_its_receives(sqs):
    queue, dead = pair(sqs, "2")
    queue.send("poison")
    for _ in range(2):
        queue.receive_one(VisibilityTimeout=0)
        assert dead.counts() == (0, 0, 0)
    assert not queue.receive(wait_s=1)
    assert dead.receive_one()["Body"] == "poison" and queue.counts() == (0, 0, 0)


@check
def a_dead_message_keeps_its_id_and_attributes(sqs):
    queue, dead = pair(sqs)
    given = {"a": {"DataType": "String", "StringValue": "v"}}
    sent = queue.send("poison", MessageAttributes=given)
    message = let_die(queue, dead)
    assert message["MessageId"] == sent["MessageId"] and message["MessageAttributes"] == given


@check
def a_dead_message_knows_where_it_comes_from(sqs):
    queue, dead = pair(sqs)
    queue.send("poison")
    assert let_die(queue, dead)["Attributes"]["DeadLetterQueueSourceArn"] == queue.arn


@check
def the_receive_count_goes_on_in_the_dead_letter_queue(sqs):
    queue, dead = pair(sqs)
    queue.send("poison")
    assert int(let_die(queue, dead)["Attributes"]["ApproximateReceiveCount"]) >= 2


@check
def a_message_that_is_deleted_in_time_does_not_die(sqs):
    queue, dead = pair(sqs)
    queue.send("fine")
    queue.delete(queue.receive_one())
    assert not queue.receive() and dead.counts() == (0, 0, 0)


@check
def dead_messages_make_way_for_the_next(sqs):
    queue, _ = pair(sqs)
    queue.send("poison")
    queue.receive_one(VisibilityTimeout=0)
    queue.send("fine")
    assert [message["Body"] for message in queue.receive_all(1)] == ["fine"]


@check
def a_policy_is_read_as_it_was_written(sqs):
    queue, dead = pair(sqs, 5)
    found = json.loads(queue.attributes("RedrivePolicy")["RedrivePolicy"])
    assert found["deadLetterTargetArn"] == dead.arn and int(found["maxReceiveCount"]) == 5


@check
def a_redrive_policy_is_cleared(sqs):
    queue, _ = pair(sqs)
    queue.set(RedrivePolicy="")
    assert "RedrivePolicy" not in queue.attributes()


@each([0, 1001, -1, "many"])
def a_message_can_not_be_received_at_most(sqs, count):
    queue, dead = sqs.queue(), sqs.queue()
    queue.fails(INVALID, "SetQueueAttributes", "maxReceiveCount", Attributes={"RedrivePolicy": policy(dead, count)})


@each([1, 1000, "10"])
def a_message_can_be_received_at_most(sqs, count):
    queue, dead = sqs.queue(), sqs.queue()
    queue.set(RedrivePolicy=policy(dead, count))


@each({"text": "dead", "a list": "[]"})
def a_redrive_policy_must_be_a_json_map(sqs, written):
    sqs.queue().fails("InvalidAttributeValue", "SetQueueAttributes", "Invalid value for the parameter RedrivePolicy. "
                      "Reason: Redrive policy is not a valid JSON map.", Attributes={"RedrivePolicy": written})


@each({"without an ARN": '{"maxReceiveCount":"3"}', "without a count": '{"deadLetterTargetArn":"ARN"}',
       "with another member": '{"deadLetterTargetArn":"ARN","maxReceiveCount":"3","colour":"red"}',
       "with what is not an ARN": '{"deadLetterTargetArn":"queue","maxReceiveCount":"3"}'})
def a_redrive_policy_can_not_be(sqs, written):
    queue, dead = sqs.queue(), sqs.queue()
    queue.fails(INVALID, "SetQueueAttributes", Attributes={"RedrivePolicy": written.replace("ARN", dead.arn)})


@check
def an_error_repeats_the_redrive_policy_as_it_was_written(sqs):
    written = '{"deadLetterTargetArn": "dummy", "maxReceiveCount": 42}'
    sqs.queue().fails(INVALID, "SetQueueAttributes", f"Value {written} for parameter RedrivePolicy is invalid. Reason: "
                      "Invalid value for deadLetterTargetArn.", Attributes={"RedrivePolicy": written})


@check
def a_fifo_queue_needs_a_fifo_dead_letter_queue(sqs):
    queue, dead = sqs.fifo_queue(), sqs.queue()
    queue.fails(INVALID, "SetQueueAttributes", Attributes={"RedrivePolicy": policy(dead)})


@check
def a_standard_queue_needs_a_standard_dead_letter_queue(sqs):
    queue, dead = sqs.queue(), sqs.fifo_queue()
    queue.fails(INVALID, "SetQueueAttributes", Attributes={"RedrivePolicy": policy(dead)})


@check
def a_fifo_message_moves_with_its_group(sqs):
    dead = sqs.fifo_queue()
    queue = sqs.fifo_queue(RedrivePolicy=policy(dead), ContentBasedDeduplication="true")
    queue.send("poison", MessageGroupId="g")
    assert let_die(queue, dead)["Attributes"]["MessageGroupId"] == "g"


@check
def a_dead_fifo_message_frees_its_group(sqs):
    dead = sqs.fifo_queue()
    queue = sqs.fifo_queue(RedrivePolicy=policy(dead), ContentBasedDeduplication="true")
    queue.send("poison", MessageGroupId="g")
    queue.receive_one(VisibilityTimeout=0)
    queue.send("next", MessageGroupId="g")
    assert queue.receive_all(1)[0]["Body"] == "next"


@check
def sources_are_listed(sqs):
    queue, dead = pair(sqs)
    another = sqs.queue(RedrivePolicy=policy(dead))
    assert set(dead.call("ListDeadLetterSourceQueues")["queueUrls"]) == {queue.url, another.url}


@check
def a_queue_without_sources_lists_none(sqs):
    assert not sqs.queue().call("ListDeadLetterSourceQueues").get("queueUrls")


@check
def sources_are_listed_in_pages(sqs):
    dead = sqs.queue()
    urls = {sqs.queue(RedrivePolicy=policy(dead)).url for _ in range(3)}
    one = dead.call("ListDeadLetterSourceQueues", MaxResults=2)
    two = dead.call("ListDeadLetterSourceQueues", MaxResults=2, NextToken=one["NextToken"])
    assert len(one["queueUrls"]) == 2 and set(one["queueUrls"] + two["queueUrls"]) == urls
    assert not two.get("NextToken")


@check
def a_queue_can_be_its_own_dead_letter_queue(sqs):
    queue = sqs.queue()
    queue.set(RedrivePolicy=policy(queue, 1))
    queue.send("poison")
    queue.receive_one(VisibilityTimeout=0)
    assert not queue.receive(wait_s=1)
    queue.send("fine")
    assert queue.receive_one()["Body"] == "fine"


@check
def a_queue_can_allow_nobody(sqs):
    dead, queue = sqs.queue(RedriveAllowPolicy={"redrivePermission": "denyAll"}), sqs.queue()
    queue.fails(INVALID, "SetQueueAttributes", Attributes={"RedrivePolicy": policy(dead)})


@check
def a_queue_can_allow_some(sqs):
    queue, other = sqs.queue(), sqs.queue()
    dead = sqs.queue(RedriveAllowPolicy={"redrivePermission": "byQueue", "sourceQueueArns": [queue.arn]})
    queue.set(RedrivePolicy=policy(dead))
    other.fails(INVALID, "SetQueueAttributes", Attributes={"RedrivePolicy": policy(dead)})


@each({"another permission": {"redrivePermission": "allowSome"}, "no permission": {"sourceQueueArns": ["ARN"]},
       "another member": {"redrivePermission": "allowAll", "colour": "red"}})
def a_redrive_allow_policy_must_have_the_form_of_one(sqs, written):
    queue = sqs.queue()
    queue.fails("InvalidAttributeValue", "SetQueueAttributes", "unsupported format",
                Attributes={"RedriveAllowPolicy": json.dumps(written).replace("ARN", queue.arn)})


@each({"byQueue without ARNs": {"redrivePermission": "byQueue"},
       "ARNs without byQueue": {"redrivePermission": "allowAll", "sourceQueueArns": ["ARN"]},
       "11 ARNs": {"redrivePermission": "byQueue", "sourceQueueArns": [f"ARN{n}" for n in range(11)]}})
def a_redrive_allow_policy_can_not_be(sqs, written):
    queue = sqs.queue()
    queue.fails(INVALID, "SetQueueAttributes",
                Attributes={"RedriveAllowPolicy": json.dumps(written).replace("ARN", queue.arn)})
