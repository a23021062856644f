// The files that a plugin begins with, as texts in the program: they end with a NUL.
#ifndef CPLUGINTEXT_H
#define CPLUGINTEXT_H

/// `martlet_plugin.h`.
const char *martlet_plugin_header_text(void);

/// The same for Rust, written by hand: `martlet.rs` of the example.
const char *martlet_plugin_rust_text(void);

#endif
