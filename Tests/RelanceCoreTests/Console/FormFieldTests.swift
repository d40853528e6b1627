import RelanceCore
import Testing

@Suite struct FormFieldTests {
    @Test(arguments: [
        ("", []), ("&&", []), ("a=1&b=2", [FormField("a", "1"), FormField("b", "2")]),
        ("a=1&a=2", [FormField("a", "1"), FormField("a", "2")]), ("a", [FormField("a", "")]),
        ("=a", [FormField("", "a")]), ("a=b=c", [FormField("a", "b=c")]),
        ("text=D%C3%A9p%c3%b4t+re%C3%A7u%21", [FormField("text", "Dépôt reçu!")]),
        ("a=%&b=%4&c=%zz", [FormField("a", "%"), FormField("b", "%4"), FormField("c", "%zz")]),
        ("a=%E9t%E9", [FormField("a", "\u{FFFD}t\u{FFFD}")]), ("a%3Db=%26", [FormField("a=b", "&")]),
    ])
    func `fields are read as a browser's form is`(text: String, fields: [FormField]) {
        #expect(FormField.fields(formEncoded: text.utf8) == fields)
    }

    @Test func `a header that stands twice has no value`() {
        var callback = GatewayCallback(route: "kannel", token: nil, method: .post)
        callback.headers = [
            FormField("x-signature", "a"), FormField("date", "today"), FormField("x-signature", "b"),
        ]
        #expect(callback.header("date") == "today")
        #expect(callback.header("x-signature") == nil)
        #expect(callback.header("x-other") == nil)
    }
}
