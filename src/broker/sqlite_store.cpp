#include "broker/sqlite_store.hpp"

#include "broker/queue_book.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace lastcall::broker {

namespace asio = boost::asio;

struct sqlite_store::impl {
  impl(std::unique_ptr<queue_book> b, clock& c) : book(std::move(b)), time(c) {}

  std::unique_ptr<queue_book> book;
  clock& time;
  asio::thread_pool writer{1};
};

result<std::unique_ptr<sqlite_store>> sqlite_store::in_file(const std::string& path, clock& time) {
  auto book = queue_book::open(path);
  if (!book) return book.error();
  return std::unique_ptr<sqlite_store>(new sqlite_store(std::make_unique<impl>(std::move(*book), time)));
}

sqlite_store::sqlite_store(std::unique_ptr<impl> made) noexcept : impl_(std::move(made)) {}
sqlite_store::~sqlite_store() { impl_->writer.join(); }

asio::awaitable<result<void>> sqlite_store::keep(change_set changes) {
  result<void> outcome;
  auto initiate = [this, &changes, &outcome](auto handler) {
    auto waiting = std::make_shared<decltype(handler)>(std::move(handler));
    auto executor = asio::get_associated_executor(*waiting);
    auto on_writer = [this, &changes, &outcome, waiting, executor, work = asio::make_work_guard(executor)] {
      outcome = impl_->book->write(changes, impl_->time.wall_now());
      asio::post(executor, [waiting] { std::move (*waiting)(); });
    };
    asio::post(impl_->writer, std::move(on_writer));
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(initiate, asio::use_awaitable);
  co_return outcome;
}

result<void> sqlite_store::load(const std::function<void(saved_record)>& each) {
  return impl_->book->read(each);
}

}  // namespace lastcall::broker
