import CPlugin

/// The functions that every plugin is given: one table for the process.
enum CoreTable {
    /// Made once, and never freed.
    ///
    /// Unchecked: it is written before anybody has it, and by nobody after that.
    nonisolated(unsafe) static let pointer: UnsafePointer<martlet_core> = {
        let table = UnsafeMutablePointer<martlet_core>.allocate(capacity: 1)
        table.initialize(to: martlet_core())
        table.pointee.size = UInt32(MemoryLayout<martlet_core>.size)
        table.pointee.major = UInt16(MARTLET_ABI_MAJOR)
        table.pointee.minor = UInt16(MARTLET_ABI_MINOR)
        fillRegistering(&table.pointee)
        fillDeciding(&table.pointee)
        fillStanzas(&table.pointee)
        fillElements(&table.pointee)
        fillSending(&table.pointee)
        fillHomes(&table.pointee)
        fillStreams(&table.pointee)
        fillTimers(&table.pointee)
        fillServices(&table.pointee)
        fillFacts(&table.pointee)
        fillPresence(&table.pointee)
        return UnsafePointer(table)
    }()

    static let ok = Int32(MARTLET_OK)
    static let invalid = Int32(MARTLET_EINVAL)
    static let stopped = Int32(MARTLET_ESTOPPED)
    static let elsewhere = Int32(MARTLET_EPLACE)

    /// The plugin that calls, unless it has stopped; while it does, it may still call.
    static func running(_ handle: OpaquePointer?) -> PluginSite? {
        guard let handle else { return nil }
        let site = PluginSite.at(handle)
        return site.hasEnded ? nil : site
    }
}
