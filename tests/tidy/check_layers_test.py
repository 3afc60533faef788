"""check_layers.py sees every kind of planted fault, and nothing in a tree that has none."""
import unittest

import planted_tree
import check_layers


class LayersTest(planted_tree.PlantedTreeTest):
    def check(self, root):
        return check_layers.LayerCheck(root).run()

    def setUp(self):
        super().setUp()
        for path in ("engine/include/assay/error.h", "engine/base/clock.h", "engine/kernel/base64url.h",
                     "engine/jose/json.h", "engine/keys/key.h", "engine/state/token_id.h", "engine/issuer/discovery.h",
                     "engine/verify/pipeline.h", "engine/server/server.h", "engine/outbound/http_fetcher.h",
                     "tools/signing/key.h"):
            self.plant(path, "#pragma once\n#include <cstdint>\n")


class Layers(LayersTest):
    def test_allowed_includes_are_silent(self):
        self.plant("engine/verify/pipeline.cc", '#include "verify/pipeline.h"\n#include <vector>\n'
                   '#include <sys/eventfd.h>\n#include "absl/hash/hash.h"\n#include "assay/error.h"\n'
                   '#include "jose/json.h"\n#include "keys/key.h"\n#include "state/token_id.h"\n')
        self.plant("engine/include/assay/expected.h", '#include <tl/expected.hpp>\n#include "assay/error.h"\n')
        self.plant("engine/jose/json.cc", '#include <simdjson.h>\n')
        self.plant("tests/server/server_test.cc", '#include <gtest/gtest.h>\n#include <llhttp.h>\n'
                   '#include "server/server.h"\n#include "verify/pipeline.h"\n#include "signing/key.h"\n'
                   '#include "tools/signing/key.h"\n#include "server_fixture.h"\n')
        self.plant("tests/server/server_fixture.h", "#pragma once\n")
        self.assert_clean()

    def test_commented_out_include_is_no_include(self):
        self.plant("engine/base/clock.cc", '// #include "verify/pipeline.h"\n/*\n#include "keys/key.h"\n*/\n')
        self.assert_clean()

    def test_upward_include(self):
        self.plant("engine/jose/claims.cc", '#include "jose/json.h"\n#include "verify/pipeline.h"\n')
        self.assert_found("engine/jose/claims.cc:2", "[layer]", "jose must not see verify")

    def test_siblings_of_level_4(self):
        self.plant("engine/keys/key.cc", '#include "state/token_id.h"\n')
        self.assert_found("[layer]", "keys must not see state")

    def test_siblings_of_level_6(self):
        self.plant("engine/server/server.cc", '#include "outbound/http_fetcher.h"\n')
        self.assert_found("[layer]", "server must not see outbound")

    def test_server_reaches_the_engine_only_through_the_facade(self):
        self.plant("engine/server/server.cc", '#include "jose/json.h"\n')
        self.assert_found("[layer]", "server must not see jose")

    def test_public_header_sees_nothing_inside(self):
        self.plant("engine/include/assay/token.h", '#include "base/clock.h"\n')
        self.assert_found("[layer]", "public must not see base")

    def test_public_header_with_third_party(self):
        self.plant("engine/include/assay/token.h", "#include <absl/container/flat_hash_map.h>\n")
        self.assert_found("[door]", "Abseil")

    def test_expected_library_outside_its_alias(self):
        self.plant("engine/jose/json.cc", "#include <tl/expected.hpp>\n")
        self.assert_found("[door]", "tl::expected")

    def test_abseil_in_kernel(self):
        self.plant("engine/kernel/dispatch.cc", "#include <absl/base/macros.h>\n")
        self.assert_found("[door]", "Abseil")

    def test_third_party_outside_its_door(self):
        for path, header, library in (
                ("engine/jose/claims.cc", "simdjson.h", "simdjson"), ("engine/jose/jwk.cc", "openssl/evp.h", "OpenSSL"),
                ("engine/server/poller.cc", "liburing.h", "liburing"),
                ("engine/server/http1.cc", "llhttp.h", "llhttp"),
                ("engine/server/http1.cc", "nghttp2/nghttp2.h", "nghttp2"),
                ("tools/x.cc", "curl/curl.h", "libcurl"),
                ("engine/store/redis_log.cc", "sqlite3.h", "SQLite"), ("tools/x.cc", "toml++/toml.h", "toml++"),
                ("engine/config/config.cc", "CLI/CLI.hpp", "CLI11"),
                ("engine/verify/a.cc", "spdlog/spdlog.h", "spdlog"),
                ("engine/server/server.cc", "prometheus/counter.h", "prometheus"),
                ("engine/base/cpu.cc", "gtest/gtest.h", "GoogleTest"), ("engine/jose/json.cc", "immintrin.h", "CPU")):
            with self.subTest(path=path, header=header):
                self.plant(path, f"#include <{header}>\n")
                self.assert_found(path + ":1", "[door]", library)
                self.plant(path, "")

    def test_library_without_a_door(self):
        self.plant("engine/base/clock.cc", "#include <boost/asio.hpp>\n")
        self.assert_found("[door]", "has no door")

    def test_operating_system_in_a_pure_layer(self):
        self.plant("engine/keys/refresh.cc", "#include <sys/socket.h>\n")
        self.assert_found("[pure]", "sys/socket.h")

    def test_include_relative_to_the_own_folder(self):
        self.plant("engine/jose/claims.cc", '#include "json.h"\n')
        self.assert_found("[spelling]", "json.h")

    def test_engine_including_a_program(self):
        self.plant("engine/jose/claims.cc", '#include "tools/signing/key.h"\n')
        self.assert_found("[spelling]")

    def test_unknown_folder_of_the_engine(self):
        self.plant("engine/cache/cache.cc", '#include "base/clock.h"\n')
        self.assert_found("[layer]", "is no layer")


class KernelSources(LayersTest):
    ISA = "engine/kernel/base64url_avx2.cc"

    def test_isa_source_with_plain_declarations(self):
        self.plant(self.ISA, '#include <immintrin.h>\n#include <cstddef>\n#include "kernel/base64url.h"\n')
        self.assert_clean()

    def test_isa_source_with_a_container(self):
        self.plant(self.ISA, "#include <vector>\n")
        self.assert_found("[isa]", "vector")

    def test_isa_source_with_a_lower_layer(self):
        self.plant(self.ISA, '#include "base/clock.h"\n')
        self.assert_found("[isa]", "base/clock.h")

    def test_isa_source_reaching_an_inline_function(self):
        self.plant("engine/kernel/radix52.h", "inline int limb_count(int bits) { return bits / 52; }\n")
        self.plant(self.ISA, '#include "kernel/radix52.h"\n')
        self.assert_found("[isa]", "limb_count")

    def test_isa_source_reaching_a_container_through_a_kernel_header(self):
        self.plant("engine/kernel/radix52.h", "#include <array>\n")
        self.plant(self.ISA, '#include "kernel/radix52.h"\n')
        self.assert_found("engine/kernel/radix52.h:1", "[isa]")

    def test_inl_header_with_internal_linkage(self):
        self.plant("engine/kernel/radix52.inl.h", "template <int N>\nstatic int a(int x) { return x + N; }\n"
                   "namespace {\nint b() { return 1; }\n}\n")
        self.plant(self.ISA, '#include "kernel/radix52.inl.h"\n')
        self.assert_clean()

    def test_inl_header_with_external_linkage(self):
        self.plant("engine/kernel/radix52.inl.h", "template <int N>\nint a(int x) { return x + N; }\n")
        self.plant(self.ISA, '#include "kernel/radix52.inl.h"\n')
        self.assert_found("[isa]", "external linkage")


if __name__ == "__main__":
    unittest.main()
