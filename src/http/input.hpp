#pragma once

#include <boost/asio/buffer.hpp>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <memory>
#include <string_view>

namespace lastcall::http {

/// Bytes that were received and not yet parsed, in one piece. It grows only when what is in it must stay
/// together or when reads fill it, up to a limit: a usual message costs one receive, a large one few.
class input {
 public:
  explicit input(std::size_t most) : most_(std::max(most, first_size)) {}

  std::string_view data() const noexcept { return {bytes_.get() + begin_, end_ - begin_}; }
  bool is_empty() const noexcept { return begin_ == end_; }
  /// Whether no more can be received before some of it is consumed.
  bool is_full() const noexcept { return end_ - begin_ >= most_; }

  /// Where to receive to. The input must not be full.
  boost::asio::mutable_buffer room() {
    assert(!is_full());
    if (is_empty()) begin_ = end_ = 0;
    if (size_ == 0 || (was_filled_ && size_ < most_)) {
      resize(size_ == 0 ? first_size : std::min(size_ * 2, most_));
    } else if (begin_ != 0 && size_ - end_ < size_ / 4) {
      std::memmove(bytes_.get(), bytes_.get() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (end_ == size_) resize(std::min(size_ * 2, most_));
    return {bytes_.get() + end_, size_ - end_};
  }
  /// `n` bytes were received into `room`.
  void received(std::size_t n) noexcept {
    assert(n <= size_ - end_);
    end_ += n;
    was_filled_ = end_ == size_;
  }
  void consume(std::size_t n) noexcept {
    assert(n <= end_ - begin_);
    begin_ += n;
  }
  /// Gives back what a large message has made it grow, once it is empty. Not while something is being received.
  void shrink() noexcept {
    if (!is_empty() || size_ <= first_size) return;
    bytes_.reset();
    size_ = begin_ = end_ = 0;
    was_filled_ = false;
  }

 private:
  static constexpr std::size_t first_size = 32UL * 1024;  // ten messages of 1 KiB come in one receive

  void resize(std::size_t size) {
    std::unique_ptr<char[]> bytes(new char[size]);  // not value-initialized: it is written before it is read
    if (!is_empty()) std::memcpy(bytes.get(), bytes_.get() + begin_, end_ - begin_);
    bytes_ = std::move(bytes);
    end_ -= begin_;
    begin_ = 0;
    size_ = size;
    was_filled_ = false;
  }

  std::size_t most_;
  std::unique_ptr<char[]> bytes_;
  std::size_t size_{0};
  std::size_t begin_{0};
  std::size_t end_{0};
  bool was_filled_{false};
};

}  // namespace lastcall::http
