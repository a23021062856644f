internal import CExpat
import Glibc

/// What expat calls. Nothing here throws or traps, whatever the peer sent.
extension ExpatReader {
    func setHandlers() {
        XML_SetUserData(expat, Unmanaged.passUnretained(self).toOpaque())
        XML_SetElementHandler(
            expat,
            { context, name, attributes in
                guard let name, let attributes else { return }
                ExpatReader.from(context)?.startElement(name, attributes)
            },
            { context, _ in ExpatReader.from(context)?.endElement() }
        )
        XML_SetCharacterDataHandler(expat) { context, text, count in
            guard let text else { return }
            ExpatReader.from(context)?.characters(bytes(text, Int(count)))
        }
        setRefusals()
    }

    /// The second wall behind ``MarkupGuard``.
    private func setRefusals() {
        XML_SetStartDoctypeDeclHandler(expat) { context, _, _, _, _ in
            ExpatReader.from(context)?.refuse(.restrictedXML)
        }
        XML_SetEntityDeclHandler(expat) { context, _, _, _, _, _, _, _, _ in
            ExpatReader.from(context)?.refuse(.restrictedXML)
        }
        XML_SetProcessingInstructionHandler(expat) { context, _, _ in
            ExpatReader.from(context)?.refuse(.restrictedXML)
        }
        XML_SetCommentHandler(expat) { context, _ in
            ExpatReader.from(context)?.refuse(.restrictedXML)
        }
        XML_SetXmlDeclHandler(expat) { context, version, encoding, _ in
            ExpatReader.from(context)?.declaration(version, encoding)
        }
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> ExpatReader? {
        context.map { Unmanaged<ExpatReader>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Where the event under way ends, as expat counts.
    var eventEnd: Int {
        XML_GetCurrentByteIndex(expat) + Int(XML_GetCurrentByteCount(expat))
    }

    func refuse(_ kind: XMLError.Kind) {
        if stop == nil { halt(.fault(kind)) }
    }

    private func declaration(
        _ version: UnsafePointer<CChar>?,
        _ encoding: UnsafePointer<CChar>?
    ) {
        // XML 1.0 §2.8: later ones of its kind are read as 1.0; expat takes whatever stands there.
        guard let version, strncmp(version, "1.", 2) == 0,
            strspn(version + 2, "0123456789") == strlen(version + 2)
        else { return refuse(.notWellFormed) }
        guard let encoding, strcasecmp(encoding, "UTF-8") != 0 else { return }
        refuse(.unsupportedEncoding)
    }

    private func startElement(
        _ name: UnsafePointer<CChar>,
        _ attributes: UnsafeMutablePointer<UnsafePointer<CChar>?>
    ) {
        guard stop == nil else { return }
        guard mode != .priming else {
            mode = .stanzas
            return
        }
        guard Int(XML_GetCurrentByteCount(expat)) <= limits.tagBytes else {
            return refuse(.limit(.tagBytes))
        }
        let fault =
            mode == .header
            ? openStream(bytes(name), attributes) : openElement(bytes(name), attributes)
        if let fault { return refuse(fault) }
        if mode == .header {
            mode = .stanzas
            boundary = eventEnd
        }
    }

    private func endElement() {
        guard stop == nil, mode == .stanzas else { return }
        guard let ending = open.last else {
            mode = .closed
            events.append(StreamEvent(kind: .closed, endOffset: eventEnd + offsetBase))
            return halt(.closed)
        }
        builder.endElement()
        namespaces.restore(ending.mark)
        open.truncate(to: open.count - 1)
        if open.count == 0 { endStanza() }
    }

    private func endStanza() {
        let end = eventEnd
        guard end - boundary <= limits.stanzaBytes, builder.bytes.count <= limits.stanzaBytes else {
            return refuse(.limit(.stanzaBytes))
        }
        boundary = end
        let element = Element(document: builder.makeDocument())
        events.append(StreamEvent(kind: .element(element), endOffset: end + offsetBase))
        builder.reset()
        elements = 0
        if isWorn { halt(.worn) }
    }

    private func characters(_ text: Bytes) {
        guard stop == nil, mode == .stanzas else { return }
        guard open.count > 0 else {
            guard text.isWhitespace else { return refuse(.badFormat) }
            boundary = eventEnd
            return
        }
        builder.text(text)
        if builder.bytes.count > limits.stanzaBytes { refuse(.limit(.stanzaBytes)) }
    }
}

/// Expat's characters, which are UTF-8.
func bytes(_ text: UnsafePointer<CChar>, _ count: Int) -> Bytes {
    Bytes(start: UnsafeRawPointer(text).assumingMemoryBound(to: UInt8.self), count: count)
}

func bytes(_ text: UnsafePointer<CChar>) -> Bytes { bytes(text, strlen(text)) }
