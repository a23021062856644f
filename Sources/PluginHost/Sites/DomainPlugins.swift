import MartletRouter

/// The plugins of one domain, kept with it (`Domain.attachment`): by the number of their image.
final class DomainPlugins: Sendable {
    let sites: [PluginSite?]

    init(_ sites: [PluginSite?]) {
        self.sites = sites
    }
}
