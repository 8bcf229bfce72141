#pragma once

#include "broker/engine.hpp"
#include "runtime/random.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

namespace lastcall::broker {

inline std::string arn(const std::string& name) { return "arn:aws:sqs:us-east-1:000000000000:" + name; }
inline std::string redrive(const std::string& target, int max_receive_count) {
  return R"({"deadLetterTargetArn":")" + arn(target) + R"(","maxReceiveCount":)" +
         std::to_string(max_receive_count) + "}";
}

/// A clock that the test moves, and a caller who lives by it.
struct moved_time {
  void pass(std::chrono::nanoseconds time) {
    now.steady += time;
    now.wall += std::chrono::duration_cast<wall_time::duration>(time);
  }
  call caller() const {
    call c;
    c.now = now;
    c.endpoint = "http://here";
    return c;
  }

  moment now{steady_time(std::chrono::hours(100)), wall_time(std::chrono::seconds(1'700'000'000))};
};

/// An engine with a clock that the test moves, and the operations as a user would call them.
/// The operations expect success; `engine` and `caller` are there for what may fail.
struct engine_world : moved_time {
  explicit engine_world(engine_options options = {}) : engine(chance, options) {}

  template <class Request>
  auto ask(Request request) {
    return engine.perform(caller(), std::move(request));
  }

  std::string create(const std::string& name, const text_map& attributes = {}) {
    return ask(create_queue_request{name, attributes, {}}).value().queue_url;
  }
  std::string create_fifo(const std::string& name, text_map attributes = {}) {
    attributes.emplace("FifoQueue", "true");
    return create(name, attributes);
  }
  void set(const std::string& url, const text_map& attributes) {
    ask(set_queue_attributes_request{url, attributes}).value();
  }
  std::string attribute(const std::string& url, const std::string& name) {
    const text_map found = ask(get_queue_attributes_request{url, {name}}).value().attributes;
    return found.contains(name) ? found.at(name) : "";
  }
  /// "available/in flight/delayed"
  std::string counts(const std::string& url) {
    return attribute(url, "ApproximateNumberOfMessages") + "/" +
           attribute(url, "ApproximateNumberOfMessagesNotVisible") + "/" +
           attribute(url, "ApproximateNumberOfMessagesDelayed");
  }

  send_message_result send(const std::string& url, outgoing_message m) {
    return ask(send_message_request{url, std::move(m)}).value();
  }
  send_message_result send(const std::string& url, const std::string& body) { return send(url, text(body)); }
  send_message_result send_to_group(const std::string& url, const std::string& group,
                                    const std::string& body) {
    outgoing_message m = text(body);
    m.group_id = group;
    return send(url, std::move(m));
  }
  static outgoing_message text(const std::string& body) {
    outgoing_message m;
    m.body = body;
    return m;
  }

  answer<receive_outcome> try_receive(const receive_message_request& r) {
    return engine.receive(caller(), r);
  }
  std::vector<received_message> receive(const std::string& url, std::int64_t max = 10) {
    receive_message_request r = receive_all(url);
    r.max_messages = max;
    return try_receive(r).value().result.messages;
  }
  /// A receive that asks for everything there is to know.
  static receive_message_request receive_all(const std::string& url) {
    receive_message_request r;
    r.queue_url = url;
    r.system_attribute_names = {"All"};
    r.message_attribute_names = {"All"};
    r.max_messages = 10;
    return r;
  }
  std::vector<std::string> receive_bodies(const std::string& url, std::int64_t max = 10) {
    std::vector<std::string> bodies;
    for (const received_message& m : receive(url, max))
      bodies.push_back(m.body);
    return bodies;
  }
  answer<empty_result> remove(const std::string& url, const std::string& handle) {
    return ask(delete_message_request{url, handle});
  }
  answer<empty_result> hide(const std::string& url, const std::string& handle, std::int64_t timeout_s) {
    return ask(change_message_visibility_request{url, handle, timeout_s});
  }

  seeded_random chance{1};
  broker::engine engine;
};

inline std::string system_attribute(const received_message& m, std::string_view name) {
  for (const auto& [key, value] : m.system_attributes)
    if (key == name) return value;
  return {};
}

using texts = std::vector<std::string>;

/// The message of the error that an answer is, after a check of its code.
template <class T>
std::string error_of(const answer<T>& a, std::string_view code) {
  REQUIRE(a.has_error());
  CHECK(a.error().code == code);
  return a.error().message;
}

}  // namespace lastcall::broker
