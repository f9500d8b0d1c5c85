import { isCertificateName } from "../../domain/host-name.ts";
import type { ProxyCertificate, ProxyTls } from "../../domain/proxy-tls.ts";
import { sslPolicy } from "../../domain/ssl-policies.ts";
import type { CertificateView, TlsView } from "./view.ts";

/**
 * How a listener speaks TLS. A certificate of its list is shown under each of its names; of several for one name that need the same kind of key, one. The
 * default is for whom none of the list is. Source: Application Load Balancers guide, "SSL certificates": of what a client takes, ECDSA before RSA (which the
 * proxy sees to), then the longest key, then the validity.
 */
export function planTls(tls: TlsView, owner: string): ProxyTls {
  const { versions, ciphers } = policyOf(tls.policy);
  const others = tls.list.map((one) => shown(one, tls.list)).filter(({ hosts }) => hosts.length > 0);
  const { clientCertificates, alpn } = tls;
  return {
    owner,
    certificates: [{ id: tls.default.id, hosts: [], pem: tls.default.pem }, ...others],
    versions,
    ciphers,
    alpn,
    ...(clientCertificates && { clientCertificates }),
  };
}

/** The names of all certificates of a listener, each once. */
export function certificateNames(tls: TlsView): readonly string[] {
  return [...new Set([tls.default, ...tls.list].flatMap(namesOfCertificate))];
}

function shown(certificate: CertificateView, list: readonly CertificateView[]): ProxyCertificate {
  const { id, pem } = certificate;
  const hosts = namesOfCertificate(certificate).filter((name) => bestFor(name, certificate, list) === certificate);
  return { id, hosts, pem };
}

function bestFor(name: string, { keyKind }: CertificateView, list: readonly CertificateView[]): CertificateView | undefined {
  return list
    .filter((one) => one.keyKind === keyKind && namesOfCertificate(one).includes(name))
    .sort((a, b) => b.keyBits - a.keyBits || b.notAfter - a.notAfter || (a.id < b.id ? -1 : 1))[0];
}

function namesOfCertificate({ names }: CertificateView): readonly string[] {
  return [...new Set(names.map((name) => name.toLowerCase()))].filter(isCertificateName);
}

/** Operations let no policy in that is not known; a record of a policy that no longer is gets the strictest that most clients speak. */
function policyOf(name: string): Pick<ProxyTls, "versions" | "ciphers"> {
  const known = sslPolicy(name) ?? sslPolicy("ELBSecurityPolicy-TLS13-1-2-Res-2021-06");
  return { versions: known?.protocols ?? [], ciphers: known?.ciphers ?? [] };
}
