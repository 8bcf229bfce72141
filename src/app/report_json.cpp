#include "app/report_json.hpp"

#include <nlohmann/json.hpp>

namespace lastcall::app {
namespace {

long long ms(std::chrono::nanoseconds t) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(t).count();
}

nlohmann::ordered_json left_behind(const std::vector<worker::holding>& messages, steady_time now) {
  auto all = nlohmann::ordered_json::array();
  for (const worker::holding& held : messages)
    all.push_back({{"message_id", held.message_id},
                   {"why", held.why},
                   {"visible_in_s", std::chrono::ceil<std::chrono::seconds>(
                                        std::max(held.visible_at - now, steady_time::duration::zero()))
                                        .count()}});
  return all;
}

}  // namespace

std::string report_json(const worker::report& r, steady_time now) {
  nlohmann::ordered_json json{
      {"event", "drain"},
      {"reason", r.reason},
      {"took_ms", ms(r.took)},
      {"exit", r.exit},
      {"jobs",
       {{"done", r.sums.jobs_done},
        {"failed", r.sums.jobs_failed},
        {"cut", r.sums.jobs_cut},
        {"retried", r.sums.jobs_retried}}},
      {"messages",
       {{"received", r.sums.received},
        {"deleted", r.sums.deleted},
        {"released", r.sums.released},
        {"late", r.sums.late},
        {"lost", r.sums.lost},
        {"corrupt", r.sums.corrupt},
        {"extended", r.sums.extended},
        {"left_behind", left_behind(r.left_behind, now)}}},
      {"polls",
       {{"answered", r.sums.polls}, {"failed", r.sums.polls_failed}, {"aborted", r.sums.polls_aborted}}},
      {"phases_ms",
       {{"closing", ms(r.closing)}, {"finishing", ms(r.finishing)}, {"cutting", ms(r.cutting)}}}};
  if (!r.risk.empty()) json["risk"] = r.risk;
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace lastcall::app
