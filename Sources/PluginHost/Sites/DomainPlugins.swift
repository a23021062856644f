/// The plugins of one domain, kept with it (`Domain.attachment`): by the number of their image.
///
/// Unchecked: the cells are written once, before anybody sees them.
final class DomainPlugins: @unchecked Sendable {
    /// Nobody may log in: who was to say who may is not at work.
    let isClosed: Bool
    private let cells: UnsafeMutableBufferPointer<Unmanaged<PluginSite>?>

    init(_ sites: [PluginSite?], isClosed: Bool = false) {
        self.isClosed = isClosed
        cells = .allocate(capacity: sites.count)
        _ = cells.initialize(from: sites.map { $0.map(Unmanaged.passUnretained) })
    }

    deinit { cells.deallocate() }

    var sites: [PluginSite?] { cells.map { $0?.takeUnretainedValue() } }

    /// The sites in the domain that keeps this, read by its address.
    @inline(__always)
    static func sites(at address: UnsafeRawPointer?) -> SiteCells {
        guard let address else { return SiteCells(cells: nil, count: 0) }
        return Unmanaged<DomainPlugins>.fromOpaque(address)._withUnsafeGuaranteedRef {
            SiteCells(cells: $0.cells.baseAddress.map { UnsafePointer($0) }, count: $0.cells.count)
        }
    }
}

/// What a call needs of the sites of a domain, in memory that is read without counting anything; sites
/// are never freed.
struct SiteCells: BitwiseCopyable {
    fileprivate let cells: UnsafePointer<Unmanaged<PluginSite>?>?
    fileprivate let count: Int

    /// The site of an image; nil once it is switched off.
    @inline(__always)
    func running(_ slot: Int) -> Unmanaged<PluginSite>? {
        guard let site = site(slot) else { return nil }
        return site._withUnsafeGuaranteedRef { $0.isStopped } ? nil : site
    }

    /// The same, running or not.
    @inline(__always)
    func site(_ slot: Int) -> Unmanaged<PluginSite>? {
        guard slot < count, let cells else { return nil }
        return cells[slot]
    }
}
