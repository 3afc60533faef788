#include "verify/rsa_self_test.h"

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "keys/emsa_pkcs1.h"
#include "verify/rsa_batch.h"

namespace assay::verify {
namespace {

// An RS256 signature over the hash 00 01 02 .. 1f by a key with e = 65537; big-endian hex digits. Made with
// OpenSSL, and the private keys thrown away.
struct KnownSignature {
  std::string_view modulus_n;
  std::string_view signature;
};

// One for each size class of the kernel.
constexpr std::array<KnownSignature, 3> kKnownSignatures{{
    {"8798cfdd2fb06026287401d4e2e5814eaeab55f4e09c74bf43fad8125cedb40014f1c535691524f900a21d7e5111a5990fce5212c63ce9b7"
     "bf8228a4a131798a896d83063b67acab1fa3891437dbd99b163e525f08708710815d6bbcdcc9153d53021e95109f0ac76b86e8722c9526a6"
     "58008dfa084f899258fa0944d168af7fd0462f76a3ad3baedcbedc1c7db08ac87fa9ee301bea62f35e974d4c0990edb841f61a3f259f8194"
     "3e40b6c6c84f7b8444bfe32a263c5bda1c6168ba5af0baff325614ea73985dd6c2325404ca5d7b733e082d638fad48140dc8b8644b060972"
     "ee9dd4bb5c45b93fe25dbc1300f21512246c5b3163291bdb873ae8981983d0f1",
     "77045d20c9499121a871fb102547bbdc5aab2edce298cd31fbc35b26f93e59a0d3a6fa8960c9f54ce6cad5c7bb64d16700d82649e49972f5"
     "e86e83769d83f54d7a3fb7cf935815de5ea9e73b896ab5f6bb9194181510bda682cc0bceaba0e045b4808f02fa1eabf33156b893178a3c72"
     "61c571e6f6f8b2529043af967d74691045a09a3d10579a5f6a7aca9391d282290ae11ce53dd2e8bf54e84305ff0a228660939739e3de3e3a"
     "6517a951cd4b181a06ab0bae0adf8e5c9b34f47c93e4d5310e77a0ae2f1352358fa86a030bafc73f8e177d49f9683506e961c53e083bd5dd"
     "d2f5cc8ab020905c44d317f8f5e08b4dc39f84e6dc428a754e8651afb6959341"},
    {"84885681ad9ff415f92572979783702acdb3493362cdb116445eadae9585c8b667f986e9be857aab84745fbf7692a5baf5e57cf66658e193"
     "cfc6b6664d73a5b338008954388e880014c0da91a2a6a3c9d1ce722ca9ad441ee75b409b3fe962bbccc4274fd8f13754ec54e9fb15145bf1"
     "6f695515327e104d218fb233ac590252c3a366df79183ba37599d6b8904c16bcaac57b543bdd7247f96dc71d0c76ab18a524ec853b42073e"
     "abaec5cc5429d109e23219ab5e58dc24d177b0cfebb30f707d748d8691539b5d4c7b73afd3903622620177ba19421f9b2b109c3f4e8c55eb"
     "1eb738bb94b99188574db7a9c4eea364650b21ecb3f057f9d993cb0e65c531c314ceec78fc270f4e6f12ed88df8703db625adeb31b9c30cb"
     "90810398073c13d2c0e7d2cd5183e471a8d5c5d4dd94f22f95d2929989127bd32a955ca4de5805a33c08a4aa005da52cf0bd55b6a30fdaea"
     "df0a165c39dfcc798e9e6b4bfeda7bacbc8738aec1e4dc34fef318539e5ba322d911db78b72242f0501cff42606dba8b",
     "454f79643025c54678c81a2a00dfe070ee1b97a11b439193a54dece49b8cb9ab2856fba52602e309c9b4b3a8437c8f0434aae9c978530c7d"
     "3d5dc5d8dec95fe1ba7e028a8b8d1b2ff0e49725708ab5b8ddcff8068c9f5bd7a596a3a78c6f6171f7bd15279232f9f8bd0d4693a4ca5523"
     "835dd60f5b6ba5ace647ecfa05a59a2815dad499c22f82b8cb09ef942cd39c0ad97f3f6d838da0be507672020c3074ce4fdcc6b7c69a6726"
     "f9e4bb29bac615f08045f1cc0b4e67f0c410aeae2a65dc01502e93f809660b47c41dda9865078a84a91c62d269c005f32b25ab4cae980e5c"
     "be34c7231e3fb07a0992fb9655aaf2f2fd1776b3e327dccb054f32b5d7c1ba5533cf9138e5e88b8b5456c2056276d9c6b21af8501b46044e"
     "2d238d7091c97410577da5295b9b40f0214ad5583139fbf377dd8a9146d2568b9af13c0d2b8365f835046e55ff2a68ba8dc6d522cd2bc996"
     "2a1fbb3aec9396736d5c359eab709f3d36d7c9ffc3ee8bced51eb523dd61181896c819efe4385da008cc91c0ead21972"},
    {"c3e01f9b9dac1bad18d2347a917e85157de28ec7bb630e67bc7c3868951f72df3a2b36a40c16bbde0b625d4c135fed1cdce7d0205a7ccd84"
     "82eb3be9f70e8f5e92dc4f64af766e9732a35d4a7976adf3f642a3ea1825636da9e9ec0429e3a47e8ce498d16c535d8d225b4d0d1af44f8d"
     "18b874d6cc925799867d9236d4f031749e9b7644e697df659dc2d6d195182274910de762300bf2fe4097679737ed606b65d5d1485b6562f6"
     "24344f25b66f8be59e5fea4be27b58e3d0548a690c9ce1a75babd435917533b01a98ac3ced364b49551312d8ad29ea8f8e6a99f52a54992d"
     "59a93ef7055c57291de3a428c6b0a2c4d21c7734e9a563679b0280c03fcdb44d48709d17c158cc010c1f0b64ee1cbd10f6b52af3b8b4a819"
     "48f2dfea3d747c01ea9995393f789268765388501410248cb76185ad734aac9b594cc60c8092e3c4ccacc6ef6da3ccde829341daf898352f"
     "cbd411569202e9624eaa56b1282a8b9c1fe93ac5371eb03542a9f93f66bf1ba7b566ba935d014088e513aa0fa1910142ac72e53403873058"
     "807a520eb46cbd5cec1dd8721504a7f4fb89c93baa046a26b2d50f9953796aff3d09d98ebaa82f0bb8a2e8b777bed5dd5ee21da52d8b4c02"
     "ab67c5515e14c2471182541c8845336309f7bb91aba45e9ea0d7162868d9cdf8b590b0c14323ad75673e6b1112ffa2db9c4ccd0c53254afa"
     "b31d95f678618b39",
     "3f0c1e32bdb2a1120877fc7d89d303cb2878e33e0123a324a41bfd159ccc4637a74fe8c3e5180ac91b8aa2c5958e4ab08938db1c4853036c"
     "30093e2938c00a881c54be5c9086b76a23b44b55583014e7795ea636bd28ccaefc218ab54f969497d8671ddad2b3fbf6fa35c0299dbe03e1"
     "41736e179a4a283bdf110f5333ef094025b63c661b1c664a25fcaf3c2b9e0ecb58e78578c9cc25608ed63d424b89ae34381fe9ba5b1c4791"
     "5df68996feedf5d487392e1e2e900ef661ce169cf1b6208dd7d2a8517ae53e2f4eb8ac0e70f0b49217b07a056e2e3c5328b16a232f84ed84"
     "290f3dac91b8843cad2fd0fd95dd5a35bdc3ee6f36d7bebdc2265e6b5b430e63416c0e56509540bdb723755ee2eb1831767e46fd008854cc"
     "15b1bbf1a5968bd17829812ce9c070502486988e0b7f926945a8e1c2a763159e7b6d4be8381bfc850b8bb76f2a9c13456ce4797b62659d6a"
     "3d806b31ba260c1c68ba2747b9c08bc55f1b596c9ceb82b34f79424d32be4c53605e3910bded7c1260a4ba9a70c27c536bbc3f788c965d1e"
     "81c93024ef8574434aeb329b119bc0b0921ee4718abbe20f633ef13f83607053136cd94ab6a60604d2fa6e0c11503d83b3f8d938cae1bac4"
     "18dcf59a4d9b92b1f38a6b898e234fa8da66a764b1dd06868e1ede130ddc41233882983de91d20a9988211eb324ba002e03e34b08f475d89"
     "9f1f82d6246d66d0"},
}};

std::uint8_t digit(char hex) noexcept { return static_cast<std::uint8_t>(hex <= '9' ? hex - '0' : hex - 'a' + 10); }

std::string octets_of(std::string_view hex) {
  std::string octets(hex.size() / 2, '\0');
  for (std::size_t i = 0; i < octets.size(); ++i) {
    octets[i] = static_cast<char>(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
  }
  return octets;
}

// A known signature and its key.
struct KnownAnswer {
  explicit KnownAnswer(const KnownSignature& vector) : signature(octets_of(vector.signature)) {
    jose::Jwk jwk;
    jwk.type = jose::KeyType::kRsa;
    jwk.modulus_n = octets_of(vector.modulus_n);
    jwk.exponent_e = std::string(keys::kFastExponent);
    key = keys::make_key(std::move(jwk));
  }
  [[nodiscard]] RsaJob job() const {
    RsaJob job;
    job.key = &key;
    job.signature = {reinterpret_cast<const std::uint8_t*>(signature.data()), signature.size()};
    for (std::size_t i = 0; i < job.hash.size(); ++i) job.hash[i] = static_cast<std::uint8_t>(i);
    return job;
  }

  std::string signature;
  keys::Key key;
};

bool verdicts_are_right(std::span<const RsaJob> jobs, const RsaJob* bad) noexcept {
  for (const RsaJob& job : jobs) {
    if (job.valid != (&job != bad)) return false;
  }
  return true;
}

// One good batch, and one with a changed hash or signature in each lane.
bool passes(RsaBatch& batch, const KnownAnswer& answer) {
  if (!batch.takes(answer.key)) return false;
  std::vector<RsaJob> jobs(kernel::kLanes, answer.job());
  batch.verify(jobs);
  if (!verdicts_are_right(jobs, nullptr)) return false;
  for (std::size_t lane = 0; lane < kernel::kLanes; ++lane) {
    std::string changed = answer.signature;
    changed[changed.size() * (lane + 1) / (kernel::kLanes + 1)] ^= static_cast<char>(1u << lane);
    const RsaJob good = jobs[lane];
    jobs[lane].signature = {reinterpret_cast<const std::uint8_t*>(changed.data()), changed.size()};
    batch.verify(jobs);
    if (!verdicts_are_right(jobs, &jobs[lane])) return false;
    jobs[lane] = good;
    jobs[lane].hash[lane] ^= 0x80;
    batch.verify(jobs);
    if (!verdicts_are_right(jobs, &jobs[lane])) return false;
    jobs[lane] = good;
  }
  return true;
}

}  // namespace

bool passes_rsa_self_test(const kernel::RsaVariant& variant) {
  if (variant.run == nullptr) return true;  // OpenSSL calculates
  RsaBatch batch(variant);
  for (const KnownSignature& vector : kKnownSignatures) {
    if (!passes(batch, KnownAnswer(vector))) return false;
  }
  return true;
}

}  // namespace assay::verify
