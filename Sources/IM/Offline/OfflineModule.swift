import MartletCore
public import MartletRouter
import MartletStorage
import MartletXML

/// Keeps messages for those who are away (XEP-0160).
///
/// A message is in the log until the client that it was given to has taken it: with XEP-0198, when it
/// is acknowledged; without, when its last byte has left for the network. A client that vanishes on
/// the way loses nothing, and a message that was taken is not given out again.
///
/// A server that ends between the giving and the removal gives the message out once more: at least once,
/// since at most once would lose it. It is the same to the byte, with the time since when it waits (XEP-0203)
/// and, where it is archived, with its `stanza-id` (XEP-0359), so that a client knows it again.
public struct OfflineModule: Module {
    public let name = "offline"

    public init() {}

    public func register(in registration: inout Registration) throws {
        registration.feature("msgoffline")
        registration.on(.offline, try Match("message")) { _, stanza, context in
            guard OfflinePolicy.isStored(stanza) else {
                // That somebody typed is of no interest later, and no reason to complain.
                return stanza.type == .chat ? .handled : .continue
            }
            return .pending { (shard: isolated RouterShard) async throws(StanzaError) -> Verdict in
                try await shard.storeOffline(stanza, limits: context.domain.limits)
                return .handled
            }
        }
    }
}

/// The collection in which the log of an account's offline messages is kept.
let offlineMessages = "offline"

extension RouterShard {
    func storeOffline(_ message: Stanza, limits: DomainLimits) async throws(StanzaError) {
        guard let account = message.to?.bare else { return }
        let bytes = message.stamped(by: account.domain, at: .now()).bytes
        do {
            let owner = Owner(account)
            let size = try await store.size(of: offlineMessages, of: owner)
            guard
                OfflinePolicy.admits(
                    bytes: bytes.count,
                    besides: size.count,
                    size.bytes,
                    limits: limits
                )
            else { throw StanzaError(.serviceUnavailable, .cancel, "too many offline messages") }
            let entry = NewLogEntry(time: .now(), value: bytes)
            noteOffline(of: account)
            _ = try await store.append([entry], to: offlineMessages, of: owner)
            noteOffline(of: account)
        } catch let error as StorageError {
            throw error.stanzaError
        } catch let error as StanzaError {
            throw error
        } catch {
            throw .internalServerError
        }
        await giveOutLate(account)
    }
}

extension Session {
    /// Whether messages for the account go to this resource (RFC 6121 §8.5.2.1.1).
    var takesOffline: Bool { isAvailable && priority >= 0 }
}
