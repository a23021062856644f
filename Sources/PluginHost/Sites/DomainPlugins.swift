/// The plugins of one domain, kept with it (`Domain.attachment`): by the number of their image.
///
/// Unchecked: the cells are written once, before anybody sees them.
final class DomainPlugins: @unchecked Sendable {
    /// What a call needs of a site, in memory that is read without counting anything.
    struct Cell {
        /// Sites are never freed.
        let site: Unmanaged<PluginSite>?
    }

    let sites: [PluginSite?]
    /// Nobody may log in: who was to say who may is not at work.
    let isClosed: Bool
    private let cells: UnsafeMutableBufferPointer<Cell>

    init(_ sites: [PluginSite?], isClosed: Bool = false) {
        self.sites = sites
        self.isClosed = isClosed
        cells = .allocate(capacity: sites.count)
        _ = cells.initialize(from: sites.map { Cell(site: $0.map(Unmanaged.passUnretained)) })
    }

    deinit { cells.deallocate() }

    /// The site of an image in the domain that keeps this, read by its address.
    @inline(__always)
    static func site(_ slot: Int, at address: UnsafeRawPointer?) -> Unmanaged<PluginSite>? {
        guard let address else { return nil }
        return Unmanaged<DomainPlugins>.fromOpaque(address)._withUnsafeGuaranteedRef { plugins in
            slot < plugins.cells.count ? plugins.cells[slot].site : nil
        }
    }
}
