import Foundation

/// Does work that blocks on a thread of its own: other tests need the pool's few.
func aside<R: Sendable>(_ work: @escaping @Sendable () -> R) async -> R {
    await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume(returning: work()) }
    }
}
