import { describe, expect, test } from "vitest";
import type { RecordType } from "./record-type.ts";
import { isProblem, readValue, writeValue } from "./value.ts";

describe("a record's value is read for the wire", () => {
  test.each<[RecordType, string, object]>([
    ["A", "192.0.2.1", { address: "192.0.2.1" }],
    ["AAAA", "2001:db8::192.0.2.1", { address: "2001:db8::192.0.2.1" }],
    ["AAAA", "::", { address: "::" }],
    ["CNAME", "WWW.example.com", { target: "www.example.com." }],
    ["MX", "10 mail.example.com", { preference: 10, exchange: "mail.example.com." }],
    ["TXT", '"a b" "c\\"d" "\\344"', { strings: ["a b", 'c"d', "ä"] }],
    ["TXT", '""', { strings: [""] }],
    ["SPF", '"v=spf1 -all"', { strings: ["v=spf1 -all"] }],
    ["SRV", "1 10 5269 xmpp.example.com.", { priority: 1, weight: 10, port: 5269, target: "xmpp.example.com." }],
    ["CAA", '0 issue "ca.example.net; account=1"', { flags: 0, tag: "issue", value: "ca.example.net; account=1" }],
    ["SOA", "ns.example.com. host.example.com. 1 7200 900 1209600 86400", { serial: 1, minimum: 86_400 }],
    [
      "NAPTR",
      '100 50 "u" "E2U+sip" "!^.*$!sip:a@b.example!" .',
      { order: 100, flags: "u", regexp: "!^.*$!sip:a@b.example!", replacement: "." },
    ],
    ["DS", "60485 5 1 2BB183AF5F22588179A53B0A98631FAD1A292118", { keyTag: 60_485, digest: "2bb183af5f22588179a53b0a98631fad1a292118" }],
    ["SSHFP", `4 2 ${"AB".repeat(32)}`, { algorithm: 4, hash: 2, fingerprint: "ab".repeat(32) }],
    ["TLSA", "3 1 1 abcd", { usage: 3, selector: 1, matching: 1, certificate: "abcd" }],
    ["HTTPS", "0 www.example.com.", { priority: 0, target: "www.example.com.", parameters: [] }],
    [
      "HTTPS",
      '1 . port=8443 alpn="h2,h3" mandatory=alpn ipv4hint=192.0.2.1 ipv6hint=2001:db8::1 key667=ab ech=AAE=',
      {
        ...{ priority: 1, target: "." },
        parameters: [
          { key: 0, octets: [0, 1] },
          { key: 1, octets: [2, 104, 50, 2, 104, 51] },
          { key: 3, octets: [32, 251] },
          { key: 4, octets: [192, 0, 2, 1] },
          { key: 5, octets: [0, 1] },
          { key: 6, octets: [32, 1, 13, 184, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1] },
          { key: 667, octets: [97, 98] },
        ],
      },
    ],
    ["SVCB", "2 svc.example.com no-default-alpn alpn=h2", { parameters: [{ key: 1 }, { key: 2, octets: [] }] }],
    ["PTR", "host.example.com", { target: "host.example.com." }],
    ["NS", "ns.example.com", { target: "ns.example.com." }],
  ])("%s %s", (type, text, data) => {
    const read = readValue(type, text);
    expect(read).toMatchObject({ type, ...data });
    // And shown as what is read again as the same.
    expect(isProblem(read) || readValue(type, writeValue(read))).toEqual(read);
  });

  test.each<[RecordType, string, string]>([
    ["A", "192.0.2", "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)"],
    ["A", "192.0.2.01", "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)"],
    ["A", "", "ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address)"],
    ["AAAA", "2001:db8", "AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)"],
    ["AAAA", "1::2::3", "AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)"],
    ["AAAA", "1:2:3:4:5:6:7::8", "AAAARRDATAIllegalIPv6Address (Value is not a valid IPv6 address)"],
    ["CNAME", "a..b", "DomainLabelEmpty (Domain label is empty)"],
    ["MX", "mail.example.com", "MXRRDATANotTwoFields (MX record doesn't have 2 fields)"],
    ["MX", "70000 mail.example.com", "MXRRDATAInvalidNumber (Value is not a number from 0 to 65535)"],
    ["TXT", "v=spf1 -all", "InvalidCharacterString (Value should be enclosed in quotation marks)"],
    ["TXT", '"a" b', "InvalidCharacterString (Value should be enclosed in quotation marks)"],
    ["TXT", '"a\\"', "InvalidCharacterString (Value should be enclosed in quotation marks)"],
    ["TXT", `"${"a".repeat(256)}"`, "CharacterStringTooLong (Value is too long)"],
    ["TXT", '"€"', "UnsupportedCharacter (Value contains unsupported characters)"],
    ["SRV", "1 10 xmpp.example.com", "SRVRRDATANotFourFields (SRV record doesn't have 4 fields)"],
    ["CAA", "0 issue", "CAARRDATANotThreeFields (CAA record doesn't have 3 fields)"],
    ["CAA", '300 issue "ca"', "CAARRDATAInvalidNumber (Value is not a number from 0 to 255)"],
    ["SOA", "ns.example.com. 1", "SOARRDATANotSevenFields (SOA record doesn't have 7 fields)"],
    ["DS", "1 2 3 xyz", "InvalidHexadecimal (Value is not a sequence of octets in hexadecimal)"],
    ["SSHFP", "4 2 abcd", "SSHFPRRDATAInvalidFingerprint (Value is not a fingerprint of its type)"],
    ["NAPTR", "100 50 u s r .", "NAPTRRRDATANotSixFields (NAPTR record doesn't have 6 fields)"],
    ["HTTPS", "1 . alpn=h2 alpn=h3", "SVCBRRDATAInvalidParameter (Value has a service parameter that is not valid)"],
    ["HTTPS", "1 . port=70000", "SVCBRRDATAInvalidParameter (Value has a service parameter that is not valid)"],
    ["HTTPS", "1 . ipv4hint=192.0.2", "SVCBRRDATAInvalidParameter (Value has a service parameter that is not valid)"],
    ["HTTPS", "1 . mandatory=port", "SVCBRRDATAInvalidParameter (Value has a service parameter that is not valid)"],
    ["HTTPS", "1 . unknown=1", "SVCBRRDATAInvalidParameter (Value has a service parameter that is not valid)"],
    ["HTTPS", "1 . no-default-alpn=1", "SVCBRRDATAInvalidParameter (Value has a service parameter that is not valid)"],
    ["HTTPS", "1 . ech=x", "SVCBRRDATAInvalidParameter (Value has a service parameter that is not valid)"],
    ["HTTPS", "1 . key65535=a", "SVCBRRDATAInvalidParameter (Value has a service parameter that is not valid)"],
    ["HTTPS", "1 . alpn=", "SVCBRRDATAInvalidParameter (Value has a service parameter that is not valid)"],
    ["HTTPS", "1", "HTTPSRRDATATooFewFields (HTTPS record doesn't have 2 fields)"],
    ["HTTPS", "0 www.example.com port=1", "HTTPSRRDATAParametersOfAlias (HTTPS record of priority 0 has parameters)"],
    ["NS", "ns.exämple", "UnsupportedCharacter (Value contains unsupported characters)"],
  ])("%s %j is refused", (type, text, problem) => {
    expect(readValue(type, text)).toEqual({ problem });
  });
});
