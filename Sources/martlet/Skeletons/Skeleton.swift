import ArgumentParser
import CPluginText

/// The files that a new plugin begins with.
struct Skeleton {
    enum Language: String, ExpressibleByArgument, CaseIterable { case swift, c, rust }

    let name: String
    let language: Language
    /// Where Martlet's source is; for Swift alone.
    let source: String

    /// The name where no `-` may stand.
    var identifier: String { name.replacing("-", with: "_") }

    /// By their paths in the plugin's folder.
    var files: [String: String] {
        var files = [
            "Transcripts/hello.transcript": transcript, "README.md": readme, ".gitignore": ignored,
        ]
        let own =
            switch language {
            case .swift: filesInSwift
            case .c: filesInC
            case .rust: filesInRust
            }
        files.merge(own) { $1 }
        return files
    }

    static let header = String(cString: martlet_plugin_header_text())
    static let rust = String(cString: martlet_plugin_rust_text())

    /// The one symbol that a plugin shows.
    static let exports = "{ global: martlet_plugin_entry; local: *; };\n"

    private var ignored: String { "*.so\n.build/\ntarget/\n" }

    private var transcript: String {
        """
        # The domain answers a greeting.
        romeo = romeo@montague.example/orchard

        romeo > <iq type='get' id='h1' to='montague.example'><hello xmlns='urn:example:\(name)'/></iq>
        romeo < <iq type='result' id='h1' from='montague.example' to='romeo@montague.example/orchard'>
          <hello xmlns='urn:example:\(name)'>Hello from \(name)!</hello></iq>

        # Nobody may set it.
        romeo > <iq type='set' id='h2' to='montague.example'><hello xmlns='urn:example:\(name)'/></iq>
        romeo < <iq type='error' id='h2' from='montague.example' to='romeo@montague.example/orchard'>
          <hello xmlns='urn:example:\(name)'/>
          <error type='cancel'><service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>
        romeo < nothing

        """
    }

    private var readme: String {
        """
        # \(name)

        A plugin for Martlet. `make` builds `libmartlet_\(name).so`; `make test` plays the conversations in
        `Transcripts` against a server in memory that has it. Both find the program as `martlet`, or as
        `MARTLET=/path/to/martlet` says.

        To run it, name this folder in the server's `config.json`, beside the one where the server's own
        plugins are, and start the server anew:

            {"pluginFolders": ["path/to/\(name)", "path/to/martlet/plugins"]}

        `martlet plugins` then lists it, and `martlet phases --help` tells how to see where it acts.
        `{"plugins": {"\(name)": false}}` switches it off, in all domains or within one's settings.

        """
    }

    /// Rules for `make` that all languages share.
    func makefile(_ build: String) -> String {
        """
        # `make` builds the plugin, `make test` plays its transcripts.
        MARTLET ?= martlet
        PLUGIN := libmartlet_\(name).so

        \(build)

        .PHONY: test
        test: $(PLUGIN)
        \t$(MARTLET) plugin test ./$(PLUGIN) Transcripts/*.transcript

        """
    }
}
