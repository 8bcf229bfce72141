#include "broker/server_metrics.hpp"

#include "base/exposition.hpp"
#include "broker/server.hpp"

namespace lastcall::broker {
namespace {

/// One family with a sample for each queue.
template <class Value>
void by_queue(exposition& to, const registry& queues, std::string_view name, std::string_view type,
              std::string_view help, Value value) {
  to.family(name, type, help);
  for (const auto& [address, q] : queues.all())
    to.sample({{"account", address.account}, {"region", address.region}, {"queue", address.name}}, value(*q));
}

void messages(exposition& to, const registry& queues) {
  to.family("lastcall_queue_messages", "gauge", "Messages in a queue, by state.");
  for (const auto& [address, q] : queues.all()) {
    const auto sample = [&](std::string_view state, std::size_t count) {
      to.sample({{"account", address.account},
                 {"region", address.region},
                 {"queue", address.name},
                 {"state", state}},
                count);
    };
    sample("visible", q->available());
    sample("in_flight", q->in_flight());
    sample("delayed", q->delayed());
  }
}

}  // namespace

std::string metrics_text(const server& it) {
  const registry& queues = it.engine().queues();
  exposition all;
  all.family("lastcall_build_info", "gauge", "1, with the version.");
  all.sample({{"version", LASTCALL_VERSION}}, 1U);
  messages(all, queues);
  by_queue(all, queues, "lastcall_queue_sent_total", "counter", "Messages sent to a queue.",
           [](const queue& q) { return q.totals.sent; });
  by_queue(all, queues, "lastcall_queue_received_total", "counter",
           "Messages received from a queue, each as often as it was.",
           [](const queue& q) { return q.totals.received; });
  by_queue(all, queues, "lastcall_queue_deleted_total", "counter", "Messages deleted by those who had them.",
           [](const queue& q) { return q.totals.deleted; });
  const steady_time now = it.now().steady;
  by_queue(all, queues, "lastcall_queue_oldest_message_age_seconds", "gauge",
           "How long ago the oldest message of a queue came.", [&](const queue& q) {
             return static_cast<std::uint64_t>(
                 std::chrono::floor<std::chrono::seconds>(q.oldest_age(now)).count());
           });
  all.family("lastcall_requests_total", "counter", "Requests answered, by operation and code.");
  for (const auto& [asked, count] : it.requests().all())
    all.sample({{"operation", asked.first}, {"code", asked.second}}, count);
  all.family("lastcall_open_polls", "gauge", "Receives that wait for a message.");
  all.sample({}, it.open_polls());
  all.family("lastcall_connections", "gauge", "Connections of clients.");
  all.sample({}, it.connections());
  return all.take();
}

}  // namespace lastcall::broker
