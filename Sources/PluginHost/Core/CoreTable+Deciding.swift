import CPlugin
import MartletCore
import MartletRouter
import MartletXML

extension CoreTable {
    static func fillDeciding(_ core: inout martlet_core) {
        core.reply = { event, payload in
            guard let event else { return CoreTable.invalid }
            let call = HookEvent.at(event)
            guard call.pointee.isRequest else { return CoreTable.invalid }
            guard !payload.isEmpty else {
                call.pointee.decision.payload = nil
                return CoreTable.ok
            }
            guard let element = ForeignXML.element(payload.bytes) else { return CoreTable.invalid }
            call.pointee.decision.payload = element
            return CoreTable.ok
        }
        core.fail = { event, error in
            guard let event, let error else { return Int32(MARTLET_ERROR) }
            HookEvent.at(event).pointee.decision.error = StanzaError(error.pointee)
            return Int32(MARTLET_ERROR)
        }
        core.replace = { event, stanza in
            guard let event, let stanza else { return CoreTable.invalid }
            HookEvent.at(event).pointee.decision.replaced = Stanza.at(stanza)
            return CoreTable.ok
        }
        core.pass = { event, value in
            guard let event, let value else { return CoreTable.invalid }
            HookEvent.at(event).pointee.decision.passed = ChainValue(value.pointee)
            return CoreTable.ok
        }
        core.pend = { event in
            guard let event, let handle = event.pointee.site else { return 0 }
            let call = HookEvent.at(event)
            guard call.pointee.mayPend else { return 0 }
            if call.pointee.token == 0 {
                call.pointee.token = TokenSlab.shared.open(for: PluginSite.at(handle))
            }
            return call.pointee.token
        }
        core.complete = { token, outcome in
            guard let said = martlet_outcome(reading: outcome),
                let read = TokenSlab.Outcome(said)
            else {
                return CoreTable.invalid
            }
            return TokenSlab.shared.complete(token, read) ? CoreTable.ok : Int32(MARTLET_EGONE)
        }
        core.answer = { token, status, fields, count, body in
            let pairs = UnsafeBufferPointer(start: fields, count: fields == nil ? 0 : count)
                .map { ($0.name.string, $0.value.string) }
            let isGood = TokenSlab.shared.complete(token, .answer(status, pairs, body.string))
            return isGood ? CoreTable.ok : Int32(MARTLET_EGONE)
        }
    }
}

extension TokenSlab.Outcome {
    /// What a plugin says; nil when it makes no sense, and the wait goes on.
    fileprivate init?(_ said: martlet_outcome) {
        var payload: Element?
        if !said.payload.isEmpty {
            payload = ForeignXML.element(said.payload.bytes)
            guard payload != nil else { return nil }
        }
        if !said.login.isEmpty, said.login.address?.isFull != true { return nil }
        self = .verdict(
            said.verdict,
            said.replace.map { Stanza.at($0) },
            payload,
            StanzaError(said.error),
            said.value.ptr == nil ? nil : ChainValue(said.value),
            login: said.login.address
        )
    }
}

extension ChainValue {
    /// Takes over what a plugin left; its `drop` is called when the chain is over.
    fileprivate convenience init(_ value: martlet_value) {
        let (drop, pointer) = (value.drop, value.ptr)
        self.init(kind: value.kind, pointer: pointer) { drop?(pointer) }
    }
}
