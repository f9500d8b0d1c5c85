import type { MtlsFact, MtlsHeaders, ProxyClientCertificates, ProxyTls } from "../../domain/proxy-tls.ts";
import type { TlsVersion } from "../../domain/ssl-policies.ts";
import { quote } from "./quote.ts";
import { certificateList, digest, TLS_FOLDER } from "./tls-names.ts";

/** The words of a `bind` line that make it speak TLS; none where it does not. */
export function tlsWords(listenerId: string, tls: ProxyTls | undefined): string {
  if (!tls) return "";
  const { versions, ciphers, alpn, clientCertificates } = tls;
  const newer = ciphers.filter((cipher) => cipher.startsWith("TLS_"));
  const older = ciphers.filter((cipher) => !cipher.startsWith("TLS_"));
  return [
    " ssl",
    `crt-list ${certificateList(listenerId, tls).name}`,
    `ssl-min-ver ${versionWord(versions.at(0))}`,
    `ssl-max-ver ${versionWord(versions.at(-1))}`,
    ...(older.length > 0 ? [`ciphers ${quote([...older, ...securityLevel(versions)].join(":"))}`] : []),
    ...(newer.length > 0 ? [`ciphersuites ${quote(newer.join(":"))}`] : []),
    ...(alpn.length > 0 ? [`alpn ${quote(alpn.join(","))}`] : []),
    ...(clientCertificates ? clientWords(listenerId, tls, clientCertificates) : []),
  ].join(" ");
}

/** OpenSSL 3 lets in versions before 1.2, whose signatures are made with SHA-1, at the lowest level of security only. */
function securityLevel(versions: readonly TlsVersion[]): readonly string[] {
  return versions[0] === "TLSv1" || versions[0] === "TLSv1.1" ? ["@SECLEVEL=0"] : [];
}

function versionWord(version: TlsVersion | undefined): string {
  return version === "TLSv1" || version === undefined ? "TLSv1.0" : version;
}

function clientWords(listenerId: string, tls: ProxyTls, clients: ProxyClientCertificates): readonly string[] {
  const [authorities, revocations] = clientFiles(listenerId, tls).map(({ name }) => name);
  if (clients.kind === "passthrough")
    return [`verify optional ca-file ${authorities} no-ca-names crt-ignore-err all ca-ignore-err all`, "no-tls-tickets"];
  const ignored = [...(clients.ignoreExpiry ? [CERT_HAS_EXPIRED] : []), ...(revocations === undefined ? [] : [UNABLE_TO_GET_CRL])];
  return [
    `verify required ca-file ${authorities}`,
    ...(revocations === undefined ? [] : [`crl-file ${revocations} ca-ignore-err ${UNABLE_TO_GET_CRL}`]),
    ...(ignored.length === 0 ? [] : [`crt-ignore-err ${ignored.join(",")}`]),
    ...(clients.advertise ? [] : ["no-ca-names"]),
    "no-tls-tickets",
  ];
}

/** OpenSSL's numbers for what a check of a certificate may find: `x509_vfy.h`. */
const UNABLE_TO_GET_CRL = 3;
const CERT_HAS_EXPIRED = 10;

/** The files beside the certificates that a listener needs, each named after what is in it: a change of them is a change of the structure. */
export function clientFiles(listenerId: string, tls: ProxyTls): readonly { readonly name: string; readonly text: string }[] {
  const { clientCertificates: clients, certificates } = tls;
  if (!clients) return [];
  const named = (text: string): { readonly name: string; readonly text: string } => ({ name: `${TLS_FOLDER}/${digest(text)}.crt`, text });
  // HAProxy asks for no certificates unless it has authorities, even where it is to ignore all that speaks against one.
  if (clients.kind === "passthrough") return [{ name: `${TLS_FOLDER}/${digest(listenerId)}.crt`, text: withoutKey(certificates[0].pem) }];
  return [named(clients.authorities), ...(clients.revocations === undefined ? [] : [named(clients.revocations)])];
}

function withoutKey(pem: string): string {
  return `${(pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? []).join("\n")}\n`;
}

/** What a listener that ends TLS does with each request. A worker that a reload replaced hands requests over as they are then. */
export function tlsRules(tls: ProxyTls | undefined): readonly string[] {
  if (!tls) return [];
  return ["http-request set-var(txn.tls) bool(true)", ...(tls.clientCertificates ? mtlsRules(tls.clientCertificates) : [])];
}

const MTLS_HEADERS: Readonly<Record<MtlsFact, string>> = {
  chain: "X-Amzn-Mtls-Clientcert",
  serial: "X-Amzn-Mtls-Clientcert-Serial-Number",
  issuer: "X-Amzn-Mtls-Clientcert-Issuer",
  subject: "X-Amzn-Mtls-Clientcert-Subject",
  validity: "X-Amzn-Mtls-Clientcert-Validity",
  leaf: "X-Amzn-Mtls-Clientcert-Leaf",
};

/** Source: Application Load Balancers guide, "HTTP headers and mutual TLS". A client cannot set them by itself. */
function mtlsRules({ kind, headers = {} }: ProxyClientCertificates): readonly string[] {
  const facts: readonly MtlsFact[] = kind === "passthrough" ? ["chain"] : ["serial", "issuer", "subject", "validity", "leaf"];
  return ["http-request del-header X-Amzn-Mtls-Clientcert -m beg if { ssl_fc }", ...facts.flatMap((fact) => headerRules(fact, headers))];
}

function headerRules(fact: MtlsFact, headers: MtlsHeaders): readonly string[] {
  const name = quote(headers[fact] ?? MTLS_HEADERS[fact]);
  return [
    ...(headers[fact] === undefined ? [] : [`http-request del-header ${name} if { ssl_fc }`]),
    `http-request set-header ${name} "${FORMATS[fact]}" if { ssl_fc } { ssl_c_used }`,
  ];
}

/** HAProxy tells times as `YYMMDDhhmmssZ`, of this century. A dollar sign would be the beginning of a variable here. */
const ISO_TIME = String.raw`regsub('^(..)(..)(..)(..)(..)(..)Z','20\1-\2-\3T\4:\5:\6Z')`;

/** Log formats. PEM has lines of 64 characters; what of it is not safe in an URL is written as `%20` and `%0A`. */
const FORMATS: Readonly<Record<MtlsFact, string>> = {
  serial: "%[ssl_c_serial,hex]",
  issuer: "%[ssl_c_i_dn(,0,rfc2253)]",
  subject: "%[ssl_c_s_dn(,0,rfc2253)]",
  validity: `NotBefore=%[ssl_c_notbefore,${ISO_TIME}];NotAfter=%[ssl_c_notafter,${ISO_TIME}]`,
  leaf: String.raw`-----BEGIN%%20CERTIFICATE-----%%0A%[ssl_c_der,base64,regsub('(.{64})(?=.)','\1%0A',g)]%%0A-----END%%20CERTIFICATE-----%%0A`,
  chain: "%[lua.client_certificates]",
};

/** Whether some listener needs the program that takes a chain apart. */
export function needsChains(tls: readonly (ProxyTls | undefined)[]): boolean {
  return tls.some((one) => one?.clientCertificates?.kind === "passthrough");
}

/**
 * What HAProxy is told for all listeners. Sessions of clients that show certificates must not be resumed: tickets are off where they are asked for one, and the
 * cache, which all listeners share, wherever some are.
 */
export function tlsGlobals(tls: readonly (ProxyTls | undefined)[]): readonly string[] {
  return [
    ...(tls.some((one) => one?.clientCertificates) ? ["tune.ssl.cachesize 0"] : []),
    ...(needsChains(tls) ? [`lua-load ${CHAINS_FILE}`] : []),
  ];
}

/** Where the program lies that tells of a client's whole chain, which HAProxy has as DER in one piece. */
export const CHAINS_FILE = "client-certificates.lua";

export const CHAINS_PROGRAM = String.raw`-- The certificates that a client showed, its own first, as PEM in the form of a header.
local function pem(txn, der)
  local text = txn.c:base64(der):gsub(("."):rep(64), "%0%%0A"):gsub("%%0A$", "")
  return "-----BEGIN%20CERTIFICATE-----%0A" .. text .. "%0A-----END%20CERTIFICATE-----%0A"
end

-- Where the value of DER that begins at a place ends: X.690, section 8.1.3.
local function last(der, at)
  local first = der:byte(at + 1)
  if first < 0x80 then return at + 1 + first end
  local length = 0
  for place = at + 2, at + 1 + first - 0x80 do length = length * 256 + der:byte(place) end
  return at + 1 + first - 0x80 + length
end

core.register_fetches("client_certificates", function(txn)
  local own = txn.f:ssl_c_der() or ""
  if own == "" then return "" end
  local told = pem(txn, own)
  local chain = txn.f:ssl_c_chain_der() or ""
  local at = 1
  while at < #chain do
    local to = last(chain, at)
    local der = chain:sub(at, to)
    if der ~= own then told = told .. pem(txn, der) end
    at = to + 1
  end
  return told
end)
`;
