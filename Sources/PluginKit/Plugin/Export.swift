public import CPlugin

/// Describes a plugin to the host; what the exported function returns.
public func export<P: Plugin>(_ type: P.Type) -> UnsafePointer<martlet_plugin> {
    let about = P.about
    let made = UnsafeMutablePointer<martlet_plugin>.allocate(capacity: 1)
    made.initialize(to: martlet_plugin())
    made.pointee.magic = MARTLET_ABI_MAGIC
    made.pointee.size = UInt32(MemoryLayout<martlet_plugin>.size)
    made.pointee.major = UInt16(MARTLET_ABI_MAJOR)
    made.pointee.minor = UInt16(MARTLET_ABI_MINOR)
    made.pointee.flags = about.isOffByDefault ? UInt32(MARTLET_OFF_BY_DEFAULT) : 0
    made.pointee.name = about.name.immortal
    made.pointee.version = about.version.immortal
    made.pointee.about = about.summary.immortal
    made.pointee.needs = about.needs.joined(separator: " ").immortal
    made.pointee.provides = about.provides.joined(separator: " ").immortal
    made.pointee.settings = about.settingsSchema.immortal
    // C functions cannot capture the type: it travels as their `ud`.
    made.pointee.ud = Unmanaged.passRetained(Maker<P>() as AnyMaker).toOpaque()
    made.pointee.load = { ud, core, site, error in
        guard let ud, let core, let site else { return Int32(MARTLET_EINVAL) }
        // The same when it is loaded again, as tests do while what they began before may still read it.
        if Core.table != core { Core.table = core }
        AnyMaker.at(ud).register(at: site)
        return Int32(MARTLET_OK)
    }
    made.pointee.start = { ud, site, settings, error in
        guard let ud, let site else { return nil }
        do {
            return try AnyMaker.at(ud).make(at: site, settings.string)
        } catch let fault {
            error?.pointee = "\(fault)".immortal
            return nil
        }
    }
    made.pointee.configure = { instance, settings, error in
        guard let instance else { return Int32(MARTLET_EINVAL) }
        do {
            let isTaken = try AnyInstance.at(instance)?.reconfigure(by: settings.string) ?? false
            return isTaken ? Int32(MARTLET_OK) : Int32(MARTLET_EUNSUPPORTED)
        } catch let fault {
            error?.pointee = "\(fault)".immortal
            return Int32(MARTLET_EINVAL)
        }
    }
    made.pointee.stop = { instance, done, ud in
        guard let instance, let done else { return }
        let end = StopCall(instance: instance, done: done, ud: ud)
        Task { await end.run() }
    }
    return UnsafePointer(made)
}

/// The end of a plugin, and whom to tell of it.
///
/// Unchecked: the instance is ours alone by now; a function, and a pointer that the host follows.
private struct StopCall: @unchecked Sendable {
    let instance: UnsafeMutableRawPointer
    let done: @convention(c) (UnsafeMutableRawPointer?) -> Void
    let ud: UnsafeMutableRawPointer?

    /// It lets go before it says so: what it does then may still call the host.
    func run() async {
        await AnyInstance.at(instance)?.stop()
        Unmanaged<AnyObject>.fromOpaque(instance).release()
        done(ud)
    }
}

/// Makes instances of a plugin whose type C cannot name.
///
/// Unchecked: it has nothing that changes.
class AnyMaker: @unchecked Sendable {
    static func at(_ pointer: UnsafeMutableRawPointer) -> AnyMaker {
        Unmanaged<AnyMaker>.fromOpaque(pointer).takeUnretainedValue()
    }

    func register(at site: OpaquePointer) {}
    func make(at site: OpaquePointer, _ settings: String) throws -> UnsafeMutableRawPointer? { nil }
}

/// Unchecked: it has nothing at all.
private final class Maker<P: Plugin>: AnyMaker, @unchecked Sendable {
    override func register(at site: OpaquePointer) {
        P.register(in: Registration(Site(site)))
    }

    override func make(
        at site: OpaquePointer,
        _ settings: String
    ) throws -> UnsafeMutableRawPointer? {
        let read = try SettingsReader.read(settings, as: P.Settings.self)
        return Unmanaged.passRetained(try P(Site(site), read)).toOpaque()
    }
}

/// The plugin at a domain: what the host holds of it is the plugin itself, so that one that keeps nothing
/// has the sixteen bytes of an object and no more.
@usableFromInline
enum Instance<P: Plugin> {
    /// The plugin behind the pointer that `start` gave, which only this type's maker gives.
    static func plugin(at pointer: UnsafeMutableRawPointer?) -> P? {
        pointer.map { Unmanaged<P>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Lends it for a call.
    ///
    /// Every shard calls the same plugin, and counting it would have them wait for each other. The
    /// host keeps the instance until no call is under way.
    @inlinable
    @inline(__always)
    static func lend(
        at pointer: UnsafeMutableRawPointer?,
        _ body: (P) -> Int32
    ) -> Int32 {
        guard let pointer else { return 0 }
        return Unmanaged<P>.fromOpaque(pointer)._withUnsafeGuaranteedRef { body($0) }
    }
}

/// A plugin whose type is to be found out: for its settings, and its end.
enum AnyInstance {
    static func at(_ pointer: UnsafeMutableRawPointer) -> (any Plugin)? {
        Unmanaged<AnyObject>.fromOpaque(pointer).takeUnretainedValue() as? any Plugin
    }
}

extension Plugin {
    fileprivate func reconfigure(by settings: String) throws -> Bool {
        try reconfigure(try SettingsReader.read(settings, as: Settings.self))
    }
}
