import CPlugin
@testable import MartletPluginHost

/// The server's own functions: those for stanzas and addresses need no server, and are what plugins
/// get.
func serverFunctions() -> martlet_core { CoreTable.pointer.pointee }
