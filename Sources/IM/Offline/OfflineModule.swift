import MartletCore
public import MartletRouter
import MartletStorage
import MartletXML

/// Keeps messages for those who are away (XEP-0160).
///
/// A message is in the log until the client that it was given to has taken it: with XEP-0198, when it
/// is acknowledged; without, when its last byte has left for the network. A client that vanishes on
/// the way loses nothing, and a message that was taken is not given out again.
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
private let offlineMessages = "offline"

/// Messages given out at a time, so that a full log does not become one huge write.
private let pageSize = 100

/// How far an account's log was given out: what stands behind has been sent and not yet taken.
private final class OfflineCursor {
    var givenThrough: Int64?
}

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
            _ = try await store.append([entry], to: offlineMessages, of: owner)
        } catch let error as StanzaError {
            throw error
        } catch {
            throw .internalServerError
        }
        await giveOutLate(account)
    }

    /// A resource may have come while the message was being stored: it then takes it at once.
    private func giveOutLate(_ account: JID) async {
        guard let session = home(of: account)?.sessions.first(where: { $0.takesOffline }) else {
            return
        }
        await giveOutOffline(to: session.id)
    }

    /// Gives a session all messages of its account's log, in order.
    ///
    /// Called before the session is available, so that nothing newer overtakes them.
    func giveOutOffline(to id: SessionID) async {
        guard let home = home(of: id.jid) else { return }
        let cursor = home.state[OfflineCursor.self] ?? OfflineCursor()
        home.state[OfflineCursor.self] = cursor
        while session(id) != nil {
            let query = LogQuery(after: cursor.givenThrough, limit: pageSize)
            guard
                let page = try? await store.query(
                    query,
                    in: offlineMessages,
                    of: Owner(id.jid.bare)
                ),
                !page.entries.isEmpty, let session = session(id)
            else { return }
            for entry in page.entries where entry.id > cursor.givenThrough ?? .min {
                cursor.givenThrough = entry.id
                giveOut(entry, to: session)
            }
        }
    }

    private func giveOut(_ entry: LogEntry, to session: Session) {
        let account = session.jid.bare
        guard let element = try? Element(parsing: entry.value),
            let message = try? Stanza(element)
        else { return dropOffline(entry.id, of: account) }
        send(message, to: session) { shard, isTaken in
            if isTaken {
                shard.dropOffline(entry.id, of: account)
            } else {
                shard.rewindOffline(to: entry.id, of: account)
            }
        }
    }

    private func dropOffline(_ id: Int64, of account: JID) {
        track { shard in
            _ = try? await shard.store.removeEntries(
                [id],
                from: offlineMessages,
                of: Owner(account)
            )
        }
    }

    /// The client went before it took the message: the next one is given it again.
    private func rewindOffline(to id: Int64, of account: JID) {
        guard let cursor = home(of: account)?.state[OfflineCursor.self] else { return }
        if let given = cursor.givenThrough, given >= id { cursor.givenThrough = id - 1 }
    }
}

extension Session {
    /// Whether messages for the account go to this resource (RFC 6121 §8.5.2.1.1).
    var takesOffline: Bool { isAvailable && priority >= 0 }
}
