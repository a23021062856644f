// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that the server does not depend on its tools.
/// What the library of a plugin is linked with: it exports one symbol.
let pluginLink: [LinkerSetting] = [
    .unsafeFlags([
        "-Xlinker", "--version-script=\(Context.packageDirectory)/../Plugins/plugin.map",
        "-Xlinker", "-z", "-Xlinker", "nodelete",
    ])
]

let package = Package(
    name: "martlet-benchmarks",
    products: [
        .executable(name: "load", targets: ["load"]),
        .library(name: "martlet_continue_c", type: .dynamic, targets: ["ContinueC"]),
        .library(name: "martlet_continue_swift", type: .dynamic, targets: ["ContinueSwift"]),
    ],
    dependencies: [
        .package(name: "martlet", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        .target(name: "CLoad"),
        .target(
            name: "ContinueC",
            dependencies: [.product(name: "CPlugin", package: "martlet")],
            linkerSettings: pluginLink
        ),
        .target(
            name: "ContinueSwift",
            dependencies: [
                .product(name: "CPlugin", package: "martlet"),
                .product(name: "MartletPluginKit", package: "martlet"),
            ],
            linkerSettings: pluginLink
        ),
        .executableTarget(
            name: "load",
            dependencies: [
                "CLoad",
                .product(name: "MartletCore", package: "martlet"),
                .product(name: "MartletCrypto", package: "martlet"),
                .product(name: "MartletNet", package: "martlet"),
                .product(name: "MartletPostgreSQL", package: "martlet"),
                .product(name: "MartletPluginHost", package: "martlet"),
                .product(name: "MartletRouter", package: "martlet"),
                .product(name: "MartletSASL", package: "martlet"),
                .product(name: "MartletStorage", package: "martlet"),
                .product(name: "MartletStoragePostgreSQL", package: "martlet"),
                .product(name: "MartletStorageSQLite", package: "martlet"),
                .product(name: "MartletXML", package: "martlet"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: [
                .swiftLanguageMode(.v6),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
                .treatAllWarnings(as: .error),
            ]
        ),
    ]
)
