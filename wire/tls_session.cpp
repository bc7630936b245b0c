#include "wire/tls_session.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "wire/error.h"
#include "wire/mqtt/tls_context.h"

namespace fleet::wire {

void TlsSession::Free::operator()(SSL* session) const { SSL_free(session); }

TlsSession::TlsSession(SSL_CTX* context, int socket) : session_(SSL_new(context)) {
  FLEET_CHECK(session_ != nullptr);  // out of memory, as everywhere
  SSL_set_fd(session_.get(), socket);
}

TlsSession TlsSession::of_server(SSL_CTX* context, int socket) {
  TlsSession session(context, socket);
  SSL_set_accept_state(session.session_.get());
  return session;
}

TlsSession TlsSession::of_client(SSL_CTX* context, int socket, const std::string& server_name) {
  TlsSession session(context, socket);
  SSL* const raw = session.session_.get();
  SSL_set_connect_state(raw);
  // What has_pending() tells is all that there is: nothing but the socket holds more.
  SSL_set_read_ahead(raw, 0);
  SSL_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);
  // HTTP may end an answer with the connection: one that was cut off is not whole.
  SSL_clear_options(raw, SSL_OP_IGNORE_UNEXPECTED_EOF);
  if (!server_name.empty()) SSL_set_tlsext_host_name(raw, server_name.c_str());
  session.is_client_ = true;
  return session;
}

TlsSession::Step TlsSession::step_after(int result, bool is_write) {
  switch (SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Step::wants_input;
    case SSL_ERROR_WANT_WRITE:
      return Step::wants_room;
    case SSL_ERROR_ZERO_RETURN:
      over_ = Step::ended;
      break;
    case SSL_ERROR_SSL:
      if (is_client_) cause_ = mqtt::handshake_fault(*session_).cause;
      over_ = ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST ? Step::no_handshake : Step::failed;
      break;
    default:
      if (!is_write) over_ = Step::failed;
      ERR_clear_error();
      return Step::failed;
  }
  ERR_clear_error();
  return *over_;
}

TlsSession::Step TlsSession::shake_hands() {
  if (over_) return *over_;
  ERR_clear_error();
  const int result = SSL_do_handshake(session_.get());
  return result == 1 ? Step::moved : step_after(result);
}

TlsSession::Moved TlsSession::read(std::span<char> into) {
  Moved moved;
  while (!over_ && moved.bytes < into.size()) {
    std::size_t count = 0;
    ERR_clear_error();
    const std::span<char> rest = into.subspan(moved.bytes);
    const int result = SSL_read_ex(session_.get(), rest.data(), rest.size(), &count);
    moved.bytes += count;
    if (result == 1) continue;
    const Step step = step_after(result);
    if (moved.bytes == 0) moved.step = step;
    return moved;
  }
  if (moved.bytes == 0) moved.step = over_.value_or(Step::moved);
  return moved;
}

TlsSession::Moved TlsSession::write(std::string_view bytes) {
  if (over_ && *over_ != Step::ended) return {*over_, 0};
  Moved moved;
  ERR_clear_error();
  const int result = SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &moved.bytes);
  if (result != 1) moved.step = step_after(result, true);
  return moved;
}

void TlsSession::end() {
  if (told_end_ || !established() || (over_ && *over_ != Step::ended)) return;
  told_end_ = true;
  ERR_clear_error();
  SSL_shutdown(session_.get());
  ERR_clear_error();
}

bool TlsSession::established() const { return SSL_is_init_finished(session_.get()) == 1; }

bool TlsSession::has_pending() const { return over_ || SSL_pending(session_.get()) > 0; }

}  // namespace fleet::wire
