import { isCertificateName } from "../../domain/host-name.ts";
import type { ProxyTls } from "../../domain/proxy-tls.ts";
import { sslPolicy } from "../../domain/ssl-policies.ts";
import type { CertificateView, TlsView } from "./view.ts";

/**
 * How a listener speaks TLS. A certificate of its list is shown under each of its names; of several for one name that need the same kind of key, one. The
 * default is for whom none of the list is. Source: Application Load Balancers guide, "SSL certificates": of what a client takes, ECDSA before RSA (which the
 * proxy sees to), then the longest key, then the validity.
 */
export function planTls(tls: TlsView, owner: string): ProxyTls {
  const { versions, ciphers } = policyOf(tls.policy);
  const best = bestOf(tls.list);
  const others = tls.list
    .map((one) => ({ id: one.id, hosts: namesOfCertificate(one).filter((name) => best.get(shownAs(name, one)) === one), pem: one.pem }))
    .filter(({ hosts }) => hosts.length > 0);
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

/** The names of those certificates of a listener that count, each once. */
export function certificateNames(tls: TlsView, counts: (one: CertificateView) => boolean = () => true): readonly string[] {
  return [...new Set([tls.default, ...tls.list].filter(counts).flatMap(namesOfCertificate))];
}

/** By name and kind of key, as texts. Takes time proportional to the names. */
function bestOf(list: readonly CertificateView[]): ReadonlyMap<string, CertificateView> {
  const best = new Map<string, CertificateView>();
  for (const one of list)
    for (const name of namesOfCertificate(one)) {
      const known = best.get(shownAs(name, one));
      if (!known || byPreference(one, known) < 0) best.set(shownAs(name, one), one);
    }
  return best;
}

function shownAs(name: string, { keyKind }: CertificateView): string {
  return `${keyKind} ${name}`;
}

function byPreference(a: CertificateView, b: CertificateView): number {
  return b.keyBits - a.keyBits || b.notAfter - a.notAfter || (a.id < b.id ? -1 : 1);
}

function namesOfCertificate({ names }: CertificateView): readonly string[] {
  return [...new Set(names.map((name) => name.toLowerCase()))].filter(isCertificateName);
}

/** Operations let no policy in that is not known; a record of a policy that no longer is gets the strictest that most clients speak. */
function policyOf(name: string): Pick<ProxyTls, "versions" | "ciphers"> {
  const known = sslPolicy(name) ?? sslPolicy("ELBSecurityPolicy-TLS13-1-2-Res-2021-06");
  return { versions: known?.protocols ?? [], ciphers: known?.ciphers ?? [] };
}
