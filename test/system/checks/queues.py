"""Queues: names, creating, finding, listing, deleting, purging, tags."""

from checks import check, each
from checks.sqs import INVALID

MISSING_QUEUE = "The specified queue does not exist"
NAME_RULE = "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length"


@each({"one letter": "q", "80 letters": "q" * 73, "digits": "0123456789", "hyphens and underscores": "-a_b-",
       "capital letters": "ABCxyz"})
def a_queue_can_be_named_with(sqs, part):
    unique = sqs.new_name()[-7:]
    name = part + unique if len(part) > 1 else part
    assert sqs.queue(name).url.endswith("/" + name)


@each({"a space": "a b", "a dot": "a.b", "a slash": "a/b", "a colon": "a:b", "an umlaut": "ä", "81 letters": "q" * 81,
       "only a suffix": ".fifo", "a suffix but no FifoQueue": "orders.fifo"})
def a_queue_can_not_be_named_with(sqs, name):
    sqs.fails(INVALID, "CreateQueue", QueueName=name)


@each({"no suffix": "orders", "another suffix": "orders.lifo", "81 letters": "q" * 76 + ".fifo",
       "a space": "a b.fifo", "nothing before the suffix": ".fifo"})
def a_fifo_queue_can_not_be_named_with(sqs, name):
    sqs.fails(INVALID, "CreateQueue", QueueName=name, Attributes={"FifoQueue": "true"})


@check
def a_name_that_is_too_long_is_told_in_the_words_of_sqs(sqs):
    sqs.fails(INVALID, "CreateQueue", NAME_RULE, QueueName="q" * 81)


@check
def a_url_has_the_account_and_the_name(sqs):
    queue = sqs.queue()
    account, name = queue.url.split("/")[-2:]
    assert len(account) == 12 and account.isdigit() and name == queue.name


@check
def creating_a_queue_again_answers_the_same_url(sqs):
    queue = sqs.queue()
    assert sqs.queue(queue.name).url == queue.url


@check
def creating_a_queue_again_with_its_attributes_answers_the_same_url(sqs):
    queue = sqs.queue(VisibilityTimeout="7", DelaySeconds="3")
    assert sqs.queue(queue.name, VisibilityTimeout="7", DelaySeconds="3").url == queue.url


@check
def creating_a_queue_again_compares_only_what_is_given(sqs):
    queue = sqs.queue(VisibilityTimeout="7", DelaySeconds="3")
    assert sqs.queue(queue.name, DelaySeconds="3").url == queue.url
    assert sqs.queue(queue.name).url == queue.url


@check
def creating_a_queue_again_compares_with_the_defaults(sqs):
    queue = sqs.queue()
    assert sqs.queue(queue.name, VisibilityTimeout="30").url == queue.url
    sqs.fails("QueueNameExists", "CreateQueue", QueueName=queue.name, Attributes={"VisibilityTimeout": "31"})


@each({"DelaySeconds": "5", "VisibilityTimeout": "5", "MessageRetentionPeriod": "500", "MaximumMessageSize": "5000",
       "ReceiveMessageWaitTimeSeconds": "5"}.items())
def creating_a_queue_again_differently_is_refused(sqs, attribute, value):
    queue = sqs.queue()
    sqs.fails("QueueNameExists", "CreateQueue",
              f"A queue already exists with the same name and a different value for attribute {attribute}",
              QueueName=queue.name, Attributes={attribute: value})


@check
def creating_a_fifo_queue_again_differently_is_refused(sqs):
    queue = sqs.fifo_queue(ContentBasedDeduplication="true")
    sqs.fails("QueueNameExists", "CreateQueue", "different value for attribute ContentBasedDeduplication",
              QueueName=queue.name, Attributes={"FifoQueue": "true", "ContentBasedDeduplication": "false"})


@check
def a_queue_is_found_by_its_name(sqs):
    queue = sqs.queue()
    assert sqs.call("GetQueueUrl", QueueName=queue.name)["QueueUrl"] == queue.url


@check
def a_queue_is_found_by_its_name_and_account(sqs):
    queue = sqs.queue()
    account = queue.url.split("/")[-2]
    assert sqs.call("GetQueueUrl", QueueName=queue.name, QueueOwnerAWSAccountId=account)["QueueUrl"] == queue.url


@check
def a_queue_that_is_not_there_is_not_found(sqs):
    sqs.fails("QueueDoesNotExist", "GetQueueUrl", MISSING_QUEUE, QueueName=sqs.new_name())


HANDLE = {"ReceiptHandle": "x"}
NEEDED = {
    "AddPermission": {"Label": "l", "AWSAccountIds": ["111111111111"], "Actions": ["SendMessage"]},
    "ChangeMessageVisibility": HANDLE | {"VisibilityTimeout": 1},
    "ChangeMessageVisibilityBatch": {"Entries": [HANDLE | {"Id": "1", "VisibilityTimeout": 1}]},
    "DeleteMessage": HANDLE,
    "DeleteMessageBatch": {"Entries": [HANDLE | {"Id": "1"}]},
    "DeleteQueue": {},
    "GetQueueAttributes": {"AttributeNames": ["All"]},
    "ListDeadLetterSourceQueues": {},
    "ListQueueTags": {},
    "PurgeQueue": {},
    "ReceiveMessage": {},
    "RemovePermission": {"Label": "l"},
    "SendMessage": {"MessageBody": "x"},
    "SendMessageBatch": {"Entries": [{"Id": "1", "MessageBody": "x"}]},
    "SetQueueAttributes": {"Attributes": {"DelaySeconds": "1"}},
    "TagQueue": {"Tags": {"a": "b"}},
    "UntagQueue": {"TagKeys": ["a"]},
}


@each(NEEDED.items())
def a_queue_that_is_not_there_is_told(sqs, operation, parameters):
    queue = sqs.queue()
    sqs.fails("QueueDoesNotExist", operation, QueueUrl=queue.url + "-not", **parameters)


@check
def a_missing_queue_is_told_in_the_words_of_sqs(sqs):
    queue = sqs.queue()
    sqs.fails("QueueDoesNotExist", "SendMessage", MISSING_QUEUE, QueueUrl=queue.url + "-not", MessageBody="x")


@check
def a_deleted_queue_is_gone(sqs):
    queue = sqs.queue()
    queue.call("DeleteQueue")
    sqs.fails("QueueDoesNotExist", "GetQueueUrl", QueueName=queue.name)
    queue.fails("QueueDoesNotExist", "SendMessage", MessageBody="x")


@check
def a_deleted_queue_can_not_be_deleted_again(sqs):
    queue = sqs.queue()
    queue.call("DeleteQueue")
    queue.fails("QueueDoesNotExist", "DeleteQueue")


@check
def queues_are_listed_by_prefix(sqs):
    queues = [sqs.queue(f"{sqs.new_name()}-{n}") for n in range(2)]
    prefix = queues[0].name[:-2]
    assert sqs.call("ListQueues", QueueNamePrefix=prefix)["QueueUrls"] == [queues[0].url]


@check
def a_list_of_no_queues_has_no_urls(sqs):
    assert not sqs.call("ListQueues", QueueNamePrefix=sqs.new_name()).get("QueueUrls")


@check
def queues_are_listed_without_a_prefix(sqs):
    queue = sqs.queue()
    assert queue.url in sqs.call("ListQueues")["QueueUrls"]


def five_queues(sqs):
    prefix = sqs.new_name()
    return prefix, {sqs.queue(f"{prefix}-{n}").url for n in range(5)}


@check
def queues_are_listed_in_pages(sqs):
    prefix, urls = five_queues(sqs)
    seen, token, pages = [], None, 0
    while token or not pages:
        page = sqs.call("ListQueues", QueueNamePrefix=prefix, MaxResults=2, **({"NextToken": token} if token else {}))
        assert len(page["QueueUrls"]) <= 2
        seen += page["QueueUrls"]
        token, pages = page.get("NextToken"), pages + 1
    assert sorted(seen) == sorted(urls) and pages >= 3


@check
def a_page_that_holds_all_has_no_next(sqs):
    prefix, urls = five_queues(sqs)
    page = sqs.call("ListQueues", QueueNamePrefix=prefix, MaxResults=10)
    assert set(page["QueueUrls"]) == urls and not page.get("NextToken")


@each([-1, 1001])
def a_page_has_1_to_1000_queues(sqs, count):
    sqs.fails(INVALID, "ListQueues", MaxResults=count)


@check
def a_purge_drops_all_messages(sqs):
    queue = sqs.queue()
    queue.send_batch(*[{"MessageBody": str(n)} for n in range(5)])
    queue.send("later", DelaySeconds=600)
    assert queue.receive_one()
    queue.call("PurgeQueue")
    assert queue.counts() == (0, 0, 0)
    assert not queue.receive()


@check
def a_purged_queue_takes_messages(sqs):
    queue = sqs.queue()
    queue.call("PurgeQueue")
    queue.send("new")
    assert queue.receive_one()["Body"] == "new"


# Tags.

@check
def a_queue_is_tagged_when_it_is_created(sqs):
    queue = sqs.queue(tags={"team": "mail", "stage": ""})
    assert queue.call("ListQueueTags")["Tags"] == {"team": "mail", "stage": ""}


@check
def a_queue_without_tags_lists_none(sqs):
    assert not sqs.queue().call("ListQueueTags").get("Tags")


@check
def tags_are_added_and_replaced(sqs):
    queue = sqs.queue(tags={"a": "1", "b": "2"})
    queue.call("TagQueue", Tags={"b": "3", "c": "4"})
    assert queue.call("ListQueueTags")["Tags"] == {"a": "1", "b": "3", "c": "4"}


@check
def tags_are_removed(sqs):
    queue = sqs.queue(tags={"a": "1", "b": "2", "c": "3"})
    queue.call("UntagQueue", TagKeys=["a", "c", "never there"])
    assert queue.call("ListQueueTags")["Tags"] == {"b": "2"}


@each({"umlauts": ("größe", "äöü"), "spaces": ("a b", "c d"), "punctuation": ("a:/=+-@_.", "b:/=+-@_."),
       "128 and 256 letters": ("k" * 128, "v" * 256), "case": ("Key", "Value")})
def a_tag_can_have(sqs, key, value):
    queue = sqs.queue()
    queue.call("TagQueue", Tags={key: value})
    assert queue.call("ListQueueTags")["Tags"] == {key: value}


@check
def a_queue_has_50_tags_at_most(sqs):
    queue = sqs.queue()
    queue.call("TagQueue", Tags={str(n): "x" for n in range(50)})
    assert len(queue.call("ListQueueTags")["Tags"]) == 50
    queue.fails(INVALID, "TagQueue", Tags={"one more": "x"})


@each({"the key": ("k" * 129, "v"), "the value": ("k", "v" * 257)})
def a_tag_can_be_too_long_in(sqs, key, value):
    sqs.queue().fails(INVALID, "TagQueue", Tags={key: value})
