"""AddPermission and RemovePermission: statements of the queue's policy."""

import json

from checks import check, each
from checks.sqs import INVALID

ACCOUNT = "668614515564"


def statements(queue):
    return json.loads(queue.attributes("Policy")["Policy"])["Statement"]


def add(queue, label="mine", accounts=(ACCOUNT,), actions=("ReceiveMessage",)):
    queue.call("AddPermission", Label=label, AWSAccountIds=list(accounts), Actions=list(actions))


@check
def a_permission_becomes_a_statement(sqs):
    queue = sqs.queue()
    add(queue)
    [statement] = statements(queue)
    assert statement["Sid"] == "mine" and statement["Effect"] == "Allow" and statement["Resource"] == queue.arn


@check
def a_permission_names_account_and_action(sqs):
    queue = sqs.queue()
    add(queue)
    [statement] = statements(queue)
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    assert statement["Action"] == "SQS:ReceiveMessage"


@check
def a_permission_has_several_accounts_and_actions(sqs):
    queue = sqs.queue()
    add(queue, accounts=("111111111111", "222222222222"), actions=("ReceiveMessage", "DeleteMessage"))
    [statement] = statements(queue)
    assert sorted(statement["Action"]) == ["SQS:DeleteMessage", "SQS:ReceiveMessage"]
    assert sorted(statement["Principal"]["AWS"]) == ["arn:aws:iam::111111111111:root", "arn:aws:iam::222222222222:root"]


@check
def a_second_permission_is_added(sqs):
    queue = sqs.queue()
    add(queue, "one")
    add(queue, "two")
    assert sorted(statement["Sid"] for statement in statements(queue)) == ["one", "two"]


@check
def a_permission_is_removed(sqs):
    queue = sqs.queue()
    add(queue, "one")
    add(queue, "two")
    queue.call("RemovePermission", Label="one")
    assert [statement["Sid"] for statement in statements(queue)] == ["two"]


@check
def the_last_permission_takes_the_policy_with_it(sqs):
    queue = sqs.queue()
    add(queue)
    queue.call("RemovePermission", Label="mine")
    assert "Policy" not in queue.attributes()


@check
def a_label_is_used_once(sqs):
    queue = sqs.queue()
    add(queue)
    queue.fails(INVALID, "AddPermission", "Value mine for parameter Label is invalid. Reason: Already exists.",
                Label="mine", AWSAccountIds=[ACCOUNT], Actions=["SendMessage"])


@check
def a_label_that_is_not_there_is_not_removed(sqs):
    queue = sqs.queue()
    queue.fails(INVALID, "RemovePermission", "Value mine for parameter Label is invalid. Reason: can't find label.",
                Label="mine")


@each(["CreateQueue", "DeleteQueue", "SetQueueAttributes", "AddPermission", "TagQueue"])
def an_action_is_for_the_owner_only(sqs, action):
    sqs.queue().fails(INVALID, "AddPermission", "Only the queue owner is allowed to invoke this action.", Label="mine",
                      AWSAccountIds=[ACCOUNT], Actions=[action])


@each(["Dance", "sendmessage", ""])
def an_action_must_be_known(sqs, action):
    sqs.queue().fails(INVALID, "AddPermission", Label="mine", AWSAccountIds=[ACCOUNT], Actions=[action])


@check
def a_permission_has_7_actions_at_most(sqs):
    sqs.queue().fails("OverLimit", "AddPermission", "8 Actions were found, maximum allowed is 7.", Label="mine",
                      AWSAccountIds=[ACCOUNT], Actions=["SendMessage", "ReceiveMessage", "DeleteMessage", "PurgeQueue",
                                                        "ChangeMessageVisibility", "GetQueueAttributes", "GetQueueUrl",
                                                        "ListDeadLetterSourceQueues"])
