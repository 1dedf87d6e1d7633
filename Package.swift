// swift-tools-version: 6.2
// The package builds twice from this one manifest: as ordinary Swift, and, with SWIFTLET_EMBEDDED=1, as
// Embedded Swift. `swiftlet` (the workstation tool) and the tests exist only in the ordinary build.
//
// SWIFTLET_MBEDTLS=DIR  builds against the mbedTLS under DIR/include and DIR/lib instead of the system's.
// SWIFTLET_STATIC=1  builds for a static link: such a program has no loader for PKCS#11 modules.
// SWIFTLET_NO_ALLOCATIONS=1  (with SWIFTLET_EMBEDDED=1) lets the compiler refuse every heap allocation in the core.
// SWIFTLET_PLANT_ALLOCATION=compile|link  makes Tests/NoAllocations allocate: scripts/check-no-allocations proves with
//     it that the compiler (compile), or the look at the linked program (link), would notice.
// SWIFTLET_FUZZ=address|coverage  builds the fuzzers of Tests/Fuzz and no other program, with AddressSanitizer or with
//     counters for llvm-cov: scripts/fuzz.
// SWIFTLET_ONLY_TESTS=TLSTests,X509Tests  leaves the other test targets out, for a quick look while something changes.
import PackageDescription

let embedded = Context.environment["SWIFTLET_EMBEDDED"] != nil
let noAllocations = Context.environment["SWIFTLET_NO_ALLOCATIONS"] != nil
let plantedAllocation = Context.environment["SWIFTLET_PLANT_ALLOCATION"]
let mbedTLSRoot = Context.environment["SWIFTLET_MBEDTLS"]
let fuzz = Context.environment["SWIFTLET_FUZZ"]
let onlyTests = Context.environment["SWIFTLET_ONLY_TESTS"]?.split(separator: ",").map(String.init)

/// Options of the fuzzers for Swift, C and the linker. One option names both sanitizers: of two, swiftc takes the last.
let fuzzOptions: (swift: [String], c: [String], linker: [String]) =
    switch fuzz {
    case nil: ([], [], [])
    case "coverage":
        (
            ["-sanitize=fuzzer", "-profile-generate", "-profile-coverage-mapping"],
            ["-fsanitize=fuzzer-no-link", "-fprofile-instr-generate", "-fcoverage-mapping"],
            ["-sanitize=fuzzer", "-profile-generate"]
        )
    default: (["-sanitize=fuzzer,address"], ["-fsanitize=fuzzer-no-link,address"], ["-sanitize=fuzzer,address"])
    }

/// Settings of every Swift target: strict memory safety, no warnings, and the Embedded dialect when asked for.
let common: [SwiftSetting] = {
    var settings: [SwiftSetting] = [
        .strictMemorySafety(),
        .treatAllWarnings(as: .error),
        .enableUpcomingFeature("ExistentialAny"),
        .enableExperimentalFeature("Lifetimes"),
        .enableExperimentalFeature("AddressableTypes"),
        .enableExperimentalFeature("AddressableParameters"),
    ]
    if embedded {
        settings += [
            .enableExperimentalFeature("Embedded"),
            .unsafeFlags(["-wmo", "-Xfrontend", "-function-sections"]),
        ]
    }
    if let mbedTLSRoot { settings.append(.unsafeFlags(["-Xcc", "-I\(mbedTLSRoot)/include"])) }
    // The fuzzers are optimised and look at what is internal.
    if fuzz != nil { settings.append(.unsafeFlags(["-enable-testing"] + fuzzOptions.swift)) }
    return settings
}()

/// Settings of the targets that must not allocate: all of the protocol, none of the programs. An Embedded program compiles
/// everything of the libraries that it uses once more, so the libraries' own objects are left empty, which saves their
/// optimisation; the look for allocations wants them, since there each function is one to look at.
let core: [SwiftSetting] =
    switch (embedded, noAllocations) {
    case (true, true): common + [.unsafeFlags(["-no-allocations"])]
    case (true, false): common + [.unsafeFlags(["-Xfrontend", "-emit-empty-object-file"])]
    case (false, _): common
    }

let cWarnings: [CSetting] = [
    .unsafeFlags(["-Wall", "-Wextra", "-Werror", "-ffunction-sections", "-fdata-sections"] + fuzzOptions.c),
    // Debian's armhf still defaults to 32-bit time.
    .define("_TIME_BITS", to: "64"),
    .define("_FILE_OFFSET_BITS", to: "64"),
]
let mbedTLSInclude: [CSetting] = mbedTLSRoot.map { [.unsafeFlags(["-I\($0)/include"])] } ?? []
/// A static program cannot load a PKCS#11 module, and says so.
let modules: [CSetting] = Context.environment["SWIFTLET_STATIC"] != nil ? [.define("SWL_NO_MODULES")] : []
let mbedTLSLink: [LinkerSetting] =
    [.linkedLibrary("mbedcrypto")] + (mbedTLSRoot.map { [.unsafeFlags(["-L\($0)/lib"])] } ?? [])

let library = { (name: String) in Product.library(name: name, targets: [name]) }
let program = { (name: String) in Product.executable(name: name, targets: [name]) }

var products: [Product] =
    ["Bytes", "TLSCrypto", "X509", "TLS", "Transport", "Provisioning", "SelfTest"].map(library)
    + ["swiftletd", "swiftlet-selftest"].map(program)

// A target imports only from the lines above it.
var targets: [Target] = [
    .target(name: "CBytes", cSettings: cWarnings),
    .target(name: "CMbedTLS", cSettings: cWarnings + mbedTLSInclude, linkerSettings: mbedTLSLink),
    .target(name: "CLinux", cSettings: cWarnings),
    .target(name: "CPKCS11", cSettings: cWarnings + modules),
    .target(name: "CInih", cSettings: cWarnings, linkerSettings: [.linkedLibrary("inih")]),
    .target(name: "Bytes", dependencies: ["CBytes"], swiftSettings: core),
    .target(name: "TLSCrypto", dependencies: ["CMbedTLS", "Bytes"], swiftSettings: core),
    .target(name: "X509", dependencies: ["CMbedTLS", "Bytes", "TLSCrypto"], swiftSettings: core),
    .target(name: "TLS", dependencies: ["Bytes", "TLSCrypto", "X509"], swiftSettings: core),
    .target(name: "Transport", dependencies: ["CLinux", "Bytes", "TLSCrypto", "X509", "TLS"], swiftSettings: core),
    .target(
        name: "Provisioning",
        dependencies: ["CMbedTLS", "CLinux", "CPKCS11", "Bytes", "TLSCrypto", "X509", "TLS", "Transport"],
        swiftSettings: core),
    .target(
        name: "SelfTest",
        dependencies: ["CLinux", "Bytes", "TLSCrypto", "X509", "TLS", "Transport", "Provisioning"],
        swiftSettings: core),
    .executableTarget(
        name: "swiftletd",
        dependencies: ["CInih", "CLinux", "Bytes", "TLSCrypto", "X509", "TLS", "Transport", "Provisioning"],
        swiftSettings: common),
    .executableTarget(
        name: "swiftlet-selftest", dependencies: ["CLinux", "Bytes", "TLSCrypto", "Transport", "SelfTest"],
        swiftSettings: common),
]

var dependencies: [Package.Dependency] = []

if !embedded {
    targets.append(
        .target(
            name: "TestSupport", dependencies: ["Bytes", "TLSCrypto", "X509", "TLS", "Transport"],
            path: "Tests/TestSupport", swiftSettings: common))
}

// The reliable link over a line in memory, for tests, fuzzers and the program below.
targets.append(
    .target(
        name: "LinkSimulation", dependencies: ["Bytes", "Transport"], path: "Tests/LinkSimulation",
        swiftSettings: common))

if embedded && !noAllocations {
    // What must hold of the link, over a million frames.
    products.append(program("LinkProperties"))
    targets.append(
        .executableTarget(
            name: "LinkProperties", dependencies: ["CLinux", "Bytes", "Transport", "LinkSimulation"],
            path: "Tests/LinkProperties", swiftSettings: common))
}

if !embedded && fuzz == nil {
    products.append(program("swiftlet"))
    dependencies.append(.package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"))
    targets.append(
        .executableTarget(
            name: "swiftlet",
            dependencies: [
                "CMbedTLS", "CLinux", "Bytes", "TLSCrypto", "X509", "TLS", "Transport", "Provisioning",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: common))
    // Follows the contract of BoringSSL's public protocol test runner: see scripts/bogo.
    products.append(program("swiftlet-bogo-shim"))
    targets.append(
        .executableTarget(
            name: "swiftlet-bogo-shim", dependencies: ["Bytes", "TLSCrypto", "X509", "TLS", "Transport"],
            swiftSettings: common))
    targets.append(.target(name: "CAllocationCount", path: "Tests/CAllocationCount", cSettings: cWarnings))
    let tested = [
        "Bytes", "TLSCrypto", "X509", "TLS", "Transport", "Provisioning", "SelfTest", "swiftletd", "swiftlet",
    ]
    let used = [
        "TestSupport", "CAllocationCount", "CMbedTLS", "CLinux", "Bytes", "TLSCrypto", "X509", "TLS", "Transport",
    ]
    targets += tested.map { name in
        .testTarget(
            name: "\(name)Tests",
            dependencies: ([name] + used.filter { $0 != name } + (name == "Transport" ? ["LinkSimulation"] : []))
                .map { .target(name: $0) },
            swiftSettings: common)
    }
    targets.append(
        .testTarget(
            name: "BogoShimTests", dependencies: ["swiftlet-bogo-shim", "TestSupport"], swiftSettings: common))
    // `swiftlet` and the protocol itself against programs that are not ours.
    targets.append(
        .testTarget(
            name: "InteropTests", dependencies: (["swiftlet"] + used).map { .target(name: $0) }, swiftSettings: common))
}

if !embedded {
    // NIST's path validation tests through `swiftlet verify`.
    targets.append(
        .testTarget(
            name: "PKITSTests", dependencies: ["swiftlet", "TestSupport"],
            exclude: ["tests.txt", "refused.txt", "README.md"], swiftSettings: common))
}

if embedded && noAllocations {
    // Its own settings: planted for the linker, it must get past the compiler.
    let settings =
        (plantedAllocation == "link" ? common : core) + (plantedAllocation == nil ? [] : [.define("PLANT_ALLOCATION")])
    products.append(program("NoAllocations"))
    targets.append(
        .executableTarget(
            name: "NoAllocations", dependencies: ["Bytes", "TLSCrypto", "X509", "TLS", "Transport"],
            path: "Tests/NoAllocations", swiftSettings: settings))
}

if fuzz != nil {
    // The daemon, as a library: its configuration is read there. Its entry point is nobody's.
    targets.append(
        .target(
            name: "swiftletd",
            dependencies: ["CInih", "CLinux", "Bytes", "TLSCrypto", "X509", "TLS", "Transport", "Provisioning"],
            swiftSettings: common + [
                .unsafeFlags(["-Xfrontend", "-entry-point-function-name", "-Xfrontend", "swiftletd_main"])
            ]))
    let libraries =
        ["CMbedTLS", "Bytes", "TLSCrypto", "X509", "TLS", "Transport", "Provisioning", "TestSupport"]
        + ["LinkSimulation", "swiftletd"]
    // libFuzzer has the entry point.
    products = [program("Fuzz")]
    dependencies = []
    targets.removeAll { $0.type != .regular }
    targets.append(
        .executableTarget(
            name: "Fuzz", dependencies: libraries.map { .target(name: $0) }, path: "Tests/Fuzz", exclude: ["Corpus"],
            swiftSettings: common + [.unsafeFlags(["-parse-as-library"])],
            linkerSettings: [.unsafeFlags(fuzzOptions.linker)]))
}

if let onlyTests { targets.removeAll { $0.type == .test && !onlyTests.contains($0.name) } }

let package = Package(name: "swiftlet", products: products, dependencies: dependencies, targets: targets)
