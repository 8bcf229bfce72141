#include "simulation/service.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>

namespace lastcall::simulation {
namespace {

/// At the end of the body of a message that is damaged on its way.
constexpr char damage = '!';

error to_error(const broker::api_error& e) { return {error_kind::service, std::string(e.code), e.message}; }

template <class Number>
Number number_in(std::string_view text) {
  Number n{};
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

sqs::receive_answer as_typed(broker::receive_message_result from) {
  sqs::receive_answer to;
  for (broker::received_message& m : from.messages) {
    message out;
    out.id = std::move(m.message_id);
    out.receipt_handle = std::move(m.receipt_handle);
    out.body = std::move(m.body);
    for (const auto& [name, value] : m.system_attributes) {
      if (name == "MessageGroupId")
        out.group_id = value;
      else
        out.receive_count = number_in<unsigned>(value);
    }
    (out.body.ends_with(damage) ? to.corrupt : to.messages).push_back(std::move(out));
  }
  return to;
}

broker::queue* make_queue(broker::engine& engine, const broker::call& caller, const std::string& name,
                          broker::text_map attributes, std::string& url) {
  url =
      engine.perform(caller, broker::create_queue_request{name, std::move(attributes), {}}).value().queue_url;
  for (const auto& [address, queue] : engine.queues().all())
    if (address.name == name) return queue.get();
  std::abort();
}

}  // namespace

service::service(lane& world, const plan& p, oracle& o)
    : world_(world),
      plan_(p),
      oracle_(o),
      dice_(p.seed ^ 0x5e41ce),
      random_(p.seed ^ 0xe0913e),
      engine_(random_, {.duplicates = p.faults.duplicates, .reorder = p.faults.reorder}),
      polls_(engine_, {.abandoned_polls_lease = true}),
      name_(p.fifo ? "work.fifo" : "work") {
  const std::string suffix = p.fifo ? ".fifo" : "";
  broker::text_map attributes;
  if (p.fifo) attributes["FifoQueue"] = "true";
  if (p.most_receives) {
    std::string url;
    dead_letters_ = make_queue(engine_, caller(), "dead" + suffix, attributes, url);
    attributes["RedrivePolicy"] = fmt::format(R"({{"deadLetterTargetArn":"{}","maxReceiveCount":"{}"}})",
                                              dead_letters_->arn(), *p.most_receives);
  }
  queue_ = make_queue(engine_, caller(), name_, std::move(attributes), url_);
}

broker::call service::caller() const {
  broker::call c;
  c.now = {world_.now(), world_.wall_now()};
  c.endpoint = "http://s";
  return c;
}

void service::send(std::size_t index, const message_plan& m) {
  broker::send_message_request request;
  request.queue_url = name_;
  request.message.body = std::to_string(index);
  if (plan_.fifo) {
    request.message.group_id = m.group;
    request.message.deduplication_id = request.message.body;
  }
  engine_.perform(caller(), std::move(request)).value();
  oracle_.sent(index);
  settle();
}

void service::receive(const sqs::receive_request& r, const poll_ptr& poll, receive_reply reply) {
  broker::receive_message_request request;
  request.queue_url = name_;
  request.system_attribute_names = {"ApproximateReceiveCount", "MessageGroupId"};
  request.max_messages = r.max_messages;
  request.visibility_timeout_s = r.visibility.count();
  request.wait_s = r.wait.count();
  if (!r.attempt_id.empty()) request.attempt_id = r.attempt_id;
  receive(std::move(request), poll,
          [reply = std::move(reply)](broker::answer<broker::receive_message_result> answer) {
            if (answer.has_error())
              reply(to_error(answer.error()));
            else
              reply(as_typed(std::move(*answer)));
          });
}

void service::receive(broker::receive_message_request request, const poll_ptr& poll, raw_reply reply) {
  const std::uint64_t number = poll->number;
  open_poll& open = open_[number];
  open.poll = poll;
  open.reply = std::move(reply);
  open.ticket = polls_.receive(caller(), std::move(request), [this, number] { answered(number); });
  if (open.ticket->is_answered()) answered(number);
  settle();
}

void service::answered(std::uint64_t number) {
  auto node = open_.extract(number);
  open_poll& open = node.mapped();
  auto answer = open.ticket->take();
  if (answer.has_value()) {
    for (broker::received_message& m : answer->messages) {
      oracle_.granted(open.poll, *broker::decode_receipt_handle(m.receipt_handle),
                      number_in<std::size_t>(m.body));
      if (!is_calm_ && dice_.happens(plan_.faults.corrupt)) m.body += damage;
    }
  }
  open.reply(std::move(answer));
}

bool service::is_refusing(bool deletes) const {
  const std::optional<fault_plan::refusal>& r = plan_.faults.refusing;
  const auto at = world_.now() - scheduler::start();
  return !is_calm_ && r && r->of_deletes == deletes && at >= r->from && at < r->to;
}

template <class Entry, class Perform>
result<std::vector<sqs::batch_failure>> service::entry_by_entry(const std::vector<Entry>& entries,
                                                                bool deletes, Perform perform) {
  std::vector<sqs::batch_failure> failures;
  const auto failed = [&](std::size_t i, const char* code, bool sender_fault) {
    failures.push_back({i, {error_kind::service, code, code}, sender_fault});
  };
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (is_refusing(deletes)) {
      failed(i, "InternalError", false);
      continue;
    }
    if (!is_calm_ && dice_.happens(plan_.faults.partial)) {
      failed(i, dice_.happens(0.5) ? "InternalError" : "RequestThrottled", false);
      continue;
    }
    const auto answer = perform(entries[i]);
    if (answer.has_error())
      failures.push_back({i, to_error(answer.error()), true});
    else if (!is_calm_ && dice_.happens(plan_.faults.partial_done))
      failed(i, "InternalError", false);
  }
  settle();
  return failures;
}

result<std::vector<sqs::batch_failure>> service::remove(std::size_t process,
                                                        const std::vector<std::string>& handles) {
  return entry_by_entry(handles, true, [&](const std::string& handle) {
    const broker::receipt r = broker::decode_receipt_handle(handle).value();
    const bool existed = look(r.serial).exists;
    auto answer = engine_.perform(caller(), broker::delete_message_request{name_, handle});
    if (existed && !look(r.serial).exists) oracle_.deleted(process, r);
    return answer;
  });
}

result<std::vector<sqs::batch_failure>> service::change_visibility(
    std::size_t process, const std::vector<sqs::visibility_change>& changes, bool caller_has_gone) {
  return entry_by_entry(changes, false, [&](const sqs::visibility_change& change) {
    const broker::receipt r = broker::decode_receipt_handle(change.receipt_handle).value();
    const bool ours = look(r.serial).exists && look(r.serial).lease == r.lease;
    auto answer = engine_.perform(caller(), broker::change_message_visibility_request{
                                                name_, change.receipt_handle, change.visibility.count()});
    if (ours && answer.has_value()) oracle_.changed(process, r, change.visibility, caller_has_gone);
    return answer;
  });
}

result<sqs::queue_counts> service::counts() {
  queue_->advance(world_.now());
  return sqs::queue_counts{queue_->available(), queue_->in_flight(), queue_->delayed()};
}

broker::answer<broker::get_queue_attributes_result> service::attributes(
    broker::get_queue_attributes_request r) {
  return engine_.perform(caller(), std::move(r));
}

bool service::is_done() const { return queue_->size() == 0; }
std::size_t service::left() const { return queue_->size(); }

std::vector<std::size_t> service::present() const {
  std::vector<std::size_t> all;
  for (broker::queue* q : {queue_, dead_letters_}) {
    if (q == nullptr) continue;
    std::size_t left = q->size();
    for (std::uint64_t serial = 1; left != 0; ++serial) {
      const broker::stored_message* m = q->find(serial);
      if (m == nullptr) continue;
      all.push_back(number_in<std::size_t>(m->body));
      --left;
    }
  }
  return all;
}

lease_state service::look(std::uint64_t serial) const {
  const broker::stored_message* m = queue_->find(serial);
  if (m == nullptr) return {};
  const bool in_flight = m->where == broker::stored_message::state::in_flight && m->due > world_.now();
  return {true, m->lease, in_flight, m->due};
}

void service::settle() {
  polls_.settle({world_.now(), world_.wall_now()});
  const steady_time next = polls_.next_event();
  if (next >= wakes_at_) return;
  wakes_at_ = next;
  world_.at(next, [this, next] {
    if (wakes_at_ == next) wakes_at_ = steady_time::max();
    settle();
  });
}

}  // namespace lastcall::simulation
