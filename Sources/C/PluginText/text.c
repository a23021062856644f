// The compiler puts the files in; it knows when one has changed.
#include "CPluginText.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const char header[] = {
#embed "../Plugin/include/martlet_plugin.h"
    , 0};

static const char rust[] = {
#embed "../../../Plugins/examples/rust/src/martlet.rs"
    , 0};

const char *martlet_plugin_header_text(void) { return header; }

const char *martlet_plugin_rust_text(void) { return rust; }
