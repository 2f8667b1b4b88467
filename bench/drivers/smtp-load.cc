// SMTP load driver: one thread, N connections, M messages in total, MAIL/RCPT/DATA pipelined, latency from
// MAIL to the final 250. `smtp-load HOST PORT CONNECTIONS MESSAGES SIZE_BYTES RECIPIENT` prints one JSON
// line. Loopback only.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

enum class State { greeting, hello, envelope, body, quit };

struct Session {
  int fd = -1;
  State state = State::greeting;
  std::string input;
  std::string output;
  std::size_t sent = 0;
  int replies_left = 1;
  Clock::time_point started;
};

[[noreturn]] void fail(const char* what, const std::string& detail) {
  std::fprintf(stderr, "smtp-load: %s: %s\n", what, detail.c_str());
  std::exit(1);
}

class Load {
 public:
  Load(const char* host, int port, int connections, long messages, std::size_t size, std::string recipient)
      : messages_(messages),
        recipient_(std::move(recipient)),
        sessions_(static_cast<std::size_t>(connections)) {
    if (std::strncmp(host, "127.", 4) != 0) fail("only loopback", host);
    address_.sin_family = AF_INET;
    address_.sin_port = htons(static_cast<uint16_t>(port));
    inet_pton(AF_INET, host, &address_.sin_addr);
    body_ = "From: <sender@sender.test>\r\nTo: <" + recipient_ +
            ">\r\nSubject: load\r\nMessage-ID: <load@sender.test>\r\n\r\n";
    while (body_.size() + 74 < size) body_ += std::string(72, 'x') + "\r\n";
    body_ += ".\r\n";
  }

  void run() {
    epoll_ = epoll_create1(EPOLL_CLOEXEC);
    const auto started = Clock::now();
    for (auto& session : sessions_) open(session);
    std::vector<epoll_event> events(256);
    while (open_ > 0) {
      const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 60'000);
      if (ready <= 0) fail("no progress for 60 s", std::to_string(done_));
      for (int i = 0; i < ready; i++)
        step(*static_cast<Session*>(events[static_cast<std::size_t>(i)].data.ptr));
    }
    report(std::chrono::duration<double>(Clock::now() - started).count());
  }

 private:
  void open(Session& session) {
    session.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connect(session.fd, reinterpret_cast<const sockaddr*>(&address_), sizeof(address_)) != 0) {
      fail("connect", std::strerror(errno));
    }
    const int one = 1;
    setsockopt(session.fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    fcntl(session.fd, F_SETFL, O_NONBLOCK);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET;
    event.data.ptr = &session;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, session.fd, &event);
    open_++;
  }

  void step(Session& session) {
    char buffer[16'384];
    for (;;) {
      const ssize_t got = read(session.fd, buffer, sizeof(buffer));
      if (got > 0) {
        session.input.append(buffer, static_cast<std::size_t>(got));
        continue;
      }
      if (got == 0 && session.state != State::quit) fail("the server closed a session", session.input);
      if (got == 0) return close_session(session);
      break;
    }
    std::size_t end;
    while ((end = session.input.find("\r\n")) != std::string::npos) {
      const std::string line = session.input.substr(0, end);
      session.input.erase(0, end + 2);
      if (line.size() > 3 && line[3] == '-') continue;
      if (line.empty() || (line[0] != '2' && line[0] != '3')) fail("unexpected reply", line);
      if (--session.replies_left == 0) advance(session);
    }
    flush(session);
  }

  void advance(Session& session) {
    switch (session.state) {
      case State::greeting:
        session.state = State::hello;
        say(session, "EHLO load.test\r\n", 1);
        return;
      case State::body:
        latencies_.push_back(
            std::chrono::duration<double, std::milli>(Clock::now() - session.started).count());
        done_++;
        [[fallthrough]];
      case State::hello:
        if (begun_ == messages_) {
          session.state = State::quit;
          say(session, "QUIT\r\n", 1);
          return;
        }
        begun_++;
        session.started = Clock::now();
        session.state = State::envelope;
        say(session, "MAIL FROM:<sender@sender.test>\r\nRCPT TO:<" + recipient_ + ">\r\nDATA\r\n", 3);
        return;
      case State::envelope:
        session.state = State::body;
        say(session, body_, 1);
        return;
      case State::quit:
        close_session(session);
        return;
    }
  }

  void say(Session& session, const std::string& text, int replies) {
    session.output += text;
    session.replies_left = replies;
  }

  void flush(Session& session) {
    while (session.sent < session.output.size()) {
      const ssize_t wrote =
          write(session.fd, session.output.data() + session.sent, session.output.size() - session.sent);
      if (wrote < 0) return;
      session.sent += static_cast<std::size_t>(wrote);
    }
    session.output.clear();
    session.sent = 0;
  }

  void close_session(Session& session) {
    if (session.fd < 0) return;
    close(session.fd);
    session.fd = -1;
    open_--;
  }

  void report(double seconds) {
    std::sort(latencies_.begin(), latencies_.end());
    const auto at = [&](double share) {
      return latencies_.empty()
                 ? 0.0
                 : latencies_[static_cast<std::size_t>(share * static_cast<double>(latencies_.size() - 1))];
    };
    std::printf("{\"messages\":%ld,\"seconds\":%.3f,\"perSecond\":%.1f,\"p50Ms\":%.2f,\"p99Ms\":%.2f}\n",
                done_, seconds, static_cast<double>(done_) / seconds, at(0.5), at(0.99));
  }

  sockaddr_in address_{};
  long messages_;
  std::string recipient_;
  std::string body_;
  std::vector<Session> sessions_;
  std::vector<double> latencies_;
  int epoll_ = -1;
  int open_ = 0;
  long begun_ = 0;
  long done_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) fail("usage", "HOST PORT CONNECTIONS MESSAGES SIZE_BYTES RECIPIENT");
  Load load(argv[1], std::atoi(argv[2]), std::atoi(argv[3]), std::atol(argv[4]),
            static_cast<std::size_t>(std::atol(argv[5])), argv[6]);
  load.run();
}
