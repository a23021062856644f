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
/// Those that are there are locked first of all, then those that are missing are made; both in the order of
/// their names. So no two nodes have a lock that the other one waits for.
struct GroupOwners: Sendable {
    private let all: [Owner]
    /// Those that something is put into.
    private let filled: [Owner]

    init(_ steps: [GroupStep]) {
        var (all, filled) = (Set<Owner>(), Set<Owner>())
        for step in steps {
            switch step {
            case .segment(let segment, _):
                let owners = segment.owners.keys
                all.formUnion(owners)
                filled.formUnion(segment.filledOwners.map { owners[$0] })
            case .statement(let direct):
                if let owner = direct.owner { all.insert(owner) }
            }
        }
        self.all = all.sorted(by: Self.comesBefore)
        self.filled = filled.sorted(by: Self.comesBefore)
    }

    var isEmpty: Bool { all.isEmpty }

    /// Locks those that are there.
    func lock(_ names: NameTable) -> Query {
        Query(Segment.lockOwnersSQL, Self.keys(all, names))
    }

    /// Makes those that something is put into, where they are missing.
    func making(_ names: NameTable) -> Query {
        Query(Segment.makeOwners, Self.keys(filled, names))
    }

    static func comesBefore(_ one: Owner, _ other: Owner) -> Bool {
        let (first, second) = (ByteText(one.domain), ByteText(other.domain))
        return first == second ? ByteText(one.name) < ByteText(other.name) : first < second
    }

    private static func keys(_ owners: [Owner], _ names: NameTable) -> [Parameter] {
        [
            .integers(owners.map { names[$0.domain] }),
            .byteStrings(owners.map { Array($0.name.utf8) }),
        ]
    }
}
