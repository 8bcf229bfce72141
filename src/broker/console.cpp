#include "broker/console.hpp"

#include "base/encoding.hpp"
#include "base/json_reader.hpp"
#include "broker/json_protocol.hpp"
#include "broker/page_files.hpp"
#include "broker/request_context.hpp"
#include "broker/server.hpp"

#include <nlohmann/json.hpp>

#include <charconv>

namespace lastcall::broker {
namespace {

using json = nlohmann::ordered_json;

constexpr std::string_view prefix = "/_lastcall/";
constexpr std::size_t messages_shown = 100;
constexpr std::size_t body_bytes_shown = 16'384;
/// The page has all it needs with itself, and nothing else may run in it or frame it.
constexpr std::string_view policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; base-uri "
    "'none'; form-action 'none'; frame-ancestors 'none'";

http::response answer_with(unsigned status, std::string_view type, std::string body) {
  http::response out;
  out.status = status;
  out.headers.add("Content-Type", std::string(type));
  out.headers.add("Cache-Control", "no-store");
  out.headers.add("X-Content-Type-Options", "nosniff");
  out.headers.add("Content-Security-Policy", std::string(policy));
  out.headers.add("Cross-Origin-Resource-Policy", "same-origin");
  out.headers.add("Referrer-Policy", "no-referrer");
  out.body = std::move(body);
  return out;
}

http::response answer_with(const json& document, unsigned status = 200) {
  return answer_with(status, "application/json",
                     document.dump(-1, ' ', false, json::error_handler_t::replace));
}

http::response refuse(unsigned status, std::string_view why) {
  return answer_with({{"message", why}}, status);
}

std::string_view type_of(std::string_view name) noexcept {
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (name.ends_with(".svg")) return "image/svg+xml";
  return "text/html; charset=utf-8";
}

std::optional<http::response> file(std::string_view name) {
  if (name.empty()) name = "index.html";
  for (const page_file& f : page_files())
    if (f.name == name) return answer_with(200, type_of(name), std::string(f.content));
  return std::nullopt;
}

std::int64_t milliseconds(wall_time t) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(t.time_since_epoch()).count();
}

/// To the millisecond: JSON would show all that a double holds.
double seconds(std::chrono::nanoseconds d) {
  return static_cast<double>(std::chrono::round<std::chrono::milliseconds>(d).count()) / 1000;
}

/// A queue's URL in the style that names its region, without a host.
std::string path_of_queue(const queue_address& a) {
  return "/queue/" + a.region + "/" + a.account + "/" + a.name;
}

json describe(const queue& q, moment now) {
  json out{{"name", q.address().name},
           {"account", q.address().account},
           {"region", q.address().region},
           {"path", path_of_queue(q.address())},
           {"arn", q.arn()},
           {"fifo", q.is_fifo()},
           {"visible", q.available()},
           {"inFlight", q.in_flight()},
           {"delayed", q.delayed()},
           {"oldestSeconds", q.size() == 0 ? 0.0 : seconds(q.oldest_age(now.steady))},
           {"sent", q.totals.sent},
           {"received", q.totals.received},
           {"deleted", q.totals.deleted}};
  if (q.settings().redrive) out["deadLetterTarget"] = q.settings().redrive->dead_letter_target_arn;
  return out;
}

http::response list_queues(server& it) {
  const moment now = it.now();
  it.engine().advance(now);
  json queues = json::array();
  for (const auto& [address, q] : it.engine().queues().all()) {
    q->advance(now.steady);
    queues.push_back(describe(*q, now));
  }
  it.wake_polls();
  return answer_with({{"version", LASTCALL_VERSION}, {"nowMs", milliseconds(now.wall)}, {"queues", queues}});
}

json describe(const stored_message& m, moment now) {
  using state = stored_message::state;
  json out{{"id", std::string_view(m.id)},
           {"serial", std::to_string(m.serial)},
           {"body", m.body.substr(0, body_bytes_shown)},
           {"bytes", m.body.size()},
           {"isCut", m.body.size() > body_bytes_shown},
           {"state", m.where == state::available ? "visible"
                     : m.where == state::delayed ? "delayed"
                                                 : "in flight"},
           {"receives", m.receive_count},
           {"sentMs", milliseconds(m.sent_at)},
           {"attributes", json::object()}};
  if (m.where != state::available) out["dueSeconds"] = seconds(m.due - now.steady);
  if (!m.group_id.empty()) out["group"] = m.group_id;
  if (!m.extras) return out;
  if (!m.extras->deduplication_id.empty()) out["deduplicationId"] = m.extras->deduplication_id;
  if (!m.extras->dead_letter_source_arn.empty()) out["from"] = m.extras->dead_letter_source_arn;
  for (const auto& [name, attribute] : m.extras->attributes) {
    const bool binary = attribute.data_type.starts_with("Binary");
    out["attributes"][name] = {{"type", attribute.data_type},
                               {"value", binary ? to_base64(attribute.value) : attribute.value}};
  }
  return out;
}

/// The queue of a path of `path_of_queue`; nullptr: there is none.
queue* find(server& it, std::string_view path) {
  call caller;
  caller.now = it.now();
  const std::optional<queue_address> address = parse_queue_url(path, caller);
  if (!address) return nullptr;
  const auto& all = it.engine().queues().all();
  const auto found = all.find(*address);
  if (found == all.end()) return nullptr;
  found->second->advance(caller.now.steady);
  it.wake_polls();
  return found->second.get();
}

http::response list_messages(server& it, std::string_view query) {
  constexpr std::string_view name = "queue=";
  if (!query.starts_with(name)) return refuse(400, "name the queue: ?queue=/queue/<region>/<account>/<name>");
  const queue* q = find(it, percent_decode(query.substr(name.size())));
  if (q == nullptr) return refuse(404, "The queue does not exist any more.");
  json messages = json::array();
  for (const stored_message* m : q->oldest(messages_shown))
    messages.push_back(describe(*m, it.now()));
  return answer_with({{"queue", describe(*q, it.now())}, {"messages", messages}});
}

http::response drop(server& it, std::string_view body) {
  std::string path;
  std::string serial;
  json_reader asked(body);
  asked.object([&](std::string_view member) {
    if (member == "queue")
      asked.text_if_any(path);
    else if (member == "serial")
      asked.text_if_any(serial);
    else
      asked.skip();
  });
  if (!asked.finish()) return refuse(400, asked.problem());
  queue* q = find(it, path);
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(serial.data(), serial.data() + serial.size(), number);
  if (failed != std::errc{} || end != serial.data() + serial.size())
    return refuse(400, "name the message by its serial");
  if (q == nullptr || !it.engine().drop(q->id(), number)) return refuse(404, "The message is gone already.");
  it.wake_polls();
  return answer_with(json::object());
}

http::response perform(server& it, const http::request& request) {
  const std::string_view target = request.headers.get("X-Amz-Target");
  auto asked = json_protocol::read(json_protocol::operation(target), request.body);
  if (asked.has_error()) return json_protocol::write(asked.error(), "page");
  const call caller = call_of(request, it.now(), "http", it.endpoint_url());
  const auto result = it.engine().perform(caller, std::move(*asked));
  it.wake_polls();
  return result.has_error() ? json_protocol::write(result.error(), "page")
                            : json_protocol::write(*result, "page");
}

}  // namespace

bool wants_page(const http::request& request) noexcept {
  return request.method == "GET" && request.target == "/" &&
         request.headers.get("Accept").find("text/html") != std::string_view::npos;
}

std::optional<http::response> answer_console(server& it, const http::request& request) {
  if (wants_page(request)) {
    http::response out = answer_with(302, "text/plain", "");
    out.headers.add("Location", std::string(prefix));
    return out;
  }
  std::string_view name = path_of(request.target);
  if (!name.starts_with(prefix)) return std::nullopt;
  name.remove_prefix(prefix.size());
  if (request.method == "POST") {
    if (name == "api") return perform(it, request);
    if (name == "drop") return drop(it, request.body);
    return std::nullopt;
  }
  if (request.method != "GET" && request.method != "HEAD") return std::nullopt;
  if (name == "queues.json") return list_queues(it);
  if (name == "messages.json") return list_messages(it, query_of(request.target));
  return file(name);
}

}  // namespace lastcall::broker
