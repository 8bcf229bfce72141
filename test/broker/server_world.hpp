#pragma once

#include "broker/server.hpp"
#include "http/client.hpp"
#include "support/manual_clock.hpp"
#include "support/memory_network.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace lastcall::broker {

/// The whole server in virtual time and on a network in memory, with an HTTP client in front of it.
struct server_world {
  using make_store = std::function<store*(server_world&)>;

  explicit server_world(server_options options = {}, const make_store& data = nullptr)
      : served(context.get_executor(), clock, chance, network.listen(), with_data(options, data)),
        client(context.get_executor(), clock, network, nullptr),
        origin{false, "memory", 50'000} {
    boost::asio::co_spawn(context, served.run(), [this](std::exception_ptr) { ended = true; });
    clock.run_ready();
  }
  ~server_world() {
    client.close();
    served.stop();
    clock.run_ready();
    CHECK(ended);
  }

  http::response ask(const http::request& request) { return clock.run(send(request)); }
  http::response json(const std::string& operation, const nlohmann::json& body,
                      const std::string& path = "/") {
    return ask(json_request(operation, body, path));
  }
  /// The JSON answer of an operation that succeeds.
  nlohmann::json call(const std::string& operation, const nlohmann::json& body) {
    const http::response answer = json(operation, body);
    CAPTURE(answer.body);
    REQUIRE(answer.status == 200);
    return nlohmann::json::parse(answer.body);
  }
  http::response form(const std::string& form, const std::string& path = "/") {
    http::request request;
    request.method = "POST";
    request.target = path;
    request.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    request.body = form;
    return ask(request);
  }
  http::response get(const std::string& target) {
    http::request request;
    request.target = target;
    return ask(request);
  }
  static http::request json_request(const std::string& operation, const nlohmann::json& body,
                                    const std::string& path = "/") {
    http::request request;
    request.method = "POST";
    request.target = path;
    request.headers.add("X-Amz-Target", "AmazonSQS." + operation);
    request.headers.add("Content-Type", "application/x-amz-json-1.0");
    request.body = body.dump();
    return request;
  }
  std::string create(const std::string& name, const nlohmann::json& attributes = nlohmann::json::object()) {
    return call("CreateQueue", {{"QueueName", name}, {"Attributes", attributes}})["QueueUrl"];
  }
  std::string count(const std::string& url, const std::string& attribute) {
    return call("GetQueueAttributes",
                {{"QueueUrl", url}, {"AttributeNames", {attribute}}})["Attributes"][attribute];
  }

  /// A request whose answer is looked at later.
  struct pending {
    std::optional<http::response> answer;
  };
  std::shared_ptr<pending> begin(const http::request& request) {
    auto later = std::make_shared<pending>();
    boost::asio::co_spawn(context, answer_into(later, request), boost::asio::detached);
    clock.run_ready();
    return later;
  }

  boost::asio::io_context context;
  testing::manual_clock clock{context};
  testing::memory_network network{context.get_executor(), clock};
  seeded_random chance{1};
  server served;
  http::client client;
  http::origin origin;
  bool ended{false};

 private:
  server_options with_data(server_options options, const make_store& data) {
    if (data) options.data = data(*this);
    return options;
  }
  boost::asio::awaitable<http::response> send(http::request request) {
    const steady_time deadline = clock.now() + std::chrono::seconds(60);
    result<http::response> answer = co_await client.send(origin, request, deadline);
    co_return std::move(answer).value();
  }
  boost::asio::awaitable<void> answer_into(std::shared_ptr<pending> later, http::request request) {
    later->answer = co_await send(std::move(request));
  }
};

}  // namespace lastcall::broker
