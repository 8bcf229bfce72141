// The floor: what a worker with an empty job costs at least, written against the system's own calls. An epoll
// loop that receives ten messages and deletes them in a batch, on a few connections, for ever.
//
//   bench_floor raw|full|load PORT QUEUE_PATH CONNECTIONS [COUNT]
//
// `raw` looks for the receipt handles and nothing else. `full` does what every client of SQS owes: it signs
// each request with SigV4, unescapes the body of each message, and compares its MD5. No allocation in steady
// state, no error handling: anything unexpected ends it. It is a yardstick, not an example.
//
// `load` is `raw` that sends ten messages before each receive, and says ten times a second how many it has
// deleted. With COUNT it ends when they are so many.

#include <openssl/core_names.h>
#include <openssl/evp.h>

#include <arpa/inet.h>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
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
using steady = std::chrono::steady_clock;
using bytes32 = std::array<unsigned char, 32>;

constexpr text access_key = "bench";
constexpr text secret_key = "bench";
constexpr text region = "us-east-1";

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(1);
}

void require(bool holds, const char* what) {
  if (!holds) fail(what);
}

// ── hashing
// ──────────────────────────────────────────────────────────────────────────────────────────────────────

struct digests {
  EVP_MD* sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  EVP_MD* md5 = EVP_MD_fetch(nullptr, "MD5", nullptr);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  EVP_MAC_CTX* hmac = nullptr;

  digests() {
    EVP_MAC* algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
    hmac = EVP_MAC_CTX_new(algorithm);
    EVP_MAC_free(algorithm);
    char name[] = "SHA256";
    const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                                     OSSL_PARAM_construct_end()};
    EVP_MAC_CTX_set_params(hmac, parameters);
  }
  void hash(const EVP_MD* algorithm, text of, unsigned char* out) {
    EVP_DigestInit_ex2(context, algorithm, nullptr);
    EVP_DigestUpdate(context, of.data(), of.size());
    EVP_DigestFinal_ex(context, out, nullptr);
  }
  bytes32 sign(text key, text of) {
    bytes32 out{};
    std::size_t size = 0;
    EVP_MAC_init(hmac, reinterpret_cast<const unsigned char*>(key.data()), key.size(), nullptr);
    EVP_MAC_update(hmac, reinterpret_cast<const unsigned char*>(of.data()), of.size());
    EVP_MAC_final(hmac, out.data(), &size, out.size());
    return out;
  }
};

text as_text(const bytes32& bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

void append_hex(std::string& out, const unsigned char* bytes, std::size_t size) {
  for (std::size_t i = 0; i < size; ++i) {
    out.push_back("0123456789abcdef"[bytes[i] >> 4]);
    out.push_back("0123456789abcdef"[bytes[i] & 15]);
  }
}

// ── requests
// ─────────────────────────────────────────────────────────────────────────────────────────────────────

struct settings {
  bool full{};
  bool sends{};
  std::uint16_t port{};
  std::string host;
  std::string queue_url;
};

/// Writes requests; signs them where that is asked for.
class request_writer {
 public:
  explicit request_writer(const settings& s) : settings_(s) {}

  void write(text target, text body, std::string& out) {
    out.clear();
    out.append("POST / HTTP/1.1\r\nHost: ").append(settings_.host);
    out.append("\r\nContent-Type: application/x-amz-json-1.0\r\nX-Amz-Target: AmazonSQS.").append(target);
    if (settings_.full) sign(target, body, out);
    if (settings_.sends) out.append(unchecked);  // some servers find the service and the account there
    char digits[20];
    const auto end = std::to_chars(std::begin(digits), std::end(digits), body.size()).ptr;
    out.append("\r\nContent-Length: ").append(digits, end).append("\r\n\r\n").append(body);
  }

 private:
  void sign(text target, text body, std::string& out) {
    const std::time_t now = std::time(nullptr);
    if (now != now_) {
      now_ = now;
      std::tm utc{};
      gmtime_r(&now, &utc);
      std::strftime(date_, sizeof date_, "%Y%m%dT%H%M%SZ", &utc);
    }
    const text day(date_, 8);
    if (day != day_) new_day(day);
    bytes32 hash{};
    canonical_.assign("POST\n/\n\ncontent-type:application/x-amz-json-1.0\nhost:").append(settings_.host);
    canonical_.append("\nx-amz-date:").append(date_).append("\nx-amz-target:AmazonSQS.").append(target);
    canonical_.append("\n\n").append(signed_headers).append("\n");
    digests_.hash(digests_.sha256, body, hash.data());
    append_hex(canonical_, hash.data(), hash.size());
    to_sign_.assign("AWS4-HMAC-SHA256\n").append(date_).append("\n").append(scope_).append("\n");
    digests_.hash(digests_.sha256, canonical_, hash.data());
    append_hex(to_sign_, hash.data(), hash.size());
    out.append("\r\nX-Amz-Date: ").append(date_).append("\r\nAuthorization: AWS4-HMAC-SHA256 Credential=");
    out.append(access_key).append("/").append(scope_).append(", SignedHeaders=").append(signed_headers);
    out.append(", Signature=");
    const bytes32 signature = digests_.sign(as_text(key_), to_sign_);
    append_hex(out, signature.data(), signature.size());
  }
  void new_day(text day) {
    day_ = day;
    scope_ = day_ + "/" + std::string(region) + "/sqs/aws4_request";
    const bytes32 of_day = digests_.sign("AWS4" + std::string(secret_key), day);
    const bytes32 of_region = digests_.sign(as_text(of_day), region);
    key_ = digests_.sign(as_text(digests_.sign(as_text(of_region), "sqs")), "aws4_request");
  }

  static constexpr text unchecked =
      "\r\nAuthorization: AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/sqs/aws4_request, "
      "SignedHeaders=host, Signature=0";
  static constexpr text signed_headers = "content-type;host;x-amz-date;x-amz-target";
  const settings& settings_;
  digests digests_;
  std::time_t now_{};
  char date_[17]{};
  std::string day_;
  std::string scope_;
  bytes32 key_{};
  std::string canonical_;
  std::string to_sign_;
};

// ── answers
// ──────────────────────────────────────────────────────────────────────────────────────────────────────

/// The text that begins at `from`, up to the quote that ends it.
text quoted(text json, std::size_t from) {
  std::size_t end = from;
  while (json[end] != '"')
    end += json[end] == '\\' ? 2 : 1;
  return json.substr(from, end - from);
}

/// The value of a member of the message that begins at `from`. Some servers write a space after the colon.
text member(text json, text name, std::size_t from) {
  const std::size_t at = json.find(name, from);
  require(at != text::npos, "an answer without a member");
  return quoted(json, json.find('"', at + name.size()) + 1);
}

/// The length that a header gives. Names of headers are written in any case.
std::size_t length_in(text head) {
  std::size_t at = head.find("ontent-Length: ");
  if (at == text::npos) at = head.find("ontent-length: ");
  require(at != text::npos, "an answer without a length");
  std::size_t length = 0;
  std::from_chars(head.data() + at + 15, head.data() + head.size(), length);
  return length;
}

void unescape(text in, std::string& out) {
  out.clear();
  for (std::size_t i = 0; i < in.size(); ++i) {
    const std::size_t plain = std::min(in.find('\\', i), in.size());
    out.append(in, i, plain - i);
    if (plain == in.size()) return;
    i = plain + 1;
    switch (in[i]) {
      case 'n':
        out.push_back('\n');
        break;
      case 't':
        out.push_back('\t');
        break;
      case 'r':
        out.push_back('\r');
        break;
      case 'u':
        fail("the floor's messages hold no \\u");
      default:
        out.push_back(in[i]);
    }
  }
}

/// One kept-alive connection: (send,) receive, delete, (send,) receive, …
class connection {
 public:
  connection(const settings& s, request_writer& w, int epoll)
      : settings_(s), writer_(w), epoll_(epoll), fd_(connect_to(s.port)) {
    receive_ = R"({"QueueUrl":")" + s.queue_url +
               R"(","MaxNumberOfMessages":10,"WaitTimeSeconds":1,"VisibilityTimeout":60,)"
               R"("MessageSystemAttributeNames":["All"],"MessageAttributeNames":["All"]})";
    send_ = R"({"QueueUrl":")" + s.queue_url + R"(","Entries":[)";
    for (char id = '0'; id <= '9'; ++id)
      send_.append(id == '0' ? "" : ",")
          .append(R"({"Id":")")
          .append(1, id)
          .append(R"(","MessageBody":")" + std::string(1024, 'x') + R"("})");
    send_.append("]}");
    input_.resize(256UL * 1024);
  }

  void start() {
    watch();
    begin();
  }
  void begin() {
    now_ = settings_.sends ? phase::sending : phase::receiving;
    if (settings_.sends)
      post("SendMessageBatch", send_);
    else
      post("ReceiveMessage", receive_);
  }
  /// Bytes have come: reads once, and goes on when the answer is whole. Answers how many messages were
  /// deleted.
  unsigned readable() {
    const ssize_t n = ::recv(fd_, input_.data() + filled_, input_.size() - filled_, 0);
    require(n > 0, "recv");
    filled_ += static_cast<std::size_t>(n);
    const text all(input_.data(), filled_);
    const std::size_t header_end = all.find("\r\n\r\n");
    if (header_end == text::npos) return 0;
    const text head = all.substr(0, header_end);
    require(head.starts_with("HTTP/1.1 200"), "the answer is not 200");
    const std::size_t length = length_in(head);
    if (all.size() < header_end + 4 + length) return 0;
    filled_ = 0;
    if (head.find("onnection: close") != text::npos) reconnect();
    return answered(all.substr(header_end + 4));
  }

 private:
  static int connect_to(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    const int one = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    require(::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0, "connect");
    return fd;
  }

  /// In the place of the old one, so that whoever waits for the descriptor need not know.
  void reconnect() {
    const int made = connect_to(settings_.port);
    require(::dup2(made, fd_) == fd_, "dup2");
    ::close(made);
    watch();
  }

  void watch() {
    epoll_event interest{};
    interest.events = EPOLLIN;
    interest.data.ptr = this;
    require(::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd_, &interest) == 0, "epoll_ctl");
  }

  unsigned answered(text json) {
    switch (now_) {
      case phase::sending:
        now_ = phase::receiving;
        post("ReceiveMessage", receive_);
        return 0;
      case phase::receiving:
        take(json);
        return 0;
      case phase::deleting:
        begin();
        return deleting_;
    }
    return 0;
  }

  void post(text target, text body) {
    writer_.write(target, body, wire_);
    require(::send(fd_, wire_.data(), wire_.size(), 0) == static_cast<ssize_t>(wire_.size()), "send");
  }

  void take(text json) {
    delete_.assign(R"({"QueueUrl":")").append(settings_.queue_url).append(R"(","Entries":[)");
    deleting_ = 0;
    for (std::size_t at = json.find(R"("MessageId":)"); at != text::npos;
         at = json.find(R"("MessageId":)", at + 1)) {
      if (deleting_ != 0) delete_.push_back(',');
      delete_.append(R"({"Id":")").push_back(static_cast<char>('0' + deleting_++));
      delete_.append(R"(","ReceiptHandle":")")
          .append(member(json, R"("ReceiptHandle":)", at))
          .append(R"("})");
      if (settings_.full) check(json, at);
    }
    if (deleting_ == 0) return begin();
    delete_.append("]}");
    now_ = phase::deleting;
    post("DeleteMessageBatch", delete_);
  }

  void check(text json, std::size_t at) {
    unescape(member(json, R"("Body":)", at), body_);
    unsigned char hash[16];
    digests_.hash(digests_.md5, body_, hash);
    hex_.clear();
    append_hex(hex_, hash, sizeof hash);
    require(hex_ == member(json, R"("MD5OfBody":)", at), "MD5");
  }

  const settings& settings_;
  request_writer& writer_;
  digests digests_;
  int epoll_;
  int fd_;
  enum class phase { sending, receiving, deleting } now_{phase::receiving};
  unsigned deleting_{0};
  std::vector<char> input_;
  std::size_t filled_{0};
  std::string send_;
  std::string receive_;
  std::string delete_;
  std::string wire_;
  std::string body_;
  std::string hex_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5 && argc != 6) {
    std::fputs("usage: bench_floor raw|full|load PORT QUEUE_PATH CONNECTIONS [COUNT]\n", stderr);
    return 64;
  }
  settings s;
  s.full = text(argv[1]) == "full";
  s.sends = text(argv[1]) == "load";
  s.port = static_cast<std::uint16_t>(std::atoi(argv[2]));
  s.host = "127.0.0.1:" + std::string(argv[2]);
  s.queue_url = "http://" + s.host + argv[3];
  request_writer writer(s);
  std::vector<connection> all;
  const auto count = static_cast<std::size_t>(std::atoi(argv[4]));
  all.reserve(count);
  const int epoll = ::epoll_create1(0);
  for (std::size_t i = 0; i < count; ++i)
    all.emplace_back(s, writer, epoll).start();
  const std::uint64_t most = argc == 6 ? std::strtoull(argv[5], nullptr, 10) : 0;
  std::uint64_t deleted = 0;
  auto say_at = steady::now();
  while (most == 0 || deleted < most) {
    std::array<epoll_event, 64> events{};
    const int n = ::epoll_wait(epoll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < n; ++i)
      deleted += static_cast<connection*>(events[static_cast<std::size_t>(i)].data.ptr)->readable();
    if (s.sends && steady::now() >= say_at) {
      say_at = steady::now() + std::chrono::milliseconds(100);
      std::printf("%llu\n", static_cast<unsigned long long>(deleted));
      std::fflush(stdout);
    }
  }
}
