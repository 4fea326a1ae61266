# Writes the manifest for the use of omnize-com.dll without registration, from the files of the type library.
#
#     awk -v version=0.1.0 -v platform=x86 -f manifest.awk omnize_com.idl client.idl ... >omnize-com.manifest

function id(line) {
    match(line, /uuid\([-0-9a-f]*\)/)
    return "{" toupper(substr(line, RSTART + 5, RLENGTH - 6)) "}"
}

/uuid\(/ {
    last = id($0)
    is_creatable = !/noncreatable/
}

/^\[uuid\(.*version/ {
    library = last
    match($0, /version\([0-9.]*\)/)
    library_version = substr($0, RSTART + 8, RLENGTH - 9)
}

$1 == "coclass" && is_creatable {
    classes = classes "        <comClass clsid=\"" last "\" progid=\"Omnize." $2 "\" threadingModel=\"Both\" tlbid=\"" library "\"/>\n"
}

$1 == "interface" && $3 == ":" {
    interfaces = interfaces "    <comInterfaceExternalProxyStub name=\"" $2 "\" iid=\"" last "\" tlbid=\"" library \
        "\" proxyStubClsid32=\"{00020424-0000-0000-C000-000000000046}\"/>\n"
}

END {
    print "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>"
    print "<assembly xmlns=\"urn:schemas-microsoft-com:asm.v1\" manifestVersion=\"1.0\">"
    print "    <assemblyIdentity type=\"win32\" name=\"omnize-com\" version=\"" version ".0\" processorArchitecture=\"" platform "\"/>"
    print "    <file name=\"omnize-com.dll\">"
    printf "%s", classes
    print "        <typelib tlbid=\"" library "\" version=\"" library_version "\" helpdir=\"\"/>"
    print "    </file>"
    printf "%s", interfaces
    print "</assembly>"
}
