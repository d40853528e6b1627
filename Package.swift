// swift-tools-version: 6.2
import PackageDescription

// The archive of libFuzzer, which `make fuzz` names: then the fuzzer is built, and our own targets for it.
let libFuzzer = Context.environment["RELANCE_LIBFUZZER"]

// Every Swift target of the house: Swift 6, strict concurrency, no warning left standing.
let strict: [SwiftSetting] =
    [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .treatAllWarnings(as: .error),
    ] + (libFuzzer == nil ? [] : [.unsafeFlags(["-sanitize=fuzzer,address"])])

// Rooms, lowest first. An arrow that is missing here does not compile: siblings cannot see each other.
let package = Package(
    name: "relance",
    products: [
        // Put before the program in tests; never shipped.
        .library(name: "SystemCallFaults", type: .dynamic, targets: ["SystemCallFaults"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.20.0"),  // the fuzzer's
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        // C libraries of Debian, each behind one module map.
        .systemLibrary(
            name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(
            name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CIcal", providers: [.apt(["libical-dev"])]),
        .target(name: "CSimdJSON", linkerSettings: [.linkedLibrary("simdjson")]),
        .target(name: "CPhoneNumber", linkerSettings: [.linkedLibrary("phonenumber")]),
        .systemLibrary(
            name: "CSSL", path: "Tests/CSSL", pkgConfig: "libssl", providers: [.apt(["libssl-dev"])]),

        // Leaves that know nothing of Relance.
        .target(name: "CurlClient", dependencies: ["CCurl"], swiftSettings: strict),
        .target(name: "PositionedJSON", dependencies: ["CSimdJSON"], swiftSettings: strict),

        // The house.
        .target(
            name: "RelanceCore",
            dependencies: ["CCrypto", "CPhoneNumber", .product(name: "Mustache", package: "swift-mustache")],
            swiftSettings: strict),
        .target(
            name: "RelanceIntake", dependencies: ["RelanceCore", "PositionedJSON"],
            swiftSettings: strict),
        .target(
            name: "RelanceStore",
            dependencies: [
                "RelanceCore", "PositionedJSON", "CIcal", "CLinux", .product(name: "Yams", package: "Yams"),
            ],
            resources: [.embedInCode("Settings/relance.yaml")],  // Config/relance.yaml: the defaults
            swiftSettings: strict),
        .target(
            name: "RelanceDelivery", dependencies: ["RelanceCore", "CurlClient", "PositionedJSON"],
            swiftSettings: strict),
        .target(
            name: "RelanceConsole",
            dependencies: [
                "RelanceCore",
                // The server without its router: three paths need none.
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .target(
            name: "RelanceDaemon",
            dependencies: [
                "CLinux", "RelanceConsole", "RelanceCore", "RelanceIntake", "RelanceStore", "RelanceDelivery",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "relance",
            dependencies: [
                "CurlClient", "RelanceCore", "RelanceDaemon", "RelanceDelivery", "RelanceIntake",
                "RelanceStore",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),

        // Tests mirror Sources; AcceptanceTests run the built program against real servers.
        .target(
            name: "RelanceTestSupport", dependencies: ["CSSL", "RelanceCore"], path: "Tests/Support",
            exclude: ["Servers/kannel.sh", "Servers/postfix.sh"], swiftSettings: strict),
        .executableTarget(
            name: "relance-bench",
            dependencies: [
                "CLinux", "RelanceCore", "RelanceDaemon", "RelanceIntake", "RelanceStore",
                "RelanceTestSupport",
            ],
            path: "Tests/Benchmarks", swiftSettings: strict),
        .executableTarget(
            name: "relance-soak",
            dependencies: [
                "CurlClient", "RelanceCore", "RelanceStore", "RelanceTestSupport",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Tests/Soak", swiftSettings: strict),
        .testTarget(
            name: "CurlClientTests", dependencies: ["CCurl", "CurlClient", "RelanceTestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "PositionedJSONTests", dependencies: ["PositionedJSON"], swiftSettings: strict),
        .testTarget(
            name: "RelanceIntakeTests", dependencies: ["RelanceIntake", "RelanceTestSupport"],
            swiftSettings: strict),
        .testTarget(
            name: "RelanceCoreTests",
            dependencies: ["CPhoneNumber", "RelanceCore", "RelanceStore", "RelanceTestSupport"],
            exclude: ["Golden"], swiftSettings: strict),
        .testTarget(
            name: "RelanceStoreTests", dependencies: ["RelanceStore", "RelanceCore", "RelanceTestSupport"],
            exclude: ["Settings/Fixtures"], swiftSettings: strict),
        .testTarget(
            name: "RelanceDeliveryTests",
            dependencies: [
                "RelanceCore", "RelanceDelivery", "RelanceStore", "RelanceTestSupport",
                .product(name: "Yams", package: "Yams"),
            ],
            exclude: ["Golden", "Gateways/Conversations"], swiftSettings: strict),
        .testTarget(
            name: "RelanceConsoleTests",
            dependencies: [
                "RelanceConsole", "RelanceCore", "RelanceTestSupport",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "RelanceDaemonTests",
            dependencies: [
                "CurlClient", "RelanceConsole", "RelanceCore", "RelanceDaemon", "RelanceDelivery",
                "RelanceStore", "RelanceTestSupport",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .target(name: "SystemCallFaults", path: "Tests/SystemCallFaults"),
        .testTarget(
            name: "AcceptanceTests", dependencies: ["relance", "RelanceTestSupport"],
            swiftSettings: strict),

        // Every door foreign bytes come through, knocked at by libFuzzer (`make fuzz`) and by the kept corpora.
        .target(
            name: "FuzzTargets",
            dependencies: [
                "CurlClient", "RelanceConsole", "RelanceCore", "RelanceDaemon", "RelanceDelivery",
                "RelanceIntake", "RelanceStore", "RelanceTestSupport",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
            ],
            path: "Tests/Fuzz/Targets", swiftSettings: strict),
        .testTarget(
            name: "FuzzReplayTests", dependencies: ["FuzzTargets", "RelanceCore", "RelanceTestSupport"],
            path: "Tests/Fuzz/Replay", swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)

if let libFuzzer {
    package.targets += [
        .systemLibrary(name: "CLibFuzzer", path: "Tests/Fuzz/CLibFuzzer"),
        .executableTarget(
            name: "relance-fuzz", dependencies: ["CLibFuzzer", "FuzzTargets"], path: "Tests/Fuzz/Driver",
            linkerSettings: [.unsafeFlags([libFuzzer])]),
    ]
}
