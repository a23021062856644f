import CPlugin
import Synchronization

@testable import MartletPluginKit

/// A stream without a resource, and what was written to it.
final class FakeStream: Sendable {
    private let domain: String
    private let peer: String
    private let account: String
    private let state = Mutex<[String]>([])

    init(domain: String, peer: String, account: String = "") {
        self.domain = domain
        self.peer = peer
        self.account = account
    }

    var written: [String] { state.withLock { $0 } }

    static func fill(_ core: inout martlet_core) {
        core.stream = { event, stream in
            guard let from = FakeCall.at(event).stream, let stream else {
                return Int32(MARTLET_EINVAL)
            }
            stream.pointee.is_encrypted = 1
            // Longer than the call, which is long enough.
            stream.pointee.domain = from.domain.immortal
            stream.pointee.peer = from.peer.immortal
            stream.pointee.account = from.account.isEmpty ? .none : from.account.immortal
            return Int32(MARTLET_OK)
        }
        core.stream_send = { event, xml in
            let text = xml.string
            FakeCall.at(event).stream?.state.withLock { $0.append(text) }
            return Int32(MARTLET_OK)
        }
    }
}
