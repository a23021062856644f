internal import Glibc

/// A growing run of plain values that is written, read and emptied many times without allocating.
struct Scratch<T: BitwiseCopyable>: ~Copyable {
    private(set) var base: UnsafeMutablePointer<T>
    private(set) var count = 0
    private(set) var capacity: Int

    init(capacity: Int = 16) {
        self.capacity = capacity
        base = Self.allocate(capacity)
    }

    deinit { free(base) }

    /// By `malloc`: Swift's own `allocate` asks for an alignment that `malloc` has anyway, which costs
    /// three times as much.
    private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<T> {
        guard let memory = malloc(max(1, capacity * MemoryLayout<T>.stride)) else {
            preconditionFailure("no memory is left")
        }
        return memory.bindMemory(to: T.self, capacity: capacity)
    }

    /// - Precondition: `index` is below `count`, which only our own code decides.
    subscript(index: Int) -> T {
        get {
            assert(index >= 0 && index < count)
            return base[index]
        }
        set {
            assert(index >= 0 && index < count)
            base[index] = newValue
        }
    }

    var last: T? { count > 0 ? base[count - 1] : nil }

    mutating func append(_ value: T) {
        reserve(1)
        (base + count).initialize(to: value)
        count += 1
    }

    mutating func append(_ source: UnsafePointer<T>, _ added: Int) {
        reserve(added)
        (base + count).initialize(from: source, count: added)
        count += added
    }

    mutating func append(_ source: UnsafeBufferPointer<T>) {
        if let start = source.baseAddress { append(start, source.count) }
    }

    mutating func truncate(to count: Int) {
        assert(count <= self.count)
        self.count = count
    }

    /// Makes room, so that the next `added` values need no check of their own.
    mutating func reserve(_ added: Int) {
        if count + added > capacity { grow(to: count + added) }
    }

    private mutating func grow(to needed: Int) {
        let larger = max(needed, capacity * 2)
        let moved = Self.allocate(larger)
        moved.moveInitialize(from: base, count: count)
        free(base)
        base = moved
        capacity = larger
    }
}

typealias Bytes = UnsafeBufferPointer<UInt8>

extension Scratch where T == UInt8 {
    /// Appends a literal of ours.
    mutating func append(_ literal: StaticString) {
        append(literal.utf8Start, literal.utf8CodeUnitCount)
    }

    func bytes(_ range: Range<Int>) -> Bytes {
        assert(range.upperBound <= count)
        return Bytes(start: base + range.lowerBound, count: range.count)
    }
}
