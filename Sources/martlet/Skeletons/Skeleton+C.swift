extension Skeleton {
    var filesInC: [String: String] {
        [
            "\(name).c": sourceInC,
            "martlet_plugin.h": Self.header,
            "plugin.map": Self.exports,
            "Makefile": makefile(
                """
                $(PLUGIN): \(name).c martlet_plugin.h plugin.map
                \t$(CC) -std=c11 -Wall -Wextra -O2 -shared -fPIC -Wl,--version-script=plugin.map \\
                \t\t-Wl,-z,nodelete -o $@ \(name).c
                """
            ),
        ]
    }

    private var sourceInC: String {
        #"""
        // \#(name): answers <hello xmlns='urn:example:\#(name)'/>.
        #include "martlet_plugin.h"

        #define TEXT(literal) {literal, sizeof literal - 1}
        #define NS "urn:example:\#(name)"

        // The server's functions, given by `load`.
        static const martlet_core *core;

        // Answers one request: here with a payload, or by `core->fail` with an error.
        static int32_t hello(void *ud, martlet_event *event) {
            (void)ud;
            martlet_str payload = TEXT("<hello xmlns='" NS "'>Hello from \#(name)!</hello>");
            if (core->reply(event, payload) != MARTLET_OK) return MARTLET_ERROR;
            return MARTLET_HANDLED;
        }

        // Once a process: registers what is the same in all domains.
        static int32_t load(
            void *ud, const martlet_core *functions, martlet_site *site, martlet_str *error) {
            (void)ud, (void)error;
            core = functions;
            martlet_item feature = {
                .size = sizeof feature, .kind = MARTLET_ITEM_FEATURE, .name = TEXT(NS)};
            core->item(site, &feature);
            martlet_iq request = {
                .size = sizeof request,
                .type = MARTLET_TYPE_GET,
                .targets = MARTLET_TO_DOMAIN,
                .ns = TEXT(NS),
                .name = TEXT("hello"),
                .run = hello,
            };
            core->iq(site, &request);
            return MARTLET_OK;
        }

        // Once for each domain. What it gives comes back as `event->instance`; null is a refusal.
        static void *start(void *ud, martlet_site *site, martlet_str settings, martlet_str *error) {
            (void)ud, (void)settings, (void)error;
            return site;
        }

        static void stop(void *instance, void (*done)(void *ud), void *done_ud) {
            (void)instance;
            done(done_ud);
        }

        static const martlet_plugin plugin = {
            .magic = MARTLET_ABI_MAGIC,
            .size = sizeof plugin,
            .major = MARTLET_ABI_MAJOR,
            .minor = MARTLET_ABI_MINOR,
            .name = TEXT("\#(name)"),
            .version = TEXT("0.1"),
            .about = TEXT("Answers a greeting."),
            .load = load,
            .start = start,
            .stop = stop,
        };

        MARTLET_EXPORT const martlet_plugin *martlet_plugin_entry(void) { return &plugin; }

        """#
    }
}
