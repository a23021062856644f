extension Skeleton {
    var filesInSwift: [String: String] {
        [
            "Package.swift": package,
            "Sources/\(type).swift": sourceInSwift,
            "plugin.map": Self.exports,
            "Makefile": makefile(
                """
                $(PLUGIN): Package.swift plugin.map $(wildcard Sources/*.swift)
                \tswift build -c release --product martlet_\(name)
                \tcp .build/release/$(PLUGIN) $@
                """
            ),
        ]
    }

    /// The name as a type has it.
    private var type: String {
        name.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    private var package: String {
        """
        // swift-tools-version: 6.2
        import PackageDescription

        let package = Package(
            name: "\(name)",
            products: [.library(name: "martlet_\(name)", type: .dynamic, targets: ["plugin_\(name)"])],
            dependencies: [.package(name: "martlet", path: "\(source)")],
            targets: [
                .target(
                    name: "plugin_\(name)",
                    dependencies: [.product(name: "MartletPluginKit", package: "martlet")],
                    path: "Sources",
                    linkerSettings: [
                        // One symbol is shown, and the image stays for as long as the server runs.
                        .unsafeFlags([
                            "-Xlinker", "--version-script=\\(Context.packageDirectory)/plugin.map",
                            "-Xlinker", "-z", "-Xlinker", "nodelete",
                        ])
                    ]
                )
            ]
        )

        """
    }

    private var sourceInSwift: String {
        """
        import CPlugin
        import MartletPluginKit

        /// Answers `<hello xmlns='urn:example:\(name)'/>`.
        final class \(type): Plugin {
            static let about = PluginDescription("\(name)", version: "0.1", "Answers a greeting.")

            /// Once a process: registers what is the same in all domains.
            static func register(in registration: borrowing Registration<\(type)>) {
                registration.feature("urn:example:\(name)")
                registration.onIQ(.get, "hello", in: "urn:example:\(name)", to: .domain) { plugin, event in
                    // What is returned is the result's payload; throw a `StanzaError` for an error.
                    XML("hello", in: "urn:example:\(name)") { $0.text("Hello from \(name)!") }
                }
            }

            /// Once for each domain.
            init(_ site: Site, _ settings: NoSettings) {}
        }

        @c(martlet_plugin_entry)
        public func entry() -> UnsafePointer<martlet_plugin> { export(\(type).self) }

        """
    }
}
