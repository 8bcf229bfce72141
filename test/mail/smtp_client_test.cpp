#include "mail/smtp_client.hpp"

#include "runtime/one_shot.hpp"
#include "support/manual_clock.hpp"
#include "support/memory_network.hpp"
#include "support/scripted_server.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <doctest/doctest.h>

using namespace lastcall;
using namespace lastcall::mail;
using namespace lastcall::testing;
using namespace std::chrono_literals;
namespace asio = boost::asio;
using status = delivery_status;

namespace {

const envelope to_bob{"ada@example.com", {"bob@example.org"}};
const envelope to_two{"ada@example.com", {"bob@example.org", "carol@example.org"}};
const std::string message = "Subject: x\r\n\r\nbody\r\n";

const std::string hello = "250-mail\r\n250 PIPELINING\r\n";

/// The start of a connection.
scripted_server::script greeted() { return {say("220 hi\r\n"), hear("EHLO worker\r\n"), say(hello)}; }

scripted_server::script operator+(scripted_server::script a, const scripted_server::script& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// A mail to one recipient that is accepted.
scripted_server::script one_mail() {
  return {hear("DATA\r\n"), say("250 ok\r\n250 ok\r\n354 go\r\n"), hear("\r\n.\r\n"),
          say("250 2.0.0 queued\r\n")};
}

class guard final : public delivery_guard {
 public:
  asio::awaitable<result<void>> before_final_dot(std::vector<std::string> recipients) override {
    asked.push_back(std::move(recipients));
    if (thinks) co_await thinks->wait();
    if (!leave) co_return leave.error();
    co_return result<void>();
  }
  std::optional<steady_time> stop_by() const noexcept override { return stop; }

  std::vector<std::vector<std::string>> asked;
  result<void> leave;
  std::optional<steady_time> stop;
  one_shot<bool>* thinks{nullptr};  ///< until this is set
};

/// A client, a network in memory and a server that follows a script.
struct world {
  explicit world(std::vector<scripted_server::script> scripts, smtp_client_options options = {},
                 const std::string& url = "smtp://127.0.0.1:",
                 std::size_t capacity = std::numeric_limits<std::size_t>::max())
      : network(context.get_executor(), time, capacity),
        server(context.get_executor(), time, network.listen(), std::move(scripts)) {
    options.ehlo_name = "worker";
    client.emplace(context.get_executor(), time, network,
                   parse_smtp_server(url + std::to_string(server.port())).value(), options);
  }
  ~world() {
    server.stop();
    time.run(client->stop());
    time.run_ready();
  }

  delivery send(const envelope& e = to_bob) { return time.run(send_with_slot(*client, e, message, asked)); }
  static asio::awaitable<delivery> send_with_slot(smtp_client& client, envelope e, std::string_view text,
                                                  guard& g) {
    co_await asio::this_coro::throw_if_cancelled(false);
    const auto slot = co_await client.enter();
    if (!slot) co_return delivery{};
    co_return co_await client.send(*slot, std::move(e), text, g);
  }
  /// Starts sending; `result` is set at its end.
  void start(const envelope& e = to_bob) {
    asio::co_spawn(context, send_with_slot(*client, e, message, asked),
                   asio::bind_cancellation_slot(stop.slot(), [this](std::exception_ptr p, delivery d) {
                     REQUIRE_FALSE(p);
                     sent = std::move(d);
                   }));
    time.run_ready();
  }
  void tell_to_stop(std::chrono::nanoseconds reserve) {
    asked.stop = time.now() + reserve;
    stop.emit(asio::cancellation_type::terminal);
    time.run_ready();
  }

  asio::io_context context;
  manual_clock time{context};
  memory_network network;
  scripted_server server;
  std::optional<smtp_client> client;
  guard asked;
  asio::cancellation_signal stop;
  std::optional<delivery> sent;
};

/// How many mails the server was asked to take.
std::size_t attempts(const scripted_server& server) {
  std::size_t count = 0;
  for (std::size_t at = server.heard().find("MAIL"); at != std::string::npos;
       at = server.heard().find("MAIL", at + 1))
    ++count;
  return count;
}

status only(const delivery& d) {
  REQUIRE(d.size() == 1);
  return d.front().status;
}

}  // namespace

TEST_CASE("a message goes to the server, and the leave to send is asked for before the dot") {
  world w({greeted() + one_mail()});
  const delivery d = w.send();
  CHECK(only(d) == status::sent);
  CHECK(d[0].words == "250 2.0.0 queued");
  CHECK(w.asked.asked == std::vector<std::vector<std::string>>{{"bob@example.org"}});
  CHECK(w.server.heard() ==
        "EHLO worker\r\nMAIL FROM:<ada@example.com>\r\nRCPT TO:<bob@example.org>\r\nDATA\r\n" + message +
            ".\r\n");
}

TEST_CASE("a connection is used again, and says QUIT when it has been idle for long enough") {
  world w({greeted() + one_mail() + one_mail() + scripted_server::script{hold()}});
  CHECK(only(w.send()) == status::sent);
  w.time.advance(59s);
  CHECK(only(w.send()) == status::sent);
  CHECK(w.server.connections() == 1);
  CHECK_FALSE(w.server.heard().ends_with("QUIT\r\n"));
  w.time.advance(60s);
  CHECK(w.server.heard().ends_with("QUIT\r\n"));
  CHECK(w.server.ended() == 1);
}

TEST_CASE("a connection carries no more mails than allowed") {
  world w({greeted() + one_mail() + one_mail() + scripted_server::script{hold()}},
          {.max_mails_per_connection = 2});
  for (int i = 0; i < 3; ++i)
    CHECK(only(w.send()) == status::sent);
  CHECK(w.server.connections() == 2);
}

TEST_CASE("after a mail that was refused in the middle the connection is reset and used again") {
  const scripted_server::script refused{hear("DATA\r\n"),
                                        say("250 ok\r\n550 5.1.1 no\r\n554 no recipients\r\n")};
  const scripted_server::script after{hear("DATA\r\n"), say("250 reset\r\n250 ok\r\n250 ok\r\n354 go\r\n"),
                                      hear("\r\n.\r\n"), say("250 queued\r\n"), hold()};
  world w({greeted() + refused + after});
  CHECK(only(w.send()) == status::refused);
  CHECK(w.asked.asked.empty());
  CHECK(only(w.send()) == status::sent);
  CHECK(w.server.connections() == 1);
  CHECK(w.server.heard().find("DATA\r\nRSET\r\nMAIL") != std::string::npos);
}

TEST_CASE("a connection that the server has closed while it was idle is no attempt") {
  world w({greeted() + one_mail() + scripted_server::script{end()}, greeted() + one_mail()});
  CHECK(only(w.send()) == status::sent);
  w.time.run_ready();
  CHECK(only(w.send()) == status::sent);
  CHECK(w.server.connections() == 2);
}

TEST_CASE("a stale 421, or an end that is seen too late, is no attempt either") {
  scripted_server::script stale;
  SUBCASE("421 while idle") { stale = {say("421 4.4.2 idle for too long\r\n"), end()}; }
  SUBCASE("421 in reply to the next mail") {
    stale = {hear("DATA\r\n"), say("421 4.4.2 too late\r\n"), end()};
  }
  SUBCASE("closed on the next mail") { stale = {hear("DATA\r\n"), end()}; }
  SUBCASE("reset on the next mail") { stale = {hear("DATA\r\n"), reset()}; }
  SUBCASE("closed in the middle of the next mail") {
    stale = {hear("DATA\r\n"), say("250 ok\r\n250 ok\r\n"), end()};
  }
  world w({greeted() + one_mail() + stale, greeted() + one_mail()});
  CHECK(only(w.send()) == status::sent);
  w.time.run_ready();
  CHECK(only(w.send()) == status::sent);
  CHECK(w.server.connections() == 2);
  CHECK(w.asked.asked.size() == 2);
}

TEST_CASE("what a server says unasked is never taken for an answer") {
  const scripted_server::script unasked{hear("DATA\r\n"), say("250 ok\r\n250 ok\r\n354 go\r\n"),
                                        hear("\r\n.\r\n"), say("250 queued\r\n250 ok\r\n"), hold()};
  world twice({greeted() + unasked, greeted() + one_mail()});
  CHECK(only(twice.send()) == status::sent);
  CHECK(only(twice.send()) == status::sent);
  CHECK(twice.server.connections() == 2);
  CHECK(attempts(twice.server) == 2);

  world idle({greeted() + one_mail() + scripted_server::script{wait(1s), say("250 ok\r\n"), hold()},
              greeted() + one_mail()});
  CHECK(only(idle.send()) == status::sent);
  idle.time.advance(2s);
  CHECK(only(idle.send()) == status::sent);
  CHECK(idle.server.connections() == 2);
  CHECK(attempts(idle.server) == 2);

  world early(
      {greeted() + scripted_server::script{hear("DATA\r\n"),
                                           say("250 ok\r\n250 ok\r\n354 go\r\n250 queued\r\n"), hold()}});
  CHECK(only(early.send()) == status::not_sent);
  CHECK(early.asked.asked.empty());
  CHECK(early.server.heard().ends_with("DATA\r\n"));
}

TEST_CASE("a server that refuses a message, or goes, before its end is seen before the dot") {
  std::string large = "Subject: x\r\n\r\n";
  for (int i = 0; i < 5000; ++i)
    large += "a line that has some length, and there are many of it\r\n";
  const auto send_large = [&](const scripted_server::script& then) {
    world w(
        {greeted() +
         scripted_server::script{hear("DATA\r\n"), say("250 ok\r\n250 ok\r\n354 go\r\n"), hear("Subject")} +
         then},
        {}, "smtp://127.0.0.1:", 16 * 1024);
    delivery d = w.time.run(world::send_with_slot(*w.client, to_bob, large, w.asked));
    CHECK(w.asked.asked.empty());
    return d;
  };
  const delivery refused = send_large({say("552 5.3.4 Too large\r\n"), hold()});
  CHECK(only(refused) == status::refused);
  CHECK(refused[0].words == "552 5.3.4 Too large");
  CHECK(only(send_large({end()})) == status::not_sent);
}

TEST_CASE("on a new connection the same is an attempt") {
  world closed({greeted() + scripted_server::script{hear("DATA\r\n"), end()}});
  CHECK(only(closed.send()) == status::not_sent);
  CHECK(closed.server.connections() == 1);
  world busy({greeted() + scripted_server::script{hear("DATA\r\n"), say("421 4.3.2 busy\r\n"), end()}});
  CHECK(only(busy.send()) == status::later);
  CHECK(busy.server.connections() == 1);
}

TEST_CASE("every recipient has a result of their own") {
  world w({greeted() + scripted_server::script{hear("DATA\r\n"),
                                               say("250 ok\r\n550 5.1.1 no\r\n250 ok\r\n354 go\r\n"),
                                               hear("\r\n.\r\n"), say("250 queued\r\n")}});
  const delivery d = w.send(to_two);
  REQUIRE(d.size() == 2);
  CHECK(d[0].status == status::refused);
  CHECK(d[0].words == "550 5.1.1 no");
  CHECK(d[1].status == status::sent);
  CHECK(w.asked.asked == std::vector<std::vector<std::string>>{{"carol@example.org"}});
}

TEST_CASE("an end after the dot leaves a doubt, and nothing is sent twice") {
  scripted_server::script after;
  SUBCASE("closed") { after = {end()}; }
  SUBCASE("reset") { after = {reset()}; }
  SUBCASE("rubbish") { after = {say("?!\r\n"), hold()}; }
  SUBCASE("half a reply") { after = {say("250-alm"), end()}; }
  const scripted_server::script lost =
      scripted_server::script{hear("DATA\r\n"), say("250 ok\r\n250 ok\r\n354 go\r\n"), hear("\r\n.\r\n")} +
      after;
  world fresh({greeted() + lost});
  CHECK(only(fresh.send()) == status::in_doubt);
  CHECK(fresh.server.connections() == 1);
  world reused({greeted() + one_mail() + lost});
  CHECK(only(reused.send()) == status::sent);
  CHECK(only(reused.send()) == status::in_doubt);
  CHECK(reused.server.connections() == 1);
}

TEST_CASE("the answer to the final dot is awaited for ten minutes") {
  const scripted_server::script slow{hear("DATA\r\n"), say("250 ok\r\n250 ok\r\n354 go\r\n"),
                                     hear("\r\n.\r\n"), wait(10min - 1s), say("250 at last\r\n")};
  world w({greeted() + slow});
  CHECK(only(w.send()) == status::sent);
  const scripted_server::script silent{hear("DATA\r\n"), say("250 ok\r\n250 ok\r\n354 go\r\n"), hold()};
  world s({greeted() + silent});
  CHECK(only(s.send()) == status::in_doubt);
  CHECK(s.time.elapsed() == 10min);
}

TEST_CASE("the other waits are those of RFC 5321") {
  struct wait_case {
    scripted_server::script script;
    std::chrono::nanoseconds time;
  };
  const std::vector<wait_case> cases{
      {{hold()}, 5min},
      {{say("220 hi\r\n"), hold()}, 5min},
      {greeted() + scripted_server::script{hold()}, 5min},
      {greeted() + scripted_server::script{hear("DATA\r\n"), say("250 ok\r\n"), hold()}, 5min},
      {greeted() + scripted_server::script{hear("DATA\r\n"), say("250 ok\r\n250 ok\r\n"), hold()}, 2min},
  };
  for (const wait_case& c : cases) {
    world w({c.script});
    CHECK(only(w.send()) == status::not_sent);
    CHECK(w.time.elapsed() == c.time);
  }
  world deaf({{hold()}});
  deaf.network.is_deaf = true;
  CHECK(only(deaf.send()) == status::not_sent);
  CHECK(deaf.time.elapsed() == 30s);
}

TEST_CASE("withheld leave stops the mail before the dot") {
  world w(
      {greeted() + scripted_server::script{hear("DATA\r\n"), say("250 ok\r\n250 ok\r\n354 go\r\n"), hold()}});
  w.asked.leave = error{error_kind::io, "", "the ledger is full"};
  const delivery d = w.send();
  CHECK(only(d) == status::not_sent);
  CHECK(d[0].words == "the ledger is full");
  CHECK(w.server.heard().ends_with("DATA\r\n"));
  CHECK(w.server.ended() == 1);
}

TEST_CASE("a large message goes in blocks, and the dot only with the last") {
  world w({greeted() + one_mail()});
  std::string large = "Subject: x\r\n\r\n";
  for (int i = 0; i < 5000; ++i)
    large += ".a line that begins with a dot and has some length\r\n";
  w.asked.leave = error{error_kind::io, "", "no"};
  const auto d = w.time.run(world::send_with_slot(*w.client, to_bob, large, w.asked));
  CHECK(only(d) == status::not_sent);
  CHECK(w.server.heard().size() > large.size() / 2);
  CHECK(w.server.heard().find("\r\n.\r\n") == std::string::npos);
}

TEST_CASE("told to stop before the dot, the connection is closed and nothing is sent") {
  const std::vector<scripted_server::script> scripts{
      {hold()},
      greeted() + scripted_server::script{hold()},
      greeted() + scripted_server::script{hear("DATA\r\n"), say("250 ok\r\n250 ok\r\n"), hold()}};
  for (const auto& script : scripts) {
    world w({script});
    w.start();
    CHECK_FALSE(w.sent.has_value());
    w.tell_to_stop(2s);
    REQUIRE(w.sent.has_value());
    CHECK(only(*w.sent) == status::not_sent);
    CHECK((*w.sent)[0].words.find("told to stop") != std::string::npos);
    CHECK(w.time.elapsed() == 0s);
    CHECK(w.server.ended() == 1);
  }
  world deaf({{hold()}});
  deaf.network.is_deaf = true;
  deaf.start();
  deaf.tell_to_stop(2s);
  REQUIRE(deaf.sent.has_value());
  CHECK(only(*deaf.sent) == status::not_sent);
}

TEST_CASE("told to stop on a connection that is used again, no other one is tried") {
  world w({greeted() + one_mail() + scripted_server::script{hold()}});
  CHECK(only(w.send()) == status::sent);
  w.start();
  w.tell_to_stop(2s);
  REQUIRE(w.sent.has_value());
  CHECK(only(*w.sent) == status::not_sent);
  CHECK(w.server.connections() == 1);
}

TEST_CASE("told to stop while the leave is asked for, nothing is sent") {
  world w(
      {greeted() + scripted_server::script{hear("DATA\r\n"), say("250 ok\r\n250 ok\r\n354 go\r\n"), hold()}});
  one_shot<bool> thought;
  w.asked.thinks = &thought;
  w.start();
  w.tell_to_stop(2s);
  CHECK_FALSE(w.sent.has_value());
  thought.set(true);
  w.time.run_ready();
  REQUIRE(w.sent.has_value());
  CHECK(only(*w.sent) == status::not_sent);
  CHECK(w.server.heard().ends_with("DATA\r\n"));
}

TEST_CASE("told to stop after the dot, the answer is awaited as long as it can be") {
  const auto answering_after = [](std::chrono::nanoseconds time) {
    return greeted() + scripted_server::script{hear("DATA\r\n"), say("250 ok\r\n250 ok\r\n354 go\r\n"),
                                               hear("\r\n.\r\n"), wait(time), say("250 at last\r\n")};
  };
  world in_time({answering_after(1900ms)});
  in_time.start();
  in_time.tell_to_stop(2s);
  CHECK_FALSE(in_time.sent.has_value());
  in_time.time.run_until([&] { return in_time.sent.has_value(); });
  CHECK(only(*in_time.sent) == status::sent);
  CHECK(in_time.time.elapsed() == 1900ms);

  world too_late({answering_after(3s)});
  too_late.start();
  too_late.tell_to_stop(2s);
  too_late.time.run_until([&] { return too_late.sent.has_value(); });
  CHECK(only(*too_late.sent) == status::in_doubt);
  CHECK(too_late.time.elapsed() == 2s);
}

TEST_CASE("told to stop while a slot is awaited, nothing is begun") {
  world w({greeted() + scripted_server::script{hold()}}, {.max_connections = 1});
  w.start();
  std::optional<delivery> second;
  asio::cancellation_signal stop;
  guard other;
  asio::co_spawn(
      w.context, world::send_with_slot(*w.client, to_bob, message, other),
      asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr, delivery d) { second = d; }));
  w.time.run_ready();
  stop.emit(asio::cancellation_type::terminal);
  w.time.run_ready();
  REQUIRE(second.has_value());
  CHECK(second->empty());
  w.tell_to_stop(0s);
}

TEST_CASE("no more connections are open than allowed, and waiters go in their order") {
  scripted_server::script slow = greeted();
  for (int i = 0; i < 20; ++i)
    slow = slow + scripted_server::script{hear("DATA\r\n"), say("250 ok\r\n250 ok\r\n354 go\r\n"),
                                          hear("\r\n.\r\n"), wait(1s), say("250 ok\r\n")};
  world w({slow}, {.max_connections = 3});
  std::vector<int> finished;
  for (int i = 0; i < 12; ++i)
    asio::co_spawn(w.context, world::send_with_slot(*w.client, to_bob, message, w.asked),
                   [&finished, i](std::exception_ptr, delivery d) {
                     CHECK(only(d) == status::sent);
                     finished.push_back(i);
                   });
  w.time.run_until([&] { return finished.size() == 12; });
  CHECK(w.server.connections() == 3);
  CHECK(w.time.elapsed() == 4s);
  CHECK(std::is_sorted(finished.begin(), finished.end()));
}

TEST_CASE("a server that can't be reached, or does not take us, is a result too") {
  world closed({{hold()}});
  closed.server.stop();
  CHECK(only(closed.send()) == status::not_sent);
  world away({{say("554 5.7.1 go away\r\n")}});
  const delivery d = away.send();
  CHECK(only(d) == status::refused);
  CHECK(d[0].words.find("554 5.7.1 go away (in reply to the greeting)") != std::string::npos);
  world rubbish({{say("HTTP/1.1 200 OK\r\n")}});
  CHECK(only(rubbish.send()) == status::not_sent);
  world auth({greeted()}, {}, "smtp://user:secret@127.0.0.1:");
  const delivery a = auth.send();
  CHECK(only(a) == status::refused);
  CHECK(a[0].words.find("secret") == std::string::npos);
}

TEST_CASE("what comes after the answer to STARTTLS is not taken for TLS") {
  world w({{say("220 hi\r\n"), hear("EHLO worker\r\n"), say("250-mail\r\n250 STARTTLS\r\n"),
            hear("STARTTLS\r\n"), say("220 go\r\n250 injected\r\n"), hold()}});
  const delivery d = w.send();
  CHECK(only(d) == status::not_sent);
  CHECK(d[0].words.find("went on talking") != std::string::npos);
}

TEST_CASE("stopping closes idle connections with QUIT") {
  world w({greeted() + one_mail() + scripted_server::script{hold()}});
  CHECK(only(w.send()) == status::sent);
  w.time.run(w.client->stop());
  w.time.run_ready();
  CHECK(w.server.heard().ends_with("QUIT\r\n"));
  CHECK(w.server.ended() == 1);
  CHECK(w.time.elapsed() == 0s);
}
