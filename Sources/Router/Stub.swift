import MartletCore
import MartletNet
enum Delivery {
  struct Resource { var jid: JID; var isAvailable: Bool; var priority: Int }
  enum Decision { case to([Int]), offline, bounce(StanzaError), ignore }
  static func ofMessage(_ t: StanzaType, to: JID, resources: [Resource]) -> Decision { fatalError() }
}
struct SessionManagement { mutating func countHandled() {} }
extension Session { func dismissManagement(on: Shard) -> [Stanza] { [] } }
extension RouterShard { func sendManaged(_ s: Stanza, to: Session) {} }
