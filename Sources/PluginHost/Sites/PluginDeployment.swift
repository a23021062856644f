import MartletCore
import Synchronization

/// A plugin in one server: what its sites in all domains have in common.
final class PluginDeployment: Sendable {
    let image: PluginImage
    unowned let host: PluginHost
    private let site = Mutex<PluginSite?>(nil)

    init(_ image: PluginImage, in host: PluginHost) {
        self.image = image
        self.host = host
        let whole = PluginSite(self, at: nil)
        site.withLock { $0 = whole }
    }

    /// The plugin as a whole, by which it registers what is the same everywhere.
    var whole: PluginSite? { site.withLock { $0 } }
}

/// A domain as all sites in it know it.
final class SiteDomain: Sendable {
    let address: JID
    let name: String

    init(_ address: JID) {
        self.address = address
        name = address.domainpart
    }
}
