// A stub of SQS without semantics: what a server of this protocol costs before it does anything. It answers
// receives with ten messages that are always the same, and says yes to everything else.
//
//   bench_stub PORT

#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace {

using text = std::string_view;

std::string answer_of(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.0\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string ten(const char* list, const std::string& entry) {
  std::string out = std::string("{\"") + list + "\":[";
  for (char id = '0'; id <= '9'; ++id) {
    if (id != '0') out += ',';
    out += entry;
    out[out.find('#', out.size() - entry.size())] = id;
  }
  return out + "]}";
}

/// The answers, made once.
struct answers {
  std::string received = answer_of(ten(
      "Messages", R"({"MessageId":"9f63ba60-0000-4000-8000-00000000000#","ReceiptHandle":")" +
                      std::string(100, 'r') + R"(","MD5OfBody":"00000000000000000000000000000000","Body":")" +
                      std::string(1024, 'x') +
                      R"(","Attributes":{"ApproximateReceiveCount":"1","SentTimestamp":"1700000000000"}})"));
  std::string done = answer_of(ten("Successful", R"({"Id":"#"})"));
  std::string queue = answer_of(R"({"QueueUrl":"http://127.0.0.1/000000000000/stub","Attributes":{}})");
};

class connection {
 public:
  connection(int fd, const answers& a) : fd_(fd), answers_(a), input_(64UL * 1024) {}
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;
  ~connection() { ::close(fd_); }

  /// False: the client has gone.
  bool readable() {
    const ssize_t n = ::recv(fd_, input_.data() + filled_, input_.size() - filled_, 0);
    if (n <= 0) return false;
    filled_ += static_cast<std::size_t>(n);
    const text all(input_.data(), filled_);
    const std::size_t head = all.find("\r\n\r\n");
    const std::size_t at = all.find("Content-Length: ");
    if (head == text::npos || at == text::npos) return true;
    std::size_t length = 0;
    std::from_chars(all.data() + at + 16, all.data() + head, length);
    if (filled_ < head + 4 + length) return true;
    filled_ = 0;
    const std::string& answer = answer_to(all.substr(0, head));
    return ::send(fd_, answer.data(), answer.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(answer.size());
  }

 private:
  const std::string& answer_to(text head) const {
    if (head.find("ReceiveMessage") != text::npos) return answers_.received;
    return head.find("Batch") != text::npos ? answers_.done : answers_.queue;
  }

  int fd_;
  const answers& answers_;
  std::vector<char> input_;
  std::size_t filled_{0};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: bench_stub PORT\n", stderr);
    return 64;
  }
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  const int one = 1;
  ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  sockaddr_in here{};
  here.sin_family = AF_INET;
  here.sin_port = htons(static_cast<std::uint16_t>(std::atoi(argv[1])));
  here.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&here), sizeof here) != 0) {
    std::perror("bind");
    return 1;
  }
  ::listen(listener, 64);
  const int epoll = ::epoll_create1(0);
  epoll_event interest{};
  interest.events = EPOLLIN;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &interest);
  const answers all;
  for (;;) {
    std::array<epoll_event, 64> events{};
    const int n = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < n; ++i) {
      auto* known = static_cast<connection*>(events[static_cast<std::size_t>(i)].data.ptr);
      if (known == nullptr) {
        const int fd = ::accept(listener, nullptr, nullptr);
        ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        interest.data.ptr = new connection(fd, all);  // deleted below, when the client goes
        ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &interest);
      } else if (!known->readable()) {
        delete known;
      }
    }
  }
}
