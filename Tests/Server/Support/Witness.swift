@testable import MartletServer

/// Sees a connection without keeping it.
final class Witness: @unchecked Sendable {
    // A weak reference is read and written by the runtime alone.
    private(set) weak var connection: C2SConnection?

    init(_ connection: C2SConnection) {
        self.connection = connection
    }
}

extension StreamPlace {
    /// Returns when the shard has let go of all that it had in hand.
    ///
    /// What it does in one turn it keeps until the end of that turn, so that takes two.
    func settle() async {
        for _ in 0..<2 { await visit { _ in } }
    }
}
