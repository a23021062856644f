extension MemoryState {
    func domains(after domain: String?, limit: Int) -> [String] {
        var domains = Set(accounts.keys)
        for owner in owners.keys { domains.insert(ByteText(owner.domain)) }
        return Self.page(of: domains, after: domain, limit).map(\.string)
    }

    func owners(in domain: String, after name: String?, limit: Int) -> [Owner] {
        let owned = owners.keys.filter { ByteText($0.domain) == ByteText(domain) }
        let names = owned.map { ByteText($0.name) }
        return Self.page(of: names, after: name, limit).map {
            Owner(domain: domain, name: $0.string)
        }
    }

    private static func page(of texts: some Sequence<ByteText>, after: String?, _ limit: Int)
        -> some Sequence<ByteText>
    {
        let rest = texts.filter { text in after.map { ByteText($0) < text } ?? true }
        return rest.sorted().prefix(limit)
    }
}
