#include "app/queue_check.hpp"

#include "app/exit_code.hpp"
#include "broker/names.hpp"

#include <nlohmann/json.hpp>

namespace lastcall::app {

namespace asio = boost::asio;

namespace {

constexpr std::chrono::seconds patience{10};

/// A word as the shell takes it.
std::string quoted(const std::string& word) {
  constexpr const char* plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-./:@%+=,";
  if (!word.empty() && word.find_first_not_of(plain) == std::string::npos) return word;
  std::string out = "'";
  for (const char c : word)
    out += c == '\'' ? "'\\''" : std::string(1, c);
  return out + "'";
}

/// The command that creates the queue where this one was looked for. What the environment says it finds there as
/// well; what the queue's URL says it is told.
std::string create_command(const aws::session& session, const connection_settings& given,
                           const queue_settings& wanted) {
  std::string command = "lastcall queue create --queue " + quoted(wanted.shown());
  const bool is_at_its_url = wanted.url.starts_with(session.endpoint_url);
  if (is_at_its_url || !given.endpoint_url.empty())
    command += " --endpoint-url " + quoted(session.endpoint_url);
  if (!wanted.url.empty() || !given.region.empty()) command += " --region " + quoted(session.region);
  if (!given.profile.empty()) command += " --profile " + quoted(given.profile);
  return command;
}

refusal not_usable(const error& why, const aws::session& session, const connection_settings& given,
                   const queue_settings& wanted) {
  const std::string name = wanted.shown();
  if (why.code != "QueueDoesNotExist")
    return {exit_unavailable, "the queue '" + name + "' can't be used: " + why.message};
  std::string text = "the queue '" + name + "' does not exist at " + session.endpoint_url + " (region " +
                     session.region + ")";
  if (broker::check_queue_name(name, broker::is_fifo_name(name)))
    text +=
        ", nor can it: a queue's name is 1 to 80 letters, digits, '-' and '_', with .fifo at its end if it "
        "is FIFO";
  else
    text += ". This creates it:\n  " + create_command(session, given, wanted);
  return {exit_unavailable, text};
}

}  // namespace

asio::awaitable<void> find_queue(sqs::client& client, const aws::session& session,
                                 const connection_settings& given, const queue_settings& wanted,
                                 found_queue& found) {
  const steady_time deadline = real_clock().now() + patience;
  found.url = wanted.url;
  if (found.url.empty()) {
    std::string name = wanted.name;
    auto url = co_await client.queue_url(std::move(name), deadline);
    if (!url) throw not_usable(url.error(), session, given, wanted);
    found.url = std::move(*url);
  }
  std::string url = found.url;
  std::vector<std::string> all{"All"};
  auto attributes = co_await client.queue_attributes(std::move(url), std::move(all), deadline);
  if (!attributes) throw not_usable(attributes.error(), session, given, wanted);
  found.attributes = std::move(*attributes);
}

std::vector<std::string> warnings_about(const found_queue& queue) {
  const auto policy = queue.attributes.find("RedrivePolicy");
  if (policy == queue.attributes.end() || policy->second.empty())
    return {
        "the queue has no redrive policy: a message whose job always fails comes again until it is too old; "
        "give it one with 'aws sqs set-queue-attributes', new queues with 'lastcall queue create "
        "--dead-letter-queue'"};
  const auto json = nlohmann::json::parse(policy->second, nullptr, false);
  if (!json.is_object() || !json.contains("maxReceiveCount")) return {};
  const nlohmann::json& most = json["maxReceiveCount"];
  if (most == 1 || most == "1")
    return {
        "the queue's redrive policy allows one receive: a message that is released by a drain, though its "
        "job was never started, goes to the dead-letter queue; set maxReceiveCount to 3 or more"};
  return {};
}

}  // namespace lastcall::app
