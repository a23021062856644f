import MartletPluginKit
import Synchronization

/// Removes messages that are too old, and the oldest of those that are too many (XEP-0313 §3.2).
final class Retention: Sendable {
    private let site: Site
    private let sharedSettings: Shared<ArchiveSettings>
    private let register: ArchiveRegister
    private let round = Mutex<Task<Void, Never>?>(nil)
    private let hasStarted = Atomic(false)

    init(_ site: Site, _ settings: Shared<ArchiveSettings>, _ register: ArchiveRegister) {
        self.site = site
        sharedSettings = settings
        self.register = register
    }

    private var settings: ArchiveSettings { sharedSettings.value }

    /// Looks through the archives from now on, at intervals; once is enough.
    ///
    /// Where the settings are the usual ones, that is when the first message is archived: of thousands of
    /// domains most archive none.
    func start() {
        guard !hasStarted.exchange(true, ordering: .relaxed),
            settings.keepDays > 0 || settings.keepMessages > 0
        else { return }
        let interval = Duration.seconds(settings.retentionMinutes * 60)
        site.timer(after: interval, every: interval) { [weak self] in self?.begin() }
    }

    func stop() async {
        let last = round.withLock { $0 }
        last?.cancel()
        await last?.value
    }

    /// Begins a round, unless the last is under way still.
    private func begin() {
        round.withLock { round in
            guard round == nil else { return }
            round = Task { [weak self] in
                await self?.trimAll()
                self?.round.withLock { $0 = nil }
            }
        }
    }

    private func trimAll() async {
        var last: String?
        do {
            while !Task.isCancelled {
                let names = try await register.list(after: last, limit: 100)
                guard !names.isEmpty else { return }
                for name in names { if let account = JID(name) { try await trim(account) } }
                last = names.last
            }
        } catch {
            site.log(.warning, "old messages could not be removed: \(error)")
        }
    }

    private func trim(_ account: JID) async throws(StoreError) {
        if settings.keepDays > 0 {
            let age = Int64(settings.keepDays) * 86_400_000_000
            let oldest = Timestamp(microseconds: site.now.microseconds - age)
            try await trim(.before(oldest), account)
        }
        if settings.keepMessages > 0 {
            try await trim(.toNewest(settings.keepMessages), account)
        }
    }

    /// In small steps, so that nobody waits long for the store.
    private func trim(_ what: LogTrim, _ account: JID) async throws(StoreError) {
        let operation = Operation.trim(what, in: MessageArchive.log)
        while !Task.isCancelled {
            let outcome = try await site.store.perform(operation, of: .account(account))
            guard outcome.count > 0 else { return }
        }
    }
}
