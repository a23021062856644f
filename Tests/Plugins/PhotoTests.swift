import MartletTesting
import Testing

/// Photos of vCards (XEP-0153) where other plugins have a say.
@Suite(.timeLimit(.minutes(5))) struct PhotoTests {
    @Test func `a blocked contact is not told of a new photo`() async throws {
        let scene = try await Scene(plugins: ["vcard": "{}", "blocking": "{}"])
        try await Transcript(
            """
            friends romeo@montague.example juliet@capulet.example
            friends romeo@montague.example mercutio@montague.example
            juliet = juliet@capulet.example/balcony
            mercutio = mercutio@montague.example/street
            romeo = romeo@montague.example/orchard
            mercutio > <presence/>
            mercutio < <presence from='mercutio@montague.example/street' to='*'/>
            mercutio < <presence type='unavailable' from='romeo@montague.example' to='*'/>
            juliet > <presence/>
            juliet < <presence from='juliet@capulet.example/balcony' to='*'/>
            juliet < <presence type='unavailable' from='romeo@montague.example' to='*'/>
            romeo > <presence/>
            juliet < <presence from='romeo@montague.example/orchard' to='juliet@capulet.example'/>
            mercutio < <presence from='romeo@montague.example/orchard' to='mercutio@montague.example'/>
            romeo > <iq type='set' id='b1'><block xmlns='urn:xmpp:blocking'>
              <item jid='mercutio@montague.example'/></block></iq>
            romeo < <iq type='result' id='b1' to='romeo@montague.example/orchard'/>
            mercutio < <presence type='unavailable' from='*' to='*'/>
            romeo > <iq type='set' id='v1'><vCard xmlns='vcard-temp'>
              <PHOTO><BINVAL>b25l</BINVAL></PHOTO></vCard></iq>
            romeo < <iq type='result' id='v1' to='romeo@montague.example/orchard'/>
            juliet < <presence from='romeo@montague.example/orchard' to='juliet@capulet.example'>
              <x xmlns='vcard-temp:x:update'><photo>fe05bcdcdc4928012781a5f1a2a77cbb5398e106</photo></x></presence>
            mercutio < nothing
            """,
            name: "blocked"
        ).play(in: scene)
        await scene.end()
    }
}
