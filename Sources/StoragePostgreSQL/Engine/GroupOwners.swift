internal import Glibc
internal import MartletPostgreSQL
internal import MartletStorage

/// What a group does, one step after the other.
enum GroupStep: Sendable {
    /// Jobs that are planned together.
    case segment(Segment, [Job.Work])
    case statement(Direct)

    /// Cuts a group's work where something has to see in the database what came before it.
    static func steps(of works: [Job.Work], _ names: NameTable) -> [GroupStep] {
        var steps: [GroupStep] = []
        var (segment, taken) = (Segment(names), [Job.Work]())
        func finish() {
            if !taken.isEmpty { steps.append(.segment(segment, taken)) }
            (segment, taken) = (Segment(names), [])
        }
        for work in works {
            if case .statement(let direct) = work {
                finish()
                steps.append(.statement(direct))
                continue
            }
            if !segment.take(work) {
                finish()
                _ = segment.take(work)
            }
            taken.append(work)
        }
        finish()
        return steps
    }
}

/// The owners of a group: the locks of all its steps.
///
/// Those that are there are locked first of all, then those that are missing are made, and then all are locked
/// that another node made meanwhile; each in the order of their names. So no two nodes have a lock that the
/// other one waits for, but where one makes an owner between the first two steps of the other.
struct GroupOwners: Sendable {
    private let steps: [GroupStep]

    init(_ steps: [GroupStep]) { self.steps = steps }

    private var all: [Owner] {
        var all: Set<Owner> = []
        for step in steps {
            switch step {
            case .segment(let segment, _): all.formUnion(segment.owners.keys)
            case .statement(let direct): if let owner = direct.owner { all.insert(owner) }
            }
        }
        return all.sorted(by: Self.comesBefore)
    }

    /// Those that something is put into.
    private var filled: [Owner] {
        var filled: Set<Owner> = []
        for case .segment(let segment, _) in steps {
            filled.formUnion(segment.filledOwners.map { segment.owners.keys[$0] })
        }
        return filled.sorted(by: Self.comesBefore)
    }

    /// Locks those that are there.
    func lock(_ names: NameTable) -> Query {
        let all = all
        let places = Parameter.integers(all.indices.map { Int64($0 + 1) })
        return Query(Segment.lockOwnersSQL, Self.keys(all, names) + [places])
    }

    /// Makes those that something is put into, where they are missing.
    func making(_ names: NameTable) -> Query {
        Query(Segment.makeOwners, Self.keys(filled, names))
    }

    static func comesBefore(_ one: Owner, _ other: Owner) -> Bool {
        let order = compare(one.domain, other.domain)
        return order == 0 ? compare(one.name, other.name) < 0 : order < 0
    }

    /// Byte by byte; below zero when the first comes first.
    private static func compare(_ one: String, _ other: String) -> Int {
        let order = one.utf8.withContiguousStorageIfAvailable { one in
            other.utf8.withContiguousStorageIfAvailable { other -> Int in
                guard let start = one.baseAddress, let otherStart = other.baseAddress else {
                    return one.count - other.count
                }
                let order = Int(memcmp(start, otherStart, min(one.count, other.count)))
                return order == 0 ? one.count - other.count : order
            }
        }
        // A text that is not stored so is compared as slowly as it has to be.
        let (first, second) = (ByteText(one), ByteText(other))
        return order.flatMap(\.self) ?? (first == second ? 0 : first < second ? -1 : 1)
    }

    private static func keys(_ owners: [Owner], _ names: NameTable) -> [Parameter] {
        [
            .integers(owners.map { names[$0.domain] }),
            .byteStrings(owners.map { Array($0.name.utf8) }),
        ]
    }
}
