import FoundationEssentials
import MartletPluginKit
import Synchronization

/// A JSON file of users.
///
///     {"romeo": "his password", "juliet@capulet.example": {"SCRAM-SHA-256": "4096,…"}}
///
/// A name without a domain is one in every domain that uses the file.
final class UserFile: Sendable {
    private let path: String
    private let site: Site
    private let read: Mutex<Content>

    private struct Content: Sendable {
        /// By bare address.
        var users: [JID: Credentials]
        /// Of the file that was read last, good or not.
        var stamp: Stamp
    }

    /// What tells one state of a file from another.
    private struct Stamp: Equatable, Sendable {
        let time: Date?
        let byteCount: UInt64?
    }

    /// Larger ones are refused.
    private static let byteLimit: UInt64 = 16 << 20

    /// - Throws: `AuthFileFault` for a file that cannot be read.
    init(_ path: String, at site: Site) throws(AuthFileFault) {
        self.path = path
        self.site = site
        let stamp = Self.stamp(of: path)
        read = Mutex(Content(users: try Self.users(in: path, stamp, at: site), stamp: stamp))
    }

    /// Nil for who is not in the file; off the server's threads, since files block.
    @concurrent
    func credentials(of account: JID) async -> Credentials? {
        let stamp = Self.stamp(of: path)
        return read.withLock { content in
            if content.stamp != stamp {
                content.stamp = stamp
                do throws(AuthFileFault) {
                    content.users = try Self.users(in: path, stamp, at: site)
                } catch {
                    site.log(.error, "the users stay those of before: \(error)")
                }
            }
            return content.users[account]
        }
    }

    private static func stamp(of path: String) -> Stamp {
        let facts = try? FileManager.default.attributesOfItem(atPath: path)
        return Stamp(
            time: facts?[.modificationDate] as? Date,
            byteCount: facts?[.size] as? UInt64
        )
    }

    private static func users(
        in path: String,
        _ stamp: Stamp,
        at site: Site
    ) throws(AuthFileFault) -> [JID: Credentials] {
        guard stamp.byteCount ?? 0 <= byteLimit,
            let data = FileManager.default.contents(atPath: path)
        else { throw AuthFileFault("\(path) cannot be read") }
        guard let entries = try? JSONDecoder().decode([String: Entry].self, from: data) else {
            throw AuthFileFault("\(path) is no JSON object of names and passwords")
        }
        var users: [JID: Credentials] = [:]
        for (name, entry) in entries {
            let address = name.contains("@") ? name : "\(name)@\(site.domain)"
            guard let account = JID(address), account.isBare, account.localpart != nil else {
                throw AuthFileFault("\(path): \"\(name)\" is no name of an account")
            }
            users[account] = entry.credentials
        }
        return users
    }
}

/// A password, or verifiers by their mechanisms.
private struct Entry: Decodable {
    let credentials: Credentials

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let password = try? container.decode(String.self) {
            credentials = .password(password)
        } else {
            credentials = .verifiers(try container.decode([String: String].self))
        }
    }
}
