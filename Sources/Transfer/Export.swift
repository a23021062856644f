internal import MartletCore
public import MartletStorage
internal import MartletXML

/// Writes a store as XEP-0227, an owner after the other; see `Format.md`.
///
/// It reads by pages and keeps one of them. What an owner has on one page is of one moment; who uses the
/// store meanwhile is not disturbed.
public struct Export {
    let store: any Store
    let output: Output
    /// Nil for all.
    let domains: [String]?
    var tally = Tally()
    private let report: (Progress) -> Void
    private let keep: (ExportMark) throws -> Void
    private var done = 0
    private var total = 0
    private var markedCount = 0

    /// Bytes between two marks.
    package var markBytes = 4 << 20
    private static let page = 200

    /// - Parameters:
    ///   - store: what is read.
    ///   - output: what is written to.
    ///   - domains: those alone, or nil for all.
    ///   - report: is told of each account.
    ///   - keep: is given marks by which an interrupted export can go on, when all before is on the disk.
    public init(
        of store: any Store,
        to output: Output,
        domains: [String]? = nil,
        report: @escaping (Progress) -> Void = { _ in },
        keep: @escaping (ExportMark) throws -> Void = { _ in }
    ) {
        self.store = store
        self.output = output
        self.domains = domains
        self.report = report
        self.keep = keep
    }

    /// Writes everything, or all that comes after a mark, and says how much it was, before the mark included.
    public mutating func run(from mark: ExportMark? = nil) async throws -> Tally {
        var place = mark ?? ExportMark()
        (tally, done) = (place.tally, place.tally[.accounts])
        if mark == nil { try await begin() }
        let names = try await allDomains()
        for domain in names { total += try await store.countAccounts(in: domain) }
        for domain in names where !place.isPast(domain) {
            try await write(domain, &place)
            place = ExportMark(after: domain, tally: tally)
            try save(&place, isForced: true)
        }
        try output.close("server-data")
        try output.synchronize()
        return tally
    }

    private func begin() async throws {
        try output.write("<?xml version='1.0' encoding='UTF-8'?>\n")
        try output.write("<server-data xmlns='\(Format.pie)' xmlns:m='\(Format.own)'>\n")
        let newest = try await store.newestNumber()
        try output.leaf("m:numbers", ["newest": String(newest)])
    }

    private func allDomains() async throws -> [String] {
        if let domains { return domains.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
        var all: [String] = []
        while true {
            let more = try await store.domains(after: all.last, limit: Self.page)
            guard !more.isEmpty else { return all }
            all += more
        }
    }

    // MARK: A domain

    private mutating func write(_ domain: String, _ place: inout ExportMark) async throws {
        // Not every name under which something is stored is an address; those have no host.
        let isHost = (try? JID(domain))?.description == domain
        if let begun = place.domain, begun != domain {
            throw TransferFault("\(begun) is no longer in the store: begin the export anew")
        }
        if place.domain == nil {
            place.begin(domain, tally)
            if isHost { try output.open("host", ["jid": domain]) }
        }
        if place.stage == .accounts {
            while isHost {
                let after = place.last
                let page = try await store.accounts(in: domain, after: after, limit: Self.page)
                for account in page {
                    try await write(Owner(account.jid), account, isHost: isHost)
                    try step(to: account.jid.localpart ?? "", &place)
                }
                if page.isEmpty { break }
            }
            place.beginOwners(tally)
        }
        try await writeOthers(of: domain, isHost: isHost, &place)
        if isHost { try output.close("host") }
    }

    /// Owners that are no accounts.
    private mutating func writeOthers(
        of domain: String,
        isHost: Bool,
        _ place: inout ExportMark
    ) async throws {
        while true {
            let page = try await store.owners(in: domain, after: place.last, limit: Self.page)
            guard !page.isEmpty else { return }
            for owner in page {
                if isHost, let jid = owner.jid, try await store.account(jid) != nil { continue }
                try await write(owner, nil, isHost: isHost)
                try step(to: owner.name, &place)
            }
            place.last = page.last?.name
        }
    }

    private mutating func step(to name: String, _ place: inout ExportMark) throws {
        place.last = name
        place.tally = tally
        try save(&place, isForced: false)
        if place.stage == .accounts { done += 1 }
        report(Progress(done: done, total: max(done, total), tally: tally))
    }

    private mutating func save(_ place: inout ExportMark, isForced: Bool) throws {
        guard isForced || output.count - markedCount >= markBytes else { return }
        try output.synchronize()
        markedCount = output.count
        place.offset = output.count
        try keep(place)
    }
}

extension Owner {
    /// The address whose roster and documents these are, if the name is one.
    var jid: JID? {
        guard let jid = JID(preparedText: name), jid.isBare, jid.hasLocalpart,
            ByteText(jid.domainpart) == ByteText(domain)
        else { return nil }
        return jid
    }
}
