// CLI11's application type by name: its header takes seconds to compile.
#pragma once

namespace CLI {  // NOLINT(readability-identifier-naming): the library's own name
class App;
}
