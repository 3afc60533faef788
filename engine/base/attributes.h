// Compiler attributes under one spelling. With check.h the only place of the project that defines macros.
#pragma once

// Marks a view-returning function whose result dies with its argument: clang warns about dangling temporaries, g++ 12
// does not know the attribute.
#if defined(__clang__)
#define ASSAY_LIFETIMEBOUND [[clang::lifetimebound]]
#else
#define ASSAY_LIFETIMEBOUND
#endif

#define ASSAY_ALWAYS_INLINE inline __attribute__((always_inline))
#define ASSAY_NOINLINE __attribute__((noinline))
