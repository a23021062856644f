import MartletCore
import MartletXML
import Testing

@testable import MartletServer

/// A store that does not answer ends no stream: what needs it is refused, and may be tried again.
@Suite(.timeLimit(.minutes(5)))
struct StoreFaultTests {
    /// RFC 6120 §6.5.12; nobody is blamed for what nobody looked at.
    @Test(arguments: [("PLAIN", "\0romeo\0\(password)"), ("SCRAM-SHA-256", "n,,n=romeo,r=abc")])
    func `who logs in is told to come back later`(mechanism: String, data: String) async throws {
        try await withServer(outlives: false) { server in
            let client = try await server.stream()
            await server.store.close()
            await client.sendAuth(mechanism, data)
            try await client.expectFailure("temporary-auth-failure")
            #expect(server.log.lines("nobody knows who may log in").count == 1)
            #expect(server.log.lines("login failed").isEmpty)
            await client.sendAuth(mechanism, data)
            try await client.expectFailure("temporary-auth-failure")
            #expect(server.log.lines("nobody knows who may log in").count == 1, "still")
        }
    }

    @Test
    func `a resource is bound, and requests that need the store fail one by one`() async throws {
        try await withServer(outlives: false) { server in
            let romeo = try await server.authenticated("romeo@montague.example")
            await server.store.close()
            try await romeo.bind("orchard")
            await romeo.send("<iq type='get' id='r'><query xmlns='\(Namespace.roster)'/></iq>")
            try await romeo.expectError("wait", "resource-constraint", id: "r")
            await romeo.send("<message to='juliet@capulet.example' id='m'><body>o</body></message>")
            try await romeo.expectError("wait", "resource-constraint", id: "m")
            try await romeo.expectNothing()
        }
    }
}
