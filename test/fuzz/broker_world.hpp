#pragma once

#include "broker/engine.hpp"
#include "runtime/random.hpp"

#include <cassert>

namespace lastcall::fuzz {

/// An engine with a queue of each type and a message in each, made anew for every input.
struct broker_world {
  broker_world() {
    caller.now = {steady_time(std::chrono::hours(1)), wall_time(std::chrono::hours(500'000))};
    caller.endpoint = "http://memory:9324";
    make("q", {});
    make("f.fifo", {{"FifoQueue", "true"}, {"ContentBasedDeduplication", "true"}});
  }

  void make(std::string name, broker::text_map attributes) {
    const bool made =
        engine.perform(caller, broker::create_queue_request{name, std::move(attributes), {}}).has_value();
    assert(made);
    broker::send_message_request send;
    send.queue_url = name;
    send.message.body = "a message";
    if (name == "f.fifo") send.message.group_id = "g";
    const bool sent = engine.perform(caller, std::move(send)).has_value();
    assert(sent);
  }

  seeded_random chance{1};
  broker::engine engine{chance};
  broker::call caller;
};

}  // namespace lastcall::fuzz
