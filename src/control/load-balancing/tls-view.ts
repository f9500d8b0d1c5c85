import type { CertificateView, ListenerView, TlsView } from "../../decide/routing/view.ts";
import type { MtlsFact, MtlsHeaders, ProxyClientCertificates } from "../../domain/proxy-tls.ts";
import { DEFAULT_SSL_POLICY } from "../../domain/ssl-policies.ts";
import type { CertificateMaterial } from "../../state/certificate-body.ts";
import { trustStores } from "../../state/elb-trust-stores.ts";
import { isEncrypted, type ListenerRecord, type LoadBalancerRecord } from "../../state/elb.ts";
import { servedCertificate, type ServedCertificate } from "../../state/served-certificates.ts";
import type { WholeState } from "../../state/state.ts";

/** Opens the private key of a certificate. */
export type Material = (arn: string) => CertificateMaterial | undefined;

/**
 * What the records say of how listeners speak TLS. A certificate is opened when it is seen first and kept as it is, so that a view costs a look at the
 * certificates of every listener, and no key is unsealed for it again.
 */
export class TlsViews {
  readonly #state: WholeState;
  readonly #material: Material;
  /** Records never change, they are replaced. */
  readonly #opened = new WeakMap<ServedCertificate, CertificateView>();

  constructor(state: WholeState, material: Material) {
    this.#state = state;
    this.#material = material;
  }

  /** Of an encrypted listener; `undefined` where it has nothing to show, so that it cannot listen. */
  of(listener: ListenerRecord, balancer: LoadBalancerRecord): TlsView | undefined {
    const shown = listener.certificates.find(({ isDefault }) => isDefault);
    const first = shown && this.#certificate(shown.certificateArn);
    const clients = this.#clientCertificates(listener);
    // Without what its clients are to be checked against, nobody is to be let in.
    if (!first || (clients === undefined && needsClients(listener))) return undefined;
    return {
      default: first,
      list: listener.certificates
        .filter(({ isDefault }) => !isDefault)
        .flatMap(({ certificateArn }) => this.#certificate(certificateArn) ?? []),
      policy: listener.sslPolicy ?? DEFAULT_SSL_POLICY,
      alpn: alpnOf(listener, balancer),
      ...(clients && { clientCertificates: clients }),
    };
  }

  #certificate(arn: string): CertificateView | undefined {
    const record = servedCertificate(this.#state, arn);
    if (!record) return undefined;
    const known = this.#opened.get(record);
    if (known) return known;
    const material = this.#material(arn);
    if (!record.body || !material) return undefined;
    const { names, keyAlgorithm, notAfter } = record.body.facts;
    const pem = [material.certificatePem, material.chainPem ?? "", material.privateKeyPem]
      .map((part) => part.trim())
      .filter((part) => part !== "");
    const view: CertificateView = {
      id: arn,
      names,
      keyKind: keyAlgorithm.startsWith("RSA") ? "RSA" : "EC",
      keyBits: Number(/\d{3,}/.exec(keyAlgorithm)?.[0] ?? 0),
      notAfter,
      pem: `${pem.join("\n")}\n`,
      ...("type" in record && record.type === "AMAZON_ISSUED" && { isProven: true as const }),
    };
    this.#opened.set(record, view);
    return view;
  }

  #clientCertificates({ mutualAuthentication, attributes }: ListenerRecord): ProxyClientCertificates | undefined {
    if (!mutualAuthentication || mutualAuthentication.mode === "off") return undefined;
    const headers = headersOf(attributes);
    if (mutualAuthentication.mode === "passthrough") return { kind: "passthrough", ...headers };
    const store = this.#state.table(trustStores).get(mutualAuthentication.trustStoreArn);
    if (!store) return undefined;
    return {
      kind: "verify",
      authorities: store.bundle,
      ...(store.revocations.length > 0 && { revocations: store.revocations.map(({ pem }) => pem).join("") }),
      ignoreExpiry: mutualAuthentication.ignoreClientCertificateExpiry,
      advertise: mutualAuthentication.advertiseTrustStoreCaNames,
      ...headers,
    };
  }
}

function needsClients({ mutualAuthentication }: ListenerRecord): boolean {
  return mutualAuthentication !== undefined && mutualAuthentication.mode !== "off";
}

/** By the names that listeners' attributes have for them. Source: ELB API, `ListenerAttribute`. */
const HEADER_ATTRIBUTES: Readonly<Record<MtlsFact, string>> = {
  chain: "routing.http.request.x_amzn_mtls_clientcert.header_name",
  serial: "routing.http.request.x_amzn_mtls_clientcert_serial_number.header_name",
  issuer: "routing.http.request.x_amzn_mtls_clientcert_issuer.header_name",
  subject: "routing.http.request.x_amzn_mtls_clientcert_subject.header_name",
  validity: "routing.http.request.x_amzn_mtls_clientcert_validity.header_name",
  leaf: "routing.http.request.x_amzn_mtls_clientcert_leaf.header_name",
};

function headersOf(attributes: ListenerRecord["attributes"]): { readonly headers?: MtlsHeaders } {
  const named = Object.entries(HEADER_ATTRIBUTES).flatMap(([fact, attribute]) =>
    attributes[attribute] ? [[fact, attributes[attribute]] as const] : [],
  );
  return named.length === 0 ? {} : { headers: Object.fromEntries(named) };
}

/** What the policies of network load balancers offer, the preferred first. Source: Network Load Balancers guide, "ALPN policies". */
const ALPN: Readonly<Record<string, readonly string[]>> = {
  None: [],
  HTTP1Only: ["http/1.1", "http/1.0"],
  HTTP2Only: ["h2"],
  HTTP2Optional: ["http/1.1", "http/1.0", "h2"],
  HTTP2Preferred: ["h2", "http/1.1", "http/1.0"],
};

function alpnOf({ protocol, alpnPolicy = "None" }: ListenerRecord, { attributes }: LoadBalancerRecord): readonly string[] {
  if (protocol === "TLS") return ALPN[alpnPolicy] ?? [];
  return attributes["routing.http2.enabled"] === "false" ? ["http/1.1"] : ["h2", "http/1.1"];
}

/** What a view adds for an encrypted listener; `undefined` where it cannot listen. */
export function tlsPart(views: TlsViews, listener: ListenerRecord, balancer: LoadBalancerRecord): Pick<ListenerView, "tls"> | undefined {
  if (!isEncrypted(listener)) return {};
  const tls = views.of(listener, balancer);
  return tls && { tls };
}
