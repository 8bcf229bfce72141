#include "broker/move_tasks.hpp"

#include "base/encoding.hpp"
#include "broker/json_document.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace lastcall::broker {
namespace {

constexpr std::int64_t rate_limit = 500;
constexpr std::size_t kept_tasks = 10;

api_error no_resource(std::string_view parameter) {
  return faults::resource_not_found("The resource that you specified for the " + std::string(parameter) +
                                    " parameter doesn't exist.");
}

/// Another form than that of an ARN is told apart from one that leads nowhere.
std::optional<api_error> check_form(const std::string& arn, std::string_view parameter) {
  constexpr std::ptrdiff_t colons = 5;
  if (arn.starts_with("arn:") && std::count(arn.begin(), arn.end(), ':') == colons) return std::nullopt;
  return faults::invalid_parameter(fmt::format(
      "You must use this format to specify the {}: arn:<partition>:<service>:<region>:<account-id>:<resource-id>",
      parameter));
}

}  // namespace

answer<start_message_move_task_result> move_tasks::perform(const call& caller,
                                                           const start_message_move_task_request& r) {
  if (r.source_arn.empty()) return faults::missing_parameter("SourceArn");
  if (auto wrong = check_form(r.source_arn, "SourceArn")) return *wrong;
  queue* source = queues_.find_arn(r.source_arn);
  if (source == nullptr) return no_resource("SourceArn");
  const auto allowed = check(*source, r);
  if (allowed.has_error()) return allowed.error();
  source->advance(caller.now.steady);
  std::deque<task>& tasks = tasks_[source->id()];
  tasks.push_front({random_.uuid(),
                    source->id(),
                    r.source_arn,
                    r.destination_arn,
                    r.max_per_second,
                    caller.now,
                    static_cast<std::int64_t>(source->available()),
                    0,
                    status::running,
                    {}});
  if (tasks.size() > kept_tasks) tasks.pop_back();
  unsaved_.insert(source->id());
  return start_message_move_task_result{handle_of(tasks.front())};
}

answer<empty_result> move_tasks::check(const queue& source, const start_message_move_task_request& r) {
  if (!r.destination_arn.empty())
    if (auto wrong = check_destination(source, r.destination_arn)) return *wrong;
  if (dead_letters_.sources_of(source).empty())
    return faults::invalid_parameter("Source queue must be configured as a Dead Letter Queue.");
  if (r.max_per_second && (*r.max_per_second < 1 || *r.max_per_second > rate_limit))
    return faults::invalid_value(std::to_string(*r.max_per_second), "MaxNumberOfMessagesPerSecond",
                                 "Must be between 1 and 500, if provided.");
  const auto tasks = tasks_.find(source.id());
  if (tasks != tasks_.end() && !tasks->second.empty() && tasks->second.front().state == status::running)
    return faults::invalid_parameter(
        "There is already a task running. Only one active task is allowed for a source queue arn at a given "
        "time.");
  return empty_result{};
}

std::optional<api_error> move_tasks::check_destination(const queue& source, const std::string& arn) {
  if (auto wrong = check_form(arn, "DestinationArn")) return wrong;
  const queue* destination = queues_.find_arn(arn);
  if (destination == nullptr) return no_resource("DestinationArn");
  if (destination == &source)
    return faults::invalid_parameter("Source queue arn and destination queue arn cannot be the same.");
  if (destination->is_fifo() != source.is_fifo())
    return faults::invalid_parameter("The destination queue must be of the same type as the source queue.");
  return std::nullopt;
}

answer<cancel_message_move_task_result> move_tasks::perform(const call&,
                                                            const cancel_message_move_task_request& r) {
  if (r.task_handle.empty()) return faults::missing_parameter("TaskHandle");
  const auto bytes = from_base64(r.task_handle);
  const auto parsed = document_of<nlohmann::json>(bytes.has_value() ? *bytes : std::string());
  const auto text = [&](const char* name) -> const std::string* {
    if (!parsed.is_object() || !parsed.contains(name) || !parsed[name].is_string()) return nullptr;
    return &parsed[name].get_ref<const std::string&>();
  };
  const std::string* id = text("taskId");
  const std::string* source_arn = text("sourceArn");
  if (id == nullptr || source_arn == nullptr)
    return faults::invalid_parameter("Value for parameter TaskHandle is invalid.");
  const queue* source = queues_.find_arn(*source_arn);
  if (source == nullptr) return no_resource("SourceArn");
  std::deque<task>& tasks = tasks_[source->id()];
  const auto found = std::find_if(tasks.begin(), tasks.end(), [&](const task& t) { return t.id == *id; });
  if (found == tasks.end()) return faults::resource_not_found("Task does not exist.");
  if (found->state != status::running)
    return faults::invalid_parameter("Only active message move tasks can be cancelled.");
  found->state = status::cancelled;
  unsaved_.insert(source->id());
  return cancel_message_move_task_result{found->moved};
}

answer<list_message_move_tasks_result> move_tasks::perform(const call&,
                                                           const list_message_move_tasks_request& r) {
  if (r.source_arn.empty()) return faults::missing_parameter("SourceArn");
  const auto most = r.max_results.value_or(1);
  if (most < 1 || most > static_cast<std::int64_t>(kept_tasks))
    return faults::invalid_value(std::to_string(most), "MaxResults",
                                 "Must be between 1 and 10, if provided.");
  if (auto wrong = check_form(r.source_arn, "SourceArn")) return *wrong;
  const queue* source = queues_.find_arn(r.source_arn);
  if (source == nullptr) return no_resource("SourceArn");
  list_message_move_tasks_result result;
  const auto tasks = tasks_.find(source->id());
  if (tasks == tasks_.end()) return result;
  for (const task& t : tasks->second) {
    if (static_cast<std::int64_t>(result.results.size()) == most) break;
    result.results.push_back(describe(t));
  }
  return result;
}

std::string move_tasks::handle_of(const task& t) {
  return to_base64(nlohmann::ordered_json{{"taskId", t.id}, {"sourceArn", t.source_arn}}.dump());
}

move_task_entry move_tasks::describe(const task& t) {
  move_task_entry entry;
  switch (t.state) {
    case status::running:
      entry.status = "RUNNING";
      break;
    case status::completed:
      entry.status = "COMPLETED";
      break;
    case status::cancelled:
      entry.status = "CANCELLED";
      break;
    case status::failed:
      entry.status = "FAILED";
      break;
  }
  if (t.state == status::running) entry.task_handle = handle_of(t);
  entry.source_arn = t.source_arn;
  entry.destination_arn = t.destination_arn;
  entry.max_per_second = t.per_second;
  entry.moved = t.moved;
  entry.to_move = t.to_move;
  entry.failure_reason = t.failure;
  entry.started_ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(t.started.wall.time_since_epoch()).count();
  return entry;
}

void move_tasks::run(moment now) {
  for (auto at = tasks_.begin(); at != tasks_.end();) {
    if (queues_.find(at->first) == nullptr) {
      unsaved_.insert(at->first);
      at = tasks_.erase(at);
      continue;
    }
    if (!at->second.empty() && at->second.front().state == status::running) {
      task& t = at->second.front();
      const std::int64_t moved_before = t.moved;
      run(t, now);
      if (t.moved != moved_before || t.state != status::running) unsaved_.insert(at->first);
    }
    ++at;
  }
}

steady_time move_tasks::next_event() const noexcept {
  steady_time when = steady_time::max();
  for (const auto& [source, tasks] : tasks_)
    if (!tasks.empty() && tasks.front().state == status::running)
      when = std::min(when, next_move(tasks.front()));
  return when;
}

/// With a rate of r the n-th message moves n / r seconds after the start.
steady_time move_tasks::next_move(const task& t) noexcept {
  if (!t.per_second) return t.started.steady;
  return t.started.steady + std::chrono::nanoseconds((t.moved + 1) * 1'000'000'000 / *t.per_second);
}

void move_tasks::run(task& t, moment now) {
  queue& source = *queues_.find(t.source);
  source.advance(now.steady);
  for (std::int64_t moved = 0; moved < unhurried_batch && next_move(t) <= now.steady; ++moved)
    if (t.moved == t.to_move || !move_one(t, source, now)) {
      if (t.state == status::running) t.state = status::completed;
      return;
    }
}

bool move_tasks::move_one(task& t, queue& source, moment now) {
  stored_message* first = source.first_available();
  if (first == nullptr) return false;
  const auto fail = [&](const char* why) {
    t.state = status::failed;
    t.failure = why;
    return false;
  };
  const std::string& arn =
      !t.destination_arn.empty() ? t.destination_arn : first->rare().dead_letter_source_arn;
  if (arn.empty()) return fail("CouldNotDetermineMessageSource");
  queue* destination = queues_.find_arn(arn);
  if (destination == nullptr) return fail("AWS.SimpleQueueService.NonExistentQueue");
  destination->advance(now.steady);
  // "All redriven messages are considered new messages with a new messageID and enqueueTime."
  std::unique_ptr<stored_message> m = source.take(*first);
  m->id = std::string_view(random_.uuid());
  m->sent_at = now.wall;
  m->enqueued = now.steady;
  m->receive_count = 0;
  m->first_received_at = {};
  m->rare().dead_letter_source_arn.clear();
  destination->put(std::move(m), now.steady, destination->settings().delay);
  queues_.touch(source);
  queues_.touch(*destination);
  ++t.moved;
  return true;
}

void move_tasks::take_changes(change_set& into) {
  for (const std::uint64_t source : std::exchange(unsaved_, {})) {
    change_set::tasks_of saved{source, {}};
    if (const auto found = tasks_.find(source); found != tasks_.end())
      for (const task& t : found->second)
        saved.tasks.push_back({t.source, static_cast<std::int64_t>(saved.tasks.size()), t.id, t.source_arn,
                               t.destination_arn, t.per_second, t.started.wall, t.to_move, t.moved,
                               static_cast<int>(t.state), t.failure});
    into.tasks.push_back(std::move(saved));
  }
}

void move_tasks::restore(saved_task&& saved, moment now) {
  task t{std::move(saved.id),
         saved.source,
         std::move(saved.source_arn),
         std::move(saved.destination_arn),
         saved.per_second,
         {steady_of(saved.started, now), saved.started},
         saved.to_move,
         saved.moved,
         static_cast<status>(saved.state),
         std::move(saved.failure)};
  if (t.per_second && next_move(t) < now.steady) t.started.steady += now.steady - next_move(t);
  tasks_[t.source].push_back(std::move(t));
}

}  // namespace lastcall::broker
