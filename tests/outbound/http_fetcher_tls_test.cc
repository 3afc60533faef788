// Trust: which certificates the fetcher believes.
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sys/socket.h>
#include <unistd.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "outbound/http_fetcher.h"
#include "tests/outbound/scripted_server.h"

namespace assay::outbound {
namespace {

using test::fetch_and_wait;

template <auto kFree>
struct Freer {
  template <typename T>
  void operator()(T* pointer) const {
    kFree(pointer);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freer<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Freer<X509_free>>;

// A self-signed certificate: its own authority.
struct Identity {
  Key key{EVP_EC_gen("P-256")};
  Certificate certificate{X509_new()};

  Identity(const std::string& alternative_name, long valid_until_s) {
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -7200);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), valid_until_s);
    X509_NAME* name = X509_get_subject_name(certificate.get());
    const auto* common_name = reinterpret_cast<const unsigned char*>("test issuer");
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0);
    X509_set_issuer_name(certificate.get(), name);
    X509_set_pubkey(certificate.get(), key.get());
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alternative_name.c_str());
    X509_add_ext(certificate.get(), extension, -1);
    X509_EXTENSION_free(extension);
    EXPECT_GT(X509_sign(certificate.get(), key.get(), EVP_sha256()), 0);
  }

  void write_pem(const std::filesystem::path& path) const {
    BIO* bio = BIO_new_file(path.c_str(), "w");
    EXPECT_EQ(PEM_write_bio_X509(bio, certificate.get()), 1);
    BIO_free(bio);
  }
  void write_key(const std::filesystem::path& path) const {
    BIO* bio = BIO_new_file(path.c_str(), "w");
    EXPECT_EQ(PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr), 1);
    BIO_free(bio);
  }
};

// Answers one connection after the other with "200 secure".
class TlsServer {
 public:
  // `client`: null, or whom alone it talks to.
  explicit TlsServer(const Identity& identity, const Identity* client = nullptr)
      : context_(SSL_CTX_new(TLS_server_method())) {
    if (client != nullptr) {
      EXPECT_EQ(X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), client->certificate.get()), 1);
      SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    EXPECT_EQ(SSL_CTX_use_certificate(context_.get(), identity.certificate.get()), 1);
    EXPECT_EQ(SSL_CTX_use_PrivateKey(context_.get(), identity.key.get()), 1);
    bound_ = test::listen_on_loopback();
    thread_ = std::thread([this] { serve(); });
  }
  ~TlsServer() {
    ::shutdown(bound_.fd, SHUT_RDWR);
    thread_.join();
    ::close(bound_.fd);
  }
  [[nodiscard]] std::string url() const { return "https://127.0.0.1:" + std::to_string(bound_.port) + "/"; }

 private:
  void serve() {
    for (int fd = 0; (fd = ::accept(bound_.fd, nullptr, nullptr)) >= 0; ::close(fd)) {
      const std::unique_ptr<SSL, Freer<SSL_free>> ssl(SSL_new(context_.get()));
      SSL_set_fd(ssl.get(), fd);
      char block[4096];
      if (SSL_accept(ssl.get()) != 1 || SSL_read(ssl.get(), block, sizeof block) <= 0) continue;
      const std::string answer = test::response("200 OK", "secure", "Connection: close\r\n");
      SSL_write(ssl.get(), answer.data(), static_cast<int>(answer.size()));
      SSL_shutdown(ssl.get());
    }
  }

  std::unique_ptr<SSL_CTX, Freer<SSL_CTX_free>> context_;
  test::BoundSocket bound_;
  std::thread thread_;
};

class HttpFetcherTls : public testing::Test {
 protected:
  void SetUp() override {
    ::signal(SIGPIPE, SIG_IGN);  // SSL_write has no MSG_NOSIGNAL
    std::string pattern = testing::TempDir() + "assay_tls_XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  // `request` without permission for plain HTTP.
  static FetchResult get(HttpFetcherOptions options, const std::string& url) {
    HttpFetcher fetcher(std::move(options));
    FetchRequest request = test::plain_get(url);
    request.allow_plain_http = false;
    return fetch_and_wait(fetcher, request);
  }

  std::filesystem::path directory_;
};

TEST_F(HttpFetcherTls, RefusesACertificateThatTheSystemDoesNotKnow) {
  const Identity identity("IP:127.0.0.1", 3600);
  TlsServer server(identity);
  const FetchResult result = get({}, server.url());
  EXPECT_EQ(result.outcome, FetchOutcome::kTlsFailed);
  EXPECT_THAT(result.complaint, testing::HasSubstr("certificate"));
  EXPECT_EQ(result.body, "");
}

TEST_F(HttpFetcherTls, AcceptsACertificateOfTheCaFile) {
  const Identity identity("IP:127.0.0.1", 3600);
  identity.write_pem(directory_ / "ca.pem");
  TlsServer server(identity);
  const FetchResult result = get({.ca_file = directory_ / "ca.pem"}, server.url());
  EXPECT_EQ(result.outcome, FetchOutcome::kAnswered) << result.complaint;
  EXPECT_EQ(result.body, "secure");
}

TEST_F(HttpFetcherTls, RefusesACertificateOfAnotherAuthority) {
  const Identity identity("IP:127.0.0.1", 3600);
  const Identity other("IP:127.0.0.1", 3600);
  other.write_pem(directory_ / "ca.pem");
  TlsServer server(identity);
  EXPECT_EQ(get({.ca_file = directory_ / "ca.pem"}, server.url()).outcome, FetchOutcome::kTlsFailed);
}

TEST_F(HttpFetcherTls, RefusesACertificateForAnotherHost) {
  const Identity identity("DNS:issuer.example,IP:127.0.0.2", 3600);
  identity.write_pem(directory_ / "ca.pem");
  TlsServer server(identity);
  EXPECT_EQ(get({.ca_file = directory_ / "ca.pem"}, server.url()).outcome, FetchOutcome::kTlsFailed);
}

TEST_F(HttpFetcherTls, RefusesAnExpiredCertificate) {
  const Identity identity("IP:127.0.0.1", -3600);
  identity.write_pem(directory_ / "ca.pem");
  TlsServer server(identity);
  EXPECT_EQ(get({.ca_file = directory_ / "ca.pem"}, server.url()).outcome, FetchOutcome::kTlsFailed);
}

TEST_F(HttpFetcherTls, DoesNotFallBackToTheSystemWhereTheCaFileIsUnreadable) {
  const Identity identity("IP:127.0.0.1", 3600);
  TlsServer server(identity);
  EXPECT_EQ(get({.ca_file = directory_ / "absent.pem"}, server.url()).outcome, FetchOutcome::kTlsFailed);
  std::ofstream(directory_ / "garbage.pem") << "not a certificate";
  EXPECT_EQ(get({.ca_file = directory_ / "garbage.pem"}, server.url()).outcome, FetchOutcome::kTlsFailed);
}

TEST_F(HttpFetcherTls, ShowsTheClientCertificateToAServerThatAsks) {
  const Identity identity("IP:127.0.0.1", 3600);
  const Identity client("DNS:assay.example", 3600);
  identity.write_pem(directory_ / "ca.pem");
  client.write_pem(directory_ / "client.pem");
  client.write_key(directory_ / "client.key");
  TlsServer server(identity, &client);
  HttpFetcherOptions options{.ca_file = directory_ / "ca.pem"};
  EXPECT_NE(get(options, server.url()).outcome, FetchOutcome::kAnswered);
  options.client_certificate = directory_ / "client.pem";
  options.client_key = directory_ / "client.key";
  const FetchResult result = get(options, server.url());
  EXPECT_EQ(result.outcome, FetchOutcome::kAnswered) << result.complaint;
  EXPECT_EQ(result.body, "secure");
}

TEST_F(HttpFetcherTls, AsksNothingWithoutItsClientCertificate) {
  const Identity identity("IP:127.0.0.1", 3600);
  identity.write_pem(directory_ / "ca.pem");
  identity.write_key(directory_ / "other.key");
  TlsServer server(identity);
  const FetchResult absent = get({.ca_file = directory_ / "ca.pem",
                                  .client_certificate = directory_ / "absent.pem",
                                  .client_key = directory_ / "other.key"},
                                 server.url());
  EXPECT_EQ(absent.outcome, FetchOutcome::kTlsFailed) << absent.complaint;
}

TEST_F(HttpFetcherTls, RefusesAServerThatSpeaksNoTls) {
  const test::BoundSocket bound = test::listen_on_loopback();
  std::thread plain([&] {
    const int fd = ::accept(bound.fd, nullptr, nullptr);
    static_cast<void>(::send(fd, "HTTP/1.1 200 OK\r\n\r\n", 19, MSG_NOSIGNAL));
    ::shutdown(fd, SHUT_RDWR);
    ::close(fd);
  });
  const FetchResult result = get({}, "https://127.0.0.1:" + std::to_string(bound.port) + "/");
  plain.join();
  ::close(bound.fd);
  EXPECT_EQ(result.outcome, FetchOutcome::kTlsFailed);
}

}  // namespace
}  // namespace assay::outbound
