import RelanceCore
import RelanceTestSupport
import Testing

/// Encoding, weight and cuts, and what folding keeps and changes.
@Suite struct SMSTextTests {
    @Test(
        arguments: [
            ("", .gsm7, 0, 1), ("a", .gsm7, 1, 1), ("€", .gsm7, 2, 1), ("ç", .ucs2, 1, 1), ("🍎", .ucs2, 2, 1),
            (String(repeating: "é", count: 160), .gsm7, 160, 1),
            (String(repeating: "é", count: 161), .gsm7, 161, 2),
            (String(repeating: "a", count: 306), .gsm7, 306, 2),
            (String(repeating: "a", count: 307), .gsm7, 307, 3),
            (String(repeating: "a", count: 459), .gsm7, 459, 3),
            (String(repeating: "€", count: 80), .gsm7, 160, 1),
            (String(repeating: "€", count: 152), .gsm7, 304, 2),
            // 153 is odd: each part ends a septet early rather than cut an escape from its character.
            (String(repeating: "€", count: 153), .gsm7, 306, 3),
            (String(repeating: "ç", count: 70), .ucs2, 70, 1),
            (String(repeating: "ç", count: 71), .ucs2, 71, 2),
            (String(repeating: "ç", count: 134), .ucs2, 134, 2),
            (String(repeating: "ç", count: 135), .ucs2, 135, 3),
            (String(repeating: "🍎", count: 35), .ucs2, 70, 1),
            (String(repeating: "🍎", count: 66), .ucs2, 132, 2),
            (String(repeating: "🍎", count: 67), .ucs2, 134, 3),
            (String(repeating: "a", count: 69) + "ç", .ucs2, 70, 1), ("\r\n", .gsm7, 2, 1),
        ] as [(String, SMSText.Encoding, Int, Int)])
    func `a text weighs what the standard says`(
        text: String, encoding: SMSText.Encoding, units: Int, parts: Int
    ) {
        let sms = SMSText(text)
        #expect(sms.encoding == encoding)
        #expect(sms.units == units)
        #expect(sms.parts == parts)
        #expect(sms.isOneSegment == (parts == 1))
        #expect(sms.segments.count == parts)
    }

    @Test(arguments: Seeds.or([340]))
    func `cut or whole, no text loses a character and no part carries too much`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let characters = Array("aé €[ç’œ🍎e\u{301}👩‍🌾\nΩЯ")
        for _ in 0..<2000 {
            let alphabet = characters.shuffled(using: &random).prefix(Int(random.number(in: 1...6)))
            let count = Int(random.number(in: 0...400))
            let text = String((0..<count).compactMap { _ in alphabet.randomElement(using: &random) })
            let sms = SMSText(text)
            let segments = sms.segments
            #expect(segments.joined().unicodeScalars.elementsEqual(text.unicodeScalars))
            #expect(segments.count == sms.parts)
            let limit = segments.count == 1 ? sms.encoding.alone : sms.encoding.joined
            let weights = segments.map { weight(of: $0, in: sms.encoding) }
            #expect(weights.allSatisfy { $0 <= limit }, "\(text)")
            #expect(weights.reduce(0, +) == sms.units)
            // A part that ends early had no room for the next character.
            #expect(weights.dropLast().allSatisfy { $0 >= limit - 1 }, "\(text)")
        }
    }

    @Test(arguments: [
        ("Jean-François Lefèvre", "Jean-Francois Lefèvre"),
        ("é è à ù ì ò Ç É ä ö ü ñ Ä Ö Ü Ñ ß Æ æ Ø ø Å å", "é è à ù ì ò Ç É ä ö ü ñ Ä Ö Ü Ñ ß Æ æ Ø ø Å å"),
        ("â ê î ô û ë ï ç œ À È Ê Œ Â Î Ô Û Ë Ï Ù Ÿ ÿ", "a e i o u e i c oe A E E OE A I O U E I U Y y"),
        ("e\u{301} c\u{327} x\u{302}", "é c x"),
        ("« Le Phare »", "\"Le Phare\""), ("«\u{A0}Le Phare\u{202F}»", "\"Le Phare\""),
        ("«Phare»", "\"Phare\""),
        ("“l’œuvre”… ‘ici’", "\"l'oeuvre\"... 'ici'"),
        ("9\u{202F}h – 17\u{A0}h\u{A0}30 — 1‑2 −3", "9 h - 17 h 30 - 1-2 -3"),
        ("N° 12, 1ᵉʳ étage, 2² m²", "No 12, 1er étage, 22 m2"), ("ﬁn ½ № ™ © ´`", "fin 1/2 No TM (c) ''"),
        ("Łódź, Đặng, Þór, İstanbul, Ħ", "Lodz, Dang, Thor, Istanbul, H"),
        ("10 € [net] {x}", "10 € [net] {x}"),
        ("a\tb\r\nc\rd\u{2028}e\u{0}f\u{1B}g\u{202E}h\u{AD}i\u{FEFF}", "a b\nc\nd\nefghi"),
        ("Привет, ça va…", "Привет, ça va…"), ("Cidre & Poiré 🍎 « d’Auge »", "Cidre & Poiré 🍎 « d’Auge »"),
        ("Γειά σου", "Γειά σου"), ("ΩΔ", "ΩΔ"), ("\u{2126}", "Ω"), ("👩‍🌾\u{7}", "👩‍🌾"), ("", ""),
    ]) func `folding keeps what the alphabet has and writes the rest as a typewriter would`(
        text: String, folded: String
    ) {
        let result = SMSText.folded(text)
        #expect(result.unicodeScalars.elementsEqual(folded.unicodeScalars), "\(result)")
        #expect(SMSText.folded(result).unicodeScalars.elementsEqual(result.unicodeScalars))
    }

    @Test(arguments: Seeds.or([338]))
    func `a fold is its own fold, and no text of the alphabet grows`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let french = Array("Àé çœ’«» …–°ÈÊñ€[\n\tabcZ19\u{A0}\u{202F}.,:!?".unicodeScalars)
        for _ in 0..<5000 {
            let isFrench = random.number(in: 0...1) == 0
            var text = String.UnicodeScalarView()
            for _ in 0..<random.number(in: 0...60) {
                // Half of the others up to the combining marks, half of the whole basic plane.
                let last: Int64 = random.number(in: 0...1) == 0 ? 0x370 : 0xFFFD
                let any = Unicode.Scalar(UInt32(random.number(in: 0...last))) ?? " "
                text.append(isFrench ? french.randomElement(using: &random) ?? " " : any)
            }
            let original = SMSText(String(text))
            let folded = SMSText(SMSText.folded(original.text))
            #expect(
                SMSText.folded(folded.text).unicodeScalars.elementsEqual(folded.text.unicodeScalars),
                "\(text)")
            if isFrench { #expect(folded.encoding == .gsm7, "\(text)") }
            guard original.encoding == .gsm7 else { continue }
            #expect(folded.encoding == .gsm7)
            #expect(folded.units <= original.units)
        }
    }

    /// The texts of domain 2.4 with the figures printed there, for values as long as the author took.
    struct Wording: CustomTestStringConvertible, Sendable {
        var figure: Int
        var template: String
        var values: [String: String]

        var testDescription: String { template }

        /// The template filled in.
        var text: String {
            values.reduce(template) { $0.replacing("{\($1.key)}", with: $1.value) }
        }

        static let french = [
            "ref": "2020-0342", "conseiller": "Jean-François LEFÈVRE", "limite": "vendredi 13/11 à 12h",
            "tel": "02 61 91 00 90", "jour": "vendredi 13/11", "quand": "vendredi 13/11 à 14h30",
            "lieu": "12, quai Henri-IV, 1er étage", "ancien": "jeudi 12/11 à 14h30", "heure": "14h30",
            "date": "09/11", "lien": "https://cci.example/a",
        ]
        static let english = french.merging(
            [
                "limite": "Thursday 5:30 pm", "jour": "Wednesday", "quand": "Fri 13 Nov 2:30 pm",
                "ancien": "Thu 12 Nov, 2:30 pm", "heure": "2:30pm", "date": "9 Nov.",
            ], uniquingKeysWith: { $1 })

        static let all =
            [
                (
                    145,
                    "CCI : votre demande {ref} est enregistrée. {conseiller} vous rappelle avant {limite}. Pour nous joindre : {tel}"
                ),
                (
                    145,
                    "CCI : {conseiller} suit désormais votre dossier {ref} et vous appelle avant {limite}. Pour nous joindre : {tel}"
                ),
                (
                    137,
                    "CCI : en l'absence de votre conseiller jusqu'au {jour}, {conseiller} suit votre dossier {ref}. Tél. : {tel}"
                ),
                (132, "CCI : RDV confirmé {quand} avec {conseiller}. {lieu}. Pour le changer : {tel}"),
                (
                    124,
                    "CCI : RDV téléphonique confirmé {quand}. {conseiller} vous appelle. Pour le changer : {tel}"
                ),
                (
                    156,
                    "CCI : votre RDV du {ancien} est déplacé au {quand} avec {conseiller}. {lieu}. Tél. : {tel}"
                ),
                (
                    140,
                    "CCI : nous devons annuler votre RDV du {ancien}, avec nos excuses. Nous vous rappelons pour une autre date. Tél. : {tel}"
                ),
                (
                    129,
                    "CCI : votre RDV du {ancien} est annulé, comme demandé. Votre dossier reste ouvert. Pour reprendre RDV : {tel}"
                ),
                (138, "CCI : rappel de votre RDV {quand} avec {conseiller}. {lieu}. Un contretemps ? {tel}"),
                (
                    131,
                    "CCI : votre RDV avec {conseiller} est aujourd'hui à {heure}. {lieu}. En cas de retard : {tel}"
                ),
                (
                    148,
                    "CCI : pour avancer sur votre dossier {ref}, il nous manque des documents : la liste est dans notre mail du {date}. Besoin d'aide ? {tel}"
                ),
                (
                    145,
                    "CCI : nous attendons encore quelques documents pour votre dossier {ref}. Si c'est compliqué, {conseiller} vous aide : {tel}"
                ),
                (
                    137,
                    "CCI : {conseiller} a essayé de vous joindre à {heure}. Nouvel essai {jour}. Ou appelez-nous de 9h à 17h30 : {tel}"
                ),
                (
                    140,
                    "CCI : merci pour votre temps. Le résumé est dans votre mail. Prochain point {jour} avec {conseiller}. Tél. : {tel}"
                ),
                (
                    147,
                    "CCI : comme convenu, les contacts utiles sont dans notre mail de ce jour. {conseiller} vous rappelle {jour}. Tél. : {tel}"
                ),
                (
                    130,
                    "CCI : le suivi de votre demande {ref} est terminé. Nous restons à votre disposition au {tel}, sans nouvelle démarche."
                ),
                (
                    131,
                    "CCI : votre avis nous aide. 2 minutes, facultatif et confidentiel : {lien} Merci ! Pour nous parler : {tel}"
                ),
                (
                    116,
                    "CCI : sans nouvelles de vous, nous fermons votre dossier {ref}. Un appel suffit pour le rouvrir : {tel}"
                ),
            ].map { Wording(figure: $0, template: $1, values: french) }
            + [
                (
                    136,
                    "CCI: your request {ref} is registered. {conseiller} will call you back before {limite}. To reach us: {tel}"
                ),
                (
                    134,
                    "CCI: {conseiller} is now your advisor (file {ref}) and will call you before {limite}. To reach us: {tel}"
                ),
                (
                    118,
                    "CCI: while your advisor is away until {jour}, {conseiller} looks after file {ref}. Tel: {tel}"
                ),
                (132, "CCI: appointment confirmed {quand} with {conseiller}. {lieu}. To change it: {tel}"),
                (
                    118,
                    "CCI: phone appointment confirmed {quand}. {conseiller} will call you. To change it: {tel}"
                ),
                (
                    153,
                    "CCI: your appointment of {ancien} is moved to {quand} with {conseiller}. {lieu}. Tel: {tel}"
                ),
                (
                    126,
                    "CCI: we are sorry to cancel your appointment of {ancien}. We will call you to set another date. Tel: {tel}"
                ),
                (
                    125,
                    "CCI: your appointment of {ancien} is cancelled as you asked. Your file stays open. New appointment: {tel}"
                ),
                (
                    138,
                    "CCI: reminder of your appointment {quand} with {conseiller}. {lieu}. Cannot come? {tel}"
                ),
                (
                    130,
                    "CCI: your appointment with {conseiller} is today at {heure}. {lieu}. If you are late: {tel}"
                ),
                (
                    127,
                    "CCI: to move forward with file {ref} we need some documents: see the list in our email of {date}. Need help? {tel}"
                ),
                (
                    121,
                    "CCI: we still need a few documents for file {ref}. If it is difficult, {conseiller} can help: {tel}"
                ),
                (
                    126,
                    "CCI: {conseiller} tried to call you at {heure}. We will try again {jour}. Or call us, 9:00 to 17:30: {tel}"
                ),
                (
                    127,
                    "CCI: thank you for your time. The summary is in your email. Next call {jour} with {conseiller}. Tel: {tel}"
                ),
                (
                    120,
                    "CCI: as agreed, useful contacts are in today's email. {conseiller} will call you {jour}. Tel: {tel}"
                ),
                (
                    114,
                    "CCI: the follow-up of your request {ref} is complete. If you need us again, one call is enough: {tel}"
                ),
                (
                    122,
                    "CCI: your opinion helps us. 2 minutes, optional and confidential: {lien} Thank you! To talk: {tel}"
                ),
                (98, "CCI: as we could not reach you, we are closing file {ref}. One call reopens it: {tel}"),
            ].map { Wording(figure: $0, template: $1, values: english) }
    }

    @Test(arguments: Wording.all)
    func `the wording of domain 2 is one segment of the printed length, typed plainly or typeset`(
        row: Wording
    ) {
        let typeset = row.text.replacing("'", with: "’").replacing(" :", with: "\u{A0}:")
        for text in [row.text, typeset] {
            let sms = SMSText(SMSText.folded(text))
            #expect(sms.encoding == .gsm7)
            #expect(sms.units == row.figure)
            #expect(sms.isOneSegment)
        }
    }

    private func weight(of text: String, in encoding: SMSText.Encoding) -> Int {
        encoding == .ucs2
            ? text.utf16.count : text.unicodeScalars.reduce(0) { $0 + (GSM7.septets($1) ?? 1000) }
    }
}
