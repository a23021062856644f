// swift-tools-version: 6.2
import PackageDescription

/// What every module of ours is built with: Swift 6 mode, imports private unless they say otherwise,
/// `any` spelt out, async functions that stay with their caller, and no warning left standing.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .treatAllWarnings(as: .error),
]

/// A module of Martlet: the folder `Sources/<name>`, imported as `Martlet<name>`.
func module(
    _ name: String,
    uses below: [String] = [],
    c libraries: [String] = [],
    packages: [Target.Dependency] = []
) -> Target {
    .target(
        name: "Martlet\(name)",
        dependencies: (below.map { "Martlet\($0)" } + libraries).map { .byName(name: $0) }
            + packages,
        path: "Sources/\(name)",
        swiftSettings: strict
    )
}

/// The tests of a module: the folder `Tests/<name>`.
func tests(
    of name: String,
    uses below: [String],
    c libraries: [String] = [],
    packages: [Target.Dependency] = [],
    without excluded: [String] = []
) -> Target {
    .testTarget(
        name: "\(name)Tests",
        dependencies: (below.map { "Martlet\($0)" } + libraries).map { .byName(name: $0) }
            + packages,
        path: "Tests/\(name)",
        exclude: excluded,
        swiftSettings: strict
    )
}

/// What several folders of tests share.
let testSupport = Target.target(
    name: "TestSupport",
    dependencies: [
        "MartletCore", "MartletCrypto", "MartletNet", "MartletStorage",
        .product(name: "Logging", package: "swift-log"),
    ],
    path: "Tests/Support",
    swiftSettings: strict
)

/// A C library of the system: a header that includes its own and a `shim.c`, no logic.
func library(_ name: String, links libraries: [String] = []) -> Target {
    .target(
        name: "C\(name)",
        path: "Sources/C/\(name)",
        linkerSettings: libraries.map { .linkedLibrary($0) }
    )
}

/// The plugins in Swift, one folder of `Plugins` each; `swift build` leaves `libmartlet_<name>.so`.
let plugins = [
    "auth-file",
    "blocking",
    "carbons",
    "contact",
    "csi",
    "last",
    "legacy-auth",
    "mam",
    "ping",
    "privacy",
    "private",
    "register",
    "softwareinfo",
    "time",
    "vcard",
    "version",
]

/// The example that is written in Swift; off by default.
let example = "keyword-swift"

/// A plugin of ours: linked with all it needs but Swift itself, and exporting one symbol.
func plugin(_ name: String) -> Target {
    .target(
        name: "plugin_\(name)",
        dependencies: ["MartletPluginKit", "CPlugin"],
        path: name == example ? "Plugins/examples/swift" : "Plugins/\(name)",
        exclude: name == example ? [] : ["Transcripts"],
        swiftSettings: strict,
        linkerSettings: [
            .unsafeFlags([
                "-Xlinker", "--version-script=\(Context.packageDirectory)/Plugins/plugin.map",
                "-Xlinker", "-soname=libmartlet_\(name).so",
                "-Xlinker", "-z", "-Xlinker", "nodelete",
            ])
        ]
    )
}

let package = Package(
    name: "martlet",
    products: [
        .executable(name: "martlet", targets: ["martlet"]),
        .library(name: "CPlugin", targets: ["CPlugin"]),
        .library(name: "MartletClient", targets: ["MartletClient"]),
        .library(name: "MartletTesting", targets: ["MartletTesting"]),
        .library(name: "MartletCore", targets: ["MartletCore"]),
        .library(name: "MartletCrypto", targets: ["MartletCrypto"]),
        .library(name: "MartletNet", targets: ["MartletNet"]),
        .library(name: "MartletPluginHost", targets: ["MartletPluginHost"]),
        .library(name: "MartletPostgreSQL", targets: ["MartletPostgreSQL"]),
        .library(name: "MartletPluginKit", targets: ["MartletPluginKit"]),
        .library(name: "MartletRouter", targets: ["MartletRouter"]),
        .library(name: "MartletSASL", targets: ["MartletSASL"]),
        .library(name: "MartletStorage", targets: ["MartletStorage"]),
        .library(name: "MartletStoragePostgreSQL", targets: ["MartletStoragePostgreSQL"]),
        .library(name: "MartletStorageSQLite", targets: ["MartletStorageSQLite"]),
        .library(name: "MartletXML", targets: ["MartletXML"]),
    ]
        + (plugins + [example]).map { name in
            .library(name: "martlet_\(name)", type: .dynamic, targets: ["plugin_\(name)"])
        },
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        library("Expat", links: ["expat"]),
        library("OpenSSL", links: ["ssl", "crypto"]),
        library("SQLite", links: ["sqlite3"]),
        library("PostgreSQL", links: ["pq", "ssl"]),
        library("Unbound", links: ["unbound"]),
        library("Linux"),
        library("Unicode"),
        library("Plugin"),
        library("PluginText"),

        module("XML", c: ["CExpat"]),
        module("Crypto", c: ["COpenSSL"]),
        module("Core", uses: ["XML"], c: ["CUnicode"]),
        module("SASL", uses: ["Core", "Crypto"]),
        module("Net", uses: ["Crypto"], c: ["CLinux"]),
        module("PostgreSQL", uses: ["Net"], c: ["CPostgreSQL"]),
        module("DNS", uses: ["Core", "Net"], c: ["CUnbound"]),
        module("Streams", uses: ["XML", "Core", "Crypto", "SASL", "Net"]),
        module("Storage", uses: ["Core"]),
        module("StorageSQLite", uses: ["Core", "Storage"], c: ["CSQLite"]),
        module("StoragePostgreSQL", uses: ["Core", "Net", "Storage", "PostgreSQL"]),
        module("Transfer", uses: ["XML", "Core", "Crypto", "SASL", "Storage"]),
        module("Router", uses: ["XML", "Core", "Net", "Storage"]),
        module("IM", uses: ["XML", "Core", "Router", "Storage"]),
        module("PluginKit", c: ["CPlugin"]),
        module(
            "PluginHost",
            uses: ["XML", "Core", "Crypto", "Net", "Storage", "Router"],
            c: ["CPlugin"]
        ),
        module("Client", uses: ["XML", "Core", "Crypto", "SASL", "Net", "Streams"]),
        module(
            "Server",
            uses: [
                "XML", "Core", "Crypto", "SASL", "Net", "DNS", "Streams", "Storage",
                "StorageSQLite", "StoragePostgreSQL", "Router", "IM", "PluginHost",
            ],
            packages: [
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]
        ),
        module(
            "Testing",
            uses: [
                "XML", "Crypto", "Core", "SASL", "Net", "Streams", "Storage", "PluginHost",
                "Client",
                "Server",
            ],
            packages: [.product(name: "Logging", package: "swift-log")]
        ),
        .executableTarget(
            name: "martlet",
            dependencies: [
                "MartletCore", "MartletNet", "MartletClient", "MartletServer", "MartletStorage",
                "MartletTesting", "MartletTransfer", "CPluginText",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Sources/martlet",
            swiftSettings: strict
        ),

        testSupport,
        tests(of: "XML", uses: ["XML"]),
        tests(of: "Crypto", uses: ["Crypto"], packages: ["TestSupport"]),
        tests(of: "Core", uses: ["XML", "Core"]),
        tests(of: "SASL", uses: ["Core", "Crypto", "SASL"]),
        tests(of: "Net", uses: ["Crypto", "Net"], packages: ["TestSupport"]),
        tests(of: "PostgreSQL", uses: ["Crypto", "Net", "PostgreSQL"], packages: ["TestSupport"]),
        tests(of: "DNS", uses: ["Core", "Crypto", "Net", "DNS"], packages: ["TestSupport"]),
        tests(of: "Streams", uses: ["XML", "Core", "Crypto", "SASL", "Net", "Streams"]),
        tests(
            of: "Storage",
            uses: [
                "XML", "Core", "Net", "PostgreSQL", "Storage", "StorageSQLite",
                "StoragePostgreSQL",
            ],
            packages: ["TestSupport"]
        ),
        tests(
            of: "Transfer",
            uses: [
                "XML", "Core", "Crypto", "SASL", "Net", "PostgreSQL", "Storage", "StorageSQLite",
                "StoragePostgreSQL", "Transfer",
            ],
            packages: ["TestSupport"]
        ),
        tests(
            of: "Router",
            uses: ["XML", "Core", "Net", "Storage", "Router"],
            packages: ["TestSupport"]
        ),
        tests(of: "IM", uses: ["XML", "Core", "Net", "Storage", "Router", "IM"]),
        tests(
            of: "Transcripts",
            uses: ["XML", "Crypto", "Core", "Net", "Client", "Server", "Testing"],
            without: ["Conversations"]
        ),
        tests(
            of: "Client",
            uses: [
                "XML", "Core", "Crypto", "SASL", "Net", "Streams", "Client", "Server", "Testing",
            ]
        ),
        tests(
            of: "Server",
            uses: [
                "XML", "Core", "Crypto", "SASL", "Net", "DNS", "Streams", "Storage",
                "StorageSQLite",
                "Router", "Client", "Server", "Testing",
            ],
            packages: ["TestSupport", .product(name: "Logging", package: "swift-log")]
        ),
        tests(of: "PluginKit", uses: ["PluginKit", "PluginHost"], c: ["CPlugin"]),
        tests(
            of: "PluginHost",
            uses: ["XML", "Core", "Net", "Storage", "Router", "PluginHost"],
            c: ["CPlugin"]
        ),
        tests(
            of: "Plugins",
            uses: [
                "XML", "Core", "SASL", "Net", "Streams", "Storage", "PluginHost", "Client",
                "Server", "Testing",
            ],
            packages: ["TestSupport", .product(name: "Logging", package: "swift-log")],
            without: ["Faults"]
        ),
        tests(of: "House", uses: ["Server"]),
        tests(
            of: "EndToEnd",
            uses: [
                "XML", "Core", "Crypto", "SASL", "Net", "PostgreSQL", "Streams", "Storage",
                "StoragePostgreSQL", "Router", "IM", "Server",
            ],
            packages: [
                "TestSupport",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ]
        ),
    ]
        + (plugins + [example]).map(plugin)
)
