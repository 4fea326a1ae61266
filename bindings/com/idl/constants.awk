# Writes the enumerations of the type library from include/omnize.abi: one for each prefix of the header's constants.
#
#     awk -f constants.awk include/omnize.abi >constants.idl

BEGIN {
    add("OMNIZE_EVENT_", "OmnizeEventKind", "60")
    add("OMNIZE_DELIVERY_", "OmnizeDelivery", "61")
    add("OMNIZE_STATE_", "OmnizeState", "62")
    add("OMNIZE_REQUEST_", "OmnizeRequestKind", "63")
    add("OMNIZE_MEDIA_", "OmnizeMediaKind", "64")
    add("OMNIZE_SPEAKER_", "OmnizeSpeaker", "65")
    add("OMNIZE_CHECK_", "OmnizeCheckLevel", "66")
    add("OMNIZE_E_", "OmnizeStatus", "67")
}

function add(prefix, enumeration, id) {
    prefixes[++count] = prefix
    enumerations[prefix] = enumeration
    ids[prefix] = id
}

$1 == "#define" && NF == 3 {
    for (i = 1; i <= count; i++)
        if (index($2, prefixes[i]) == 1) members[prefixes[i]] = members[prefixes[i]] "        " $2 " = " $3 ",\n"
    if ($2 == "OMNIZE_OK") members["OMNIZE_E_"] = "        OMNIZE_OK = " $3 ",\n" members["OMNIZE_E_"]
}

END {
    for (i = 1; i <= count; i++) {
        prefix = prefixes[i]
        if (members[prefix] == "") {
            print "constants.awk: no constant begins with " prefix > "/dev/stderr"
            exit 1
        }
        sub(/,\n$/, "\n", members[prefix])
        printf "    typedef [uuid(c47dc1%s-12d1-453f-81c4-54d4993e9680), v1_enum] enum %s\n    {\n%s    } %s;\n\n",
            ids[prefix], enumerations[prefix], members[prefix], enumerations[prefix]
    }
}
