#include "app/batch_sender.hpp"
#include "app/connection.hpp"
#include "app/exit_code.hpp"
#include "app/foreground.hpp"
#include "app/line_reader.hpp"
#include "app/program.hpp"
#include "app/queue_check.hpp"
#include "base/hash.hpp"
#include "jobs/owned_fd.hpp"

#include <boost/asio/this_coro.hpp>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>

namespace lastcall::app {

namespace asio = boost::asio;

namespace {

constexpr std::size_t batches_at_once = 8;
/// Of bad lines this many are shown one by one.
constexpr std::size_t most_shown = 20;

struct send_settings {
  connection_settings connection;
  queue_settings queue;
  std::string file{"-"};
  std::string group;
  std::string dedup{"queue"};
  std::chrono::seconds delay{0};
};

/// What became of the lines.
struct send_result {
  std::uint64_t sent{0};
  std::uint64_t lines{0};                                     ///< read, and not blank
  std::vector<std::pair<std::uint64_t, std::string>> bad;     ///< by line: what is wrong with it
  std::vector<std::pair<std::uint64_t, std::string>> unsent;  ///< by line: good lines that were not sent
  std::string ended_early;  ///< why not everything was read; empty: everything was
};

/// How some editors begin a file. The parser passes over it, a reader of the message may not.
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// What is wrong with a line that must be JSON; empty: nothing.
std::string why_not_json(const std::string& text) {
  if (text.starts_with(byte_order_mark)) return "begins with a byte order mark, which is not JSON";
  // The parser takes a zero byte for the end.
  if (const std::size_t zero = text.find('\0'); zero != std::string::npos)
    return "not JSON from character " + std::to_string(zero + 1) + " on";
  // Checked without keeping anything: a line may be a megabyte.
  if (nlohmann::json::accept(text)) return {};
  try {
    [[maybe_unused]] const auto parsed = nlohmann::json::parse(text);
    return {};
  } catch (const nlohmann::json::parse_error& e) {
    return "not JSON from character " + std::to_string(e.byte) + " on";
  } catch (const nlohmann::json::out_of_range&) {
    return "a number in it is too large for a reader of JSON";
  }
}

/// Reads, checks and sends. One object a run.
class sending {
 public:
  sending(foreground& loop, const send_settings& s, const aws::session& session, int in)
      : settings_(s),
        session_(session),
        connection_(loop.executor(), session),
        reader_(loop.executor(), in, sqs::most_message_bytes),
        executor_(loop.executor()) {}

  asio::awaitable<void> run() {
    co_await asio::this_coro::reset_cancellation_state(asio::enable_terminal_cancellation());
    co_await asio::this_coro::throw_if_cancelled(false);
    found_queue queue;
    co_await find_queue(connection_.sqs(), session_, settings_.connection, settings_.queue, queue);
    const bool is_fifo = queue.url.ends_with(".fifo");
    check_fifo(is_fifo, queue.attributes);
    // A FIFO queue's messages stay in the order of the lines.
    batch_sender sender(executor_, real_clock(), connection_.chance(), connection_.sqs(), queue.url,
                        is_fifo ? 1 : batches_at_once);
    co_await read_lines(sender);
    co_await sender.finish();
    result_.sent = sender.sent();
    for (const batch_sender::failed& f : sender.failures())
      (f.sender_fault ? result_.bad : result_.unsent).emplace_back(f.tag, f.why.message);
    std::ranges::sort(result_.bad);
  }
  const send_result& outcome() const noexcept { return result_; }

 private:
  void check_fifo(bool is_fifo, const sqs::attribute_map& attributes) const {
    if (is_fifo && settings_.group.empty())
      throw refusal(exit_usage, "a FIFO queue needs --group ID for its messages");
    if (!is_fifo && settings_.dedup != "queue")
      throw refusal(exit_usage, "--dedup is for FIFO queues, whose names end in .fifo");
    const auto by_content = attributes.find("ContentBasedDeduplication");
    if (is_fifo && settings_.dedup == "queue" && by_content != attributes.end() &&
        by_content->second == "false")
      throw refusal(exit_usage,
                    "the queue '" + settings_.queue.shown() +
                        "' makes no deduplication ids (ContentBasedDeduplication is false): choose "
                        "--dedup body or --dedup unique");
  }

  asio::awaitable<void> read_lines(batch_sender& sender) {
    while (!sender.is_broken()) {
      // Whoever writes to us slowly should not wait for a batch to fill.
      if (reader_.would_wait()) co_await sender.flush();
      auto next = co_await reader_.next();
      if (!next) {
        result_.ended_early =
            next.error().kind == error_kind::cancelled ? "interrupted" : next.error().message;
        co_return;
      }
      if (!*next) co_return;
      co_await take(std::move(**next), sender);
      const auto state = co_await asio::this_coro::cancellation_state;
      if (state.cancelled() != asio::cancellation_type::none) {
        result_.ended_early = "interrupted";
        co_return;
      }
    }
    result_.ended_early = "a batch could not be sent";
  }

  asio::awaitable<void> take(line_reader::line line, batch_sender& sender) {
    if (line.number == 1 && line.text.starts_with(byte_order_mark))
      line.text.erase(0, byte_order_mark.size());
    if (line.text.find_first_not_of(" \t") == std::string::npos && !line.is_too_long) co_return;
    ++result_.lines;
    std::string wrong =
        line.is_too_long ? "longer than 1 MiB, the most that SQS takes" : why_not_json(line.text);
    if (!wrong.empty()) {
      result_.bad.emplace_back(line.number, std::move(wrong));
      co_return;
    }
    const std::uint64_t number = line.number;
    sqs::outgoing message = message_of(std::move(line.text));
    co_await sender.add(std::move(message), number);
  }

  sqs::outgoing message_of(std::string body) {
    sqs::outgoing message;
    message.delay = settings_.delay;
    message.group_id = settings_.group;
    if (settings_.dedup == "body") message.deduplication_id = sha256_hex(body);
    if (settings_.dedup == "unique") message.deduplication_id = connection_.chance().uuid();
    message.body = std::move(body);
    return message;
  }

  const send_settings& settings_;
  const aws::session& session_;
  connection connection_;
  line_reader reader_;
  asio::any_io_executor executor_;
  send_result result_;
};

void show_lines(output& err, const std::vector<std::pair<std::uint64_t, std::string>>& lines,
                const char* what) {
  for (std::size_t i = 0; i < std::min(lines.size(), most_shown); ++i)
    err.line("lastcall: line " + std::to_string(lines[i].first) + " " + what + ": " + lines[i].second);
  if (lines.size() > most_shown)
    err.line("lastcall: and " + std::to_string(lines.size() - most_shown) + " more lines");
}

int conclude(const send_result& r, int signal, console& c) {
  show_lines(c.err, r.bad, "is not accepted");
  show_lines(c.err, r.unsent, "may not have been sent");
  const std::string of = std::to_string(r.sent) + " of " + std::to_string(r.lines) + " messages sent";
  c.out.line(of);
  if (!r.ended_early.empty()) c.err.line("lastcall: ended before the end of the input: " + r.ended_early);
  if (signal != 0) return exit_signal_base + signal;
  if (!r.unsent.empty() || !r.ended_early.empty()) return exit_unavailable;
  return r.bad.empty() ? exit_ok : exit_bad_data;
}

int send(const send_settings& s, console& c, const environment& env) {
  s.queue.require();
  const aws::session session = resolve(s.connection, s.queue, env);
  foreground loop;  // first: a named pipe is waited for until someone writes to it
  jobs::owned_fd file;
  if (s.file != "-") {
    file = jobs::owned_fd(::open(s.file.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file) throw refusal(exit_config, "--file: " + s.file + " can't be read: " + std::strerror(errno));
    if (struct stat about{}; ::fstat(file.get(), &about) == 0 && S_ISDIR(about.st_mode))
      throw refusal(exit_config, "--file: " + s.file + " is a folder");
  }
  const int in = file ? file.get() : c.in;
  if (const int flags = ::fcntl(in, F_GETFL); flags < 0 || (flags & O_ACCMODE) == O_WRONLY)
    throw refusal(exit_config, "standard input is closed; name a file with --file");
  sending all(loop, s, session, in);
  loop.run(all.run());
  return conclude(all.outcome(), loop.signal(), c);
}

}  // namespace

command send_command() {
  const auto settings = std::make_shared<send_settings>();
  return {
      .name = "send",
      .summary = "Sends messages to a queue, one for each line of JSON.",
      .text =
          "Sends a message for each line of a file or of standard input, in batches of up to 10 and 1 MiB, "
          "several at once; of a FIFO queue one after the other, in order. A line must be JSON and is the "
          "body as it stands; blank lines are passed over. A line that is not JSON, or that the queue does "
          "not take, is named on standard error with its number and does not hold up the others: the exit "
          "code is then 65.",
      .arguments = "--queue NAME [--file JOBS.jsonl | -] [OPTIONS]",
      .groups = {queue_options(settings->queue),
                 {"The messages",
                  {text_option("file", "FILE", settings->file, "Where the lines are; - is standard input."),
                   seconds_option("delay", settings->delay, std::chrono::seconds(0), std::chrono::minutes(15),
                                  "How long the messages stay invisible at first."),
                   text_option(
                       "group", "ID", settings->group,
                       "Message group of all messages. FIFO queues need one; standard queues share fairly "
                       "between groups."),
                   choice_option(
                       "dedup", {"queue", "body", "unique"}, settings->dedup,
                       "FIFO only, the deduplication id: left to the queue's content-based deduplication, "
                       "the SHA-256 of the body, or a new one for each line.")}},
                 connection_options(settings->connection)},
      .operand = "file",
      .examples = {{"lastcall send --queue emails --file jobs.jsonl", "a file"},
                   {"jq -c '.orders[]' export.json | lastcall send --queue jobs -", "a pipe"}},
      .log_level = "warning",
      .run = [settings](console& c, const environment& env) { return send(*settings, c, env); }};
}

}  // namespace lastcall::app
