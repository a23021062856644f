// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that the server does not depend on its tools.
let package = Package(
    name: "martlet-benchmarks",
    dependencies: [
        .package(name: "martlet", path: ".."),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        .target(name: "CLoad"),
        .executableTarget(
            name: "load",
            dependencies: [
                "CLoad",
                .product(name: "MartletCore", package: "martlet"),
                .product(name: "MartletCrypto", package: "martlet"),
                .product(name: "MartletNet", package: "martlet"),
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
