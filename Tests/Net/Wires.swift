import MartletCrypto
import TestSupport
import Testing

@testable import MartletNet

/// The kinds of transport; what holds for one holds for all.
enum Wire: CaseIterable, Sendable {
    case tcp, tls12, tls13, pipe, pipeWithTLS

    var isSecure: Bool { self != .tcp && self != .pipe }

    /// Makes a connection, and secures it if it is a secure one.
    func connect(
        near: Shard,
        far: Shard,
        nearLog: Recorder = Recorder(),
        farLog: Recorder = Recorder()
    ) async throws -> Ends {
        var ends: Ends
        switch self {
        case .tcp, .tls12, .tls13:
            ends = try await connectTCP(near: near, far: far, nearLog: nearLog, farLog: farLog)
        case .pipe, .pipeWithTLS:
            let (left, right) = PipeTransport.pair(near, far)
            await near.run { left.delegate = nearLog }
            await far.run { right.delegate = farLog }
            ends = Ends(near: left, nearLog: nearLog, far: right, farLog: farLog)
        }
        if isSecure { try await secure(ends) }
        return ends
    }

    private func secure(_ ends: Ends) async throws {
        let version: TLSVersion = self == .tls12 ? .v1_2 : .v1_3
        let server = try TestTLS.server()
        let client = try TestTLS.client { $0.versions = version...version }
        await ends.far.shard.run { ends.far.startTLS(server, role: .server()) }
        await ends.near.shard.run {
            ends.near.startTLS(client, role: .client(serverName: "montague.example"))
        }
        await ends.nearLog.secured()
        await ends.farLog.secured()
    }
}

/// Contexts around the test's certificates.
enum TestTLS {
    static func server(
        _ change: (inout TLSServerSettings) -> Void = { _ in }
    ) throws -> TLSContext {
        let identity = try #require(TestIdentity.romeo.identity)
        var settings = TLSServerSettings(identities: TLSIdentities(fallback: identity))
        change(&settings)
        return try TLSContext(server: settings)
    }

    static func client(
        _ change: (inout TLSClientSettings) -> Void = { _ in }
    ) throws -> TLSContext {
        var settings = TLSClientSettings()
        settings.trust = .pem(TestIdentity.romeo.certificate)
        change(&settings)
        return try TLSContext(client: settings)
    }
}
