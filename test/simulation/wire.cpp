#include "simulation/wire.hpp"

namespace lastcall::simulation {

fault_counts& fault_counts::operator+=(const fault_counts& other) {
  exchanges += other.exchanges;
  requests_lost += other.requests_lost;
  requests_reset += other.requests_reset;
  answers_lost += other.answers_lost;
  answers_reset += other.answers_reset;
  refused += other.refused;
  in_outage += other.in_outage;
  slow += other.slow;
  ghosts += other.ghosts;
  connections += other.connections;
  unconnected += other.unconnected;
  dribbles += other.dribbles;
  mistimed += other.mistimed;
  return *this;
}

wire::fate wire::draw(bool is_receive) {
  if (is_calm_) return fate::fine;
  const auto hit = [&](double rate, std::uint64_t& count) {
    if (!dice_.happens(rate)) return false;
    ++count;
    return true;
  };
  if (hit(faults_.request_lost, counts_.requests_lost)) return fate::request_lost;
  if (hit(faults_.request_reset, counts_.requests_reset)) return fate::request_reset;
  if (hit(faults_.answer_lost, counts_.answers_lost)) return fate::answer_lost;
  if (hit(faults_.answer_reset, counts_.answers_reset)) return fate::answer_reset;
  if (hit(faults_.throttled, counts_.refused)) return fate::throttled;
  if (hit(faults_.failing, counts_.refused)) return fate::failing;
  if (hit(faults_.expired, counts_.refused)) return fate::expired;
  if (is_receive && hit(faults_.over_limit, counts_.refused)) return fate::over_limit;
  return fate::fine;
}

std::chrono::nanoseconds wire::latency() {
  if (!is_calm_ && dice_.happens(faults_.slow)) {
    ++counts_.slow;
    return dice_.between(faults_.latency_least, faults_.slow_most);
  }
  return dice_.between(faults_.latency_least, faults_.latency_most);
}

std::optional<bool> wire::outage() const {
  if (is_calm_) return std::nullopt;
  const auto at = world_.now() - scheduler::start();
  for (const fault_plan::outage& o : faults_.outages)
    if (at >= o.from && at < o.to) return o.answers;
  return std::nullopt;
}

std::optional<error> wire::refused(fate f) {
  switch (f) {
    case fate::throttled:
      return error{error_kind::service, "RequestThrottled", "too many requests"};
    case fate::failing:
      return error{error_kind::service, "InternalFailure", "the service has failed"};
    case fate::expired:
      return error{error_kind::service, "ExpiredToken", "the credentials have expired"};
    case fate::over_limit:
      return error{error_kind::service, "OverLimit", "too many messages are in flight"};
    default:
      return std::nullopt;
  }
}

}  // namespace lastcall::simulation
