import Glibc
import MartletCore
import MartletRouter
import MartletStorage
import Testing

@testable import MartletPluginHost

/// Plugins in thousands of domains: what each costs, and what all of them share.
@Suite struct ManyDomainsTests {
    private static let domains = (0..<20).map { JID(prepared: nil, "d\($0).example") }

    /// A host with the plugins of the build, of which these are on.
    private static func host() -> PluginHost {
        let router = Router(shards: [], store: MemoryStore(), domains: [])
        return PluginHost(
            folders: PluginFolder.usual,
            services: PluginServices(router: router, accounts: NoAccounts())
        )
    }

    /// How many bytes an instance asks `malloc` for; what it gives may be more by what lies beside it.
    ///
    /// No module that Swift imports has this.
    private static func bytes(of type: AnyClass) throws -> Int {
        typealias Size = @convention(c) (UnsafeRawPointer) -> Int
        let symbol = try #require(
            dlsym(nil, "$ss36_class_getInstancePositiveExtentSizeySiyXlXpF")
        )
        return unsafeBitCast(symbol, to: Size.self)(unsafeBitCast(type, to: UnsafeRawPointer.self))
    }

    @Test func `a plugin takes 56 bytes in a domain, and more only for what it keeps`() throws {
        #expect(try Self.bytes(of: PluginSite.self) == 56)
        let host = Self.host()
        for domain in Self.domains { _ = host.select(["ping": .on(settings: "{}")], in: domain) }
        for domain in Self.domains {
            let site = try #require(
                host.sites(in: domain.domainpart).first { $0.image.name == "ping" }
            )
            #expect(site.domain == domain.domainpart)
            #expect(site.address == domain)
            #expect(site.settings == "{}")
            #expect(site.contributions.isEmpty)
        }
    }

    @Test func `keeps what is registered, and told, apart for each`() throws {
        let host = Self.host()
        var sites: [PluginSite] = []
        for domain in Self.domains {
            _ = host.select(["version": .on(settings: #"{"name": "\#(domain)"}"#)], in: domain)
            sites.append(
                try #require(
                    host.sites(in: domain.domainpart).first { $0.image.name == "version" }
                )
            )
        }
        let numbers = sites.map { $0.metric("count", 1, "") }
        for (site, number) in zip(sites, numbers) { site.measure(number, 2) }
        let added = sites[0].add(.feature("urn:example:mine", .domain))
        #expect(sites.allSatisfy { $0.metrics.map(\.value) == [2] })
        #expect(sites.map(\.contributions.count) == [1] + Array(repeating: 0, count: 19))
        #expect(sites[0].remove(added))
        #expect(!sites[0].remove(added) && !sites[1].remove(added))
        #expect(sites.map(\.settings) == Self.domains.map { #"{"name": "\#($0)"}"# })
        #expect(Set(sites.map { ObjectIdentifier($0.deployment) }).count == 1)
    }

    @Test func `a name is offered once in a domain, and again once it is given up`() throws {
        let host = Self.host()
        let table = UnsafeMutableRawPointer.allocate(byteCount: 8, alignment: 8)
        defer { table.deallocate() }
        for domain in Self.domains { _ = host.select([:], in: domain) }
        let interfaces = InterfaceTable()
        func site(_ name: String, _ domain: Int) throws -> PluginSite {
            let sites = host.sites(in: Self.domains[domain].domainpart)
            return try #require(sites.first { $0.image.name == name })
        }
        func offering(_ domain: Int) -> PluginSite? {
            interfaces.table("keeper/1", in: Self.domains[domain].domainpart)?.1
        }
        let (ping, time) = (try site("ping", 0), try site("time", 0))
        #expect(interfaces.provide("keeper/1", table, by: ping))
        #expect(!interfaces.provide("keeper/1", table, by: time))
        #expect(interfaces.provide("keeper/1", table, by: try site("time", 1)))
        #expect(offering(0) === ping)
        #expect(offering(1)?.image.name == "time")
        #expect(offering(2) == nil)
        interfaces.remove(of: ping)
        #expect(offering(0) == nil)
        #expect(offering(1) != nil)
        #expect(interfaces.provide("keeper/1", table, by: time))
        #expect(offering(0) === time)
    }
}

/// Nobody is asked for.
private struct NoAccounts: PluginAccounts {
    func exists(_ account: JID) async throws -> Bool { false }
    func checkPassword(_ password: String, of account: JID, from peer: String) async throws -> Bool
    {
        false
    }
    func create(_ account: JID, password: String) async throws {}
    func setPassword(_ password: String, of account: JID, keeping session: UInt64) async throws {}
    func remove(_ account: JID, lastSession: UInt64) async throws {}
}
