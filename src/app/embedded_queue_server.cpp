#include "app/embedded_queue_server.hpp"

#include "app/option.hpp"
#include "broker/sqlite_store.hpp"
#include "runtime/tcp.hpp"

namespace lastcall::app {

result<std::unique_ptr<embedded_queue_server>> embedded_queue_server::start(background& loop,
                                                                            const std::string& address,
                                                                            broker::server_options options,
                                                                            const std::string& data_file) {
  std::unique_ptr<embedded_queue_server> made(new embedded_queue_server);
  if (!data_file.empty()) {
    auto opened = broker::sqlite_store::in_file(data_file, real_clock());
    if (!opened) {
      error e = opened.error();
      e.message = "--data: " + e.message;
      return e;
    }
    made->data_ = std::move(*opened);
    options.data = made->data_.get();
  }
  auto started = running<broker::server>::start(loop, [&]() -> result<std::unique_ptr<broker::server>> {
    auto listener = listen_tcp(loop.executor(), real_clock(), address);
    if (!listener) {
      error e = listener.error();
      e.message = "--listen: " + e.message;
      return e;
    }
    auto server = std::make_unique<broker::server>(loop.executor(), real_clock(), made->random_,
                                                   std::move(*listener), options);
    if (auto ok = server->load(); !ok) return ok.error();
    return server;
  });
  if (!started) return started.error();
  made->server_ = std::move(*started);
  return made;
}

embedded_queue_server::depth embedded_queue_server::depth_of(const std::string& queue_url) {
  broker::server& server = server_->server_on_loop();
  broker::call caller;
  caller.now = server.now();
  caller.endpoint = server.endpoint_url();
  const auto answer =
      server.engine().perform(caller, broker::get_queue_attributes_request{queue_url, {"All"}});
  if (!answer) return {};
  const auto count = [&](const char* what) -> std::uint64_t {
    const auto found = answer->attributes.find(what);
    return found == answer->attributes.end() ? 0 : parse_count(found->second, 0, UINT64_MAX).value();
  };
  return {count("ApproximateNumberOfMessages") + count("ApproximateNumberOfMessagesDelayed"),
          count("ApproximateNumberOfMessagesNotVisible")};
}

}  // namespace lastcall::app
