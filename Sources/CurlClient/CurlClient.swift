import CCurl

/// The libcurl this process runs with, as it names itself.
package func libcurlVersion() -> String {
    String(cString: curl_version())
}
