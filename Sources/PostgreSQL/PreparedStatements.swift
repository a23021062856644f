/// Which statements a session knows by name, each for the types of its parameters.
struct PreparedStatements {
    /// A statement's name and the types it was prepared for.
    struct Entry {
        let name: String
        let types: [ServerType]

        /// A null fits any type; a value only its own.
        func fits(_ parameters: [Parameter]) -> Bool {
            types.count == parameters.count
                && zip(types, parameters).allSatisfy { type, parameter in
                    parameter.type == type || parameter == .null
                }
        }
    }

    /// Statements that are made as one goes would fill the server's memory.
    static let bound = 1000

    private var entries: [Statement: [Entry]] = [:]
    private var count = 0
    private var made = 0

    func name(of query: Query) -> String? {
        entries[query.statement]?.first { $0.fits(query.parameters) }?.name
    }

    /// Takes a new one in; nil if there are too many.
    mutating func add(_ query: Query) -> String? {
        guard count < Self.bound else { return nil }
        made += 1
        count += 1
        let entry = Entry(name: "m\(made)", types: query.parameters.map(\.type))
        entries[query.statement, default: []].append(entry)
        return entry.name
    }

    /// Forgets one that the server does not know, or must plan anew.
    mutating func forget(_ statement: Statement, _ name: String) {
        guard var known = entries[statement] else { return }
        let before = known.count
        known.removeAll { $0.name == name }
        count -= before - known.count
        entries[statement] = known.isEmpty ? nil : known
    }
}
