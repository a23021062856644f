import Logging
import MartletRouter

extension MartletServer {
    /// What joins the services' process to the main one; nil in any other.
    ///
    /// The main process is found by `dialler`, if one is given, and else where the settings say.
    static func makeUplinks(
        _ settings: ServerSettings,
        _ router: Router,
        _ parsers: ParserPools,
        _ dialler: (any UplinkDialler)?,
        _ tls: UplinkTLS?,
        _ log: Logger
    ) -> UplinkService? {
        guard settings.role == .services else { return nil }
        return UplinkService(
            router: router,
            settings: settings,
            parsers: parsers,
            dialler: dialler ?? NetworkUplinkDialler(place: settings.services.join),
            tls: tls,
            log: log
        )
    }
}
