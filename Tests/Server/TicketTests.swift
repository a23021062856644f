import Foundation
import MartletCore
import MartletCrypto
import MartletTesting
import Testing

@testable import MartletServer

@Suite(.timeLimit(.minutes(5)))
struct TicketTests {
    /// Shakes hands with a context, in memory.
    private func visit(_ there: TLSContext, from here: TLSContext, _ ticket: TLSTicket?) throws
        -> TLSSession
    {
        let role = TLSRole.client(serverName: "montague.example", ticket: ticket)
        let (near, far) = (try TLSSession(here, role: role), try TLSSession(there, role: .server()))
        var (out, back): ([UInt8], [UInt8]) = ([], [])
        try near.begin(output: &out)
        while !out.isEmpty {
            _ = try out.withUnsafeBytes { try far.receive($0, plaintext: { _ in }, output: &back) }
            out = []
            _ = try back.withUnsafeBytes { try near.receive($0, plaintext: { _ in }, output: &out) }
            back = []
        }
        return near
    }

    @Test(arguments: [TLSVersion.v1_2, .v1_3])
    func `outlive a reload, and the certificate too`(version: TLSVersion) async throws {
        var client = TLSClientSettings()
        client.verifiesPeer = false
        client.versions = version...version
        let here = try TLSContext(client: client)
        try await inFolder { folder in
            var settings = ServerSettings()
            settings.domains = [DomainSettings("montague.example")]
            settings.tls.folder = folder
            let scene = try await Scene { $0.tls.folder = folder }
            let before = try #require(scene.server.clients.tlsContext)
            let first = try visit(before, from: here, nil)
            try FileManager.default.removeItem(atPath: "\(folder)/montague.example.pem")
            try await scene.server.reload(settings)
            let after = try #require(scene.server.clients.tlsContext)
            #expect(after !== before)
            let second = try visit(after, from: here, first.ticket)
            #expect(second.info?.isResumed == true)
            let new = try visit(after, from: here, nil)
            #expect(new.info?.isResumed == false)
            #expect(new.info?.peerCertificates != first.info?.peerCertificates)
            await scene.end()
        }
    }
}
