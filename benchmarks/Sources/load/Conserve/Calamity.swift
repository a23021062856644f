/// What happens at the end of a round.
enum Calamity: String, CaseIterable, Sendable {
    /// SIGKILL, in the middle of everything.
    case kill = "server killed"
    /// The same, and once more while it comes up.
    case killTwice = "server killed, again as it starts"
    /// SIGTERM: it has time to put its things in order.
    case stop = "server stopped"
    /// `pg_ctl stop -m immediate`, and a start.
    case databaseStop = "database stopped at once"
    case postmaster = "postmaster killed"
    /// SIGKILL to one connection's process: the database ends them all, and recovers by itself.
    case backend = "backend killed"
    case everything = "server and postmaster killed"

    /// One in ten is a stop of the server, one in ten meets a start; with a database half of them are its.
    static func choose(hasDatabase: Bool, using dice: inout Dice) -> Calamity {
        switch Int.random(in: 0..<(hasDatabase ? 20 : 10), using: &dice) {
        case 0: .stop
        case 1: .killTwice
        case 10...12: .databaseStop
        case 13...15: .postmaster
        case 16...18: .backend
        case 19: .everything
        default: .kill
        }
    }

    var endsServer: Bool {
        switch self {
        case .kill, .killTwice, .stop, .everything: true
        case .databaseStop, .postmaster, .backend: false
        }
    }

    var strikesDatabase: Bool { !endsServer || self == .everything }
}
