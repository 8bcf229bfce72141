#include "app/peek.hpp"

#include "base/encoding.hpp"
#include "jobs/utc_text.hpp"

#include <boost/asio/this_coro.hpp>
#include <nlohmann/json.hpp>

namespace lastcall::app {

namespace asio = boost::asio;

namespace {

/// Long enough for 1000 messages to be received and released, short enough for whom they are kept from.
constexpr std::chrono::seconds look{30};
constexpr std::chrono::seconds patience{10};

asio::awaitable<result<std::vector<message>>> receive_some(sqs::client& client, const std::string& queue_url,
                                                           std::size_t count) {
  std::vector<message> all;
  while (all.size() < count) {
    sqs::receive_request request;
    request.max_messages = static_cast<int>(std::min<std::size_t>(10, count - all.size()));
    // Not zero: a short poll asks only some of SQS's servers and may miss what is there.
    request.wait = std::chrono::seconds(1);
    request.visibility = look;
    std::string url = queue_url;
    auto answer = co_await client.receive(std::move(url), std::move(request));
    if (!answer) {
      if (all.empty()) co_return answer.error();
      break;
    }
    if (answer->messages.empty() && answer->corrupt.empty()) break;
    std::ranges::move(answer->messages, std::back_inserter(all));
    std::ranges::move(answer->corrupt, std::back_inserter(all));
  }
  co_return all;
}

asio::awaitable<result<void>> release(sqs::client& client, const std::string& queue_url,
                                      const std::vector<message>& messages) {
  for (std::size_t from = 0; from < messages.size(); from += 10) {
    std::vector<sqs::visibility_change> batch;
    for (std::size_t i = from; i < std::min(from + 10, messages.size()); ++i)
      batch.push_back({messages[i].receipt_handle, std::chrono::seconds(0)});
    std::string url = queue_url;
    const auto released = co_await client.change_visibility_batch(std::move(url), std::move(batch),
                                                                  real_clock().now() + patience);
    if (!released) co_return released.error();
    if (!released->empty()) co_return released->front().why;
  }
  co_return result<void>{};
}

}  // namespace

std::string message_json(const message& m) {
  nlohmann::ordered_json json{{"message_id", m.id},
                              {"receive_count", m.receive_count},
                              {"sent_at", jobs::utc_text(m.sent_at, jobs::utc_digits::milliseconds)}};
  if (!m.group_id.empty()) json["group_id"] = m.group_id;
  for (const auto& [name, attribute] : m.attributes) {
    const bool is_binary = attribute.data_type.starts_with("Binary");
    json["attributes"][name] = {{"type", attribute.data_type},
                                {"value", is_binary ? to_base64(attribute.value) : attribute.value}};
  }
  json["body"] = m.body;
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

asio::awaitable<result<std::vector<message>>> peek_at(sqs::client& client, std::string queue_url,
                                                      unsigned count) {
  co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
  co_await asio::this_coro::throw_if_cancelled(false);
  auto messages = co_await receive_some(client, queue_url, count);
  if (!messages) co_return messages.error();
  const auto released = co_await release(client, queue_url, *messages);
  if (!released) co_return released.error();
  co_return std::move(*messages);
}

}  // namespace lastcall::app
