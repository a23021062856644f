public import CPlugin
import MartletPluginKit

@c(martlet_plugin_entry)
public func entry() -> UnsafePointer<martlet_plugin> { export(Privacy.self) }
