/// The parsers of one shard, lent to its streams while their bytes say half a stanza.
///
/// Not for two threads. Parsers past ``idleLimit`` are freed instead of kept.
///
/// Exclusivity is unchecked: no reader knows its pool, so nothing that is called here comes back.
public final class ParserPool {
    /// Inside `<stream:stream>`, and clean.
    @exclusivity(unchecked) private var primed: [ExpatReader] = []
    /// As new.
    @exclusivity(unchecked) private var fresh: [ExpatReader] = []
    private let idleLimit: Int
    @exclusivity(unchecked) private var usualScope = HeaderScope.client

    public init(idleLimit: Int = 64) {
        self.idleLimit = idleLimit
    }

    /// How many parsers wait here for a stream.
    public var idleCount: Int { primed.count + fresh.count }

    /// Lends a parser that expects a stream's header, or nil when memory is out.
    func lendForHeader() -> ExpatReader? {
        if let reader = fresh.popLast() { return reader }
        guard let reader = primed.popLast() else { return ExpatReader() }
        reader.reset()
        return reader
    }

    /// Lends a parser that stands inside a stream, or nil when memory is out.
    func lend(for scope: HeaderScope) -> ExpatReader? {
        let reader: ExpatReader
        if scope.isUsual, let ready = primed.popLast() {
            reader = ready
        } else {
            guard let new = lendForHeader() else { return nil }
            new.prime(scope.rootName)
            reader = new
        }
        reader.scope = scope
        reader.namespaces.begin(scope)
        return reader
    }

    /// Takes a parser back: primed as it is, if it stands cleanly inside `<stream:stream>`.
    func takeBack(_ reader: ExpatReader) {
        let isReady = reader.isIdle && reader.stop == nil && reader.scope?.isUsual == true
        guard idleCount < idleLimit, !reader.isWorn, !reader.isSwollen else { return }
        reader.scope = nil
        reader.events = []
        if isReady {
            primed.append(reader)
        } else {
            reader.reset()
            fresh.append(reader)
        }
    }

    /// One object for equal headers that come one after the other.
    func shared(_ scope: HeaderScope) -> HeaderScope {
        if scope != usualScope { usualScope = scope }
        return usualScope
    }
}
