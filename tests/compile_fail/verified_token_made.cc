// Only the verifier makes a VerifiedToken.
#include "assay/token.h"

#ifdef ASSAY_CONTROL
std::string_view subject_of(const assay::VerifiedToken& token) { return token.subject(); }
#else
assay::VerifiedToken token;
#endif
