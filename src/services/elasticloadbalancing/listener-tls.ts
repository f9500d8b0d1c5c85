import {
  ALPNPolicyNotSupportedException,
  CertificateNotFoundException,
  InvalidConfigurationRequestException,
  TooManyCertificatesException,
  type Certificate,
  type CreateListenerInput,
  type Listener,
  type ModifyListenerInput,
  type MutualAuthenticationAttributes,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { DEFAULT_SSL_POLICY, sslPolicy } from "../../domain/ssl-policies.ts";
import { certificates } from "../../state/acm.ts";
import { isEncrypted, listeners, type ListenerRecord, type LoadBalancerRecord, type MutualAuthentication } from "../../state/elb.ts";
import type { ServedCertificate } from "../../state/served-certificates.ts";
import { serverCertificate, type ServerCertificateRecord } from "../../state/server-certificates.ts";
import { AwsError } from "../aws-error.ts";
import { because } from "../operation.ts";
import { invalid } from "./elb-operation.ts";
import { findTrustStore, own, type Place } from "./find.ts";
import { findSslPolicy } from "./ssl-policies.ts";

/** What a listener's record says of TLS. */
export type ListenerTls = Pick<ListenerRecord, "certificates" | "sslPolicy" | "alpnPolicy" | "mutualAuthentication">;

type TlsInput = Pick<CreateListenerInput | ModifyListenerInput, "Certificates" | "SslPolicy" | "AlpnPolicy" | "MutualAuthentication">;

interface On {
  /** The one that the listener is to have. */
  readonly protocol: ListenerRecord["protocol"];
  readonly balancer: LoadBalancerRecord;
  /** Absent of one that is made. */
  readonly before?: ListenerRecord;
}

/** Checks what is asked of a listener's certificates, policies and clients; what is not named stays, or is as it is by default. */
export function checkListenerTls(input: TlsInput, on: On, at: Place): ListenerTls {
  const { protocol } = on;
  if (protocol !== "HTTPS" && protocol !== "TLS") {
    refuseTls(input, protocol);
    return { certificates: [] };
  }
  const former = on.before && isEncrypted(on.before) ? on.before : undefined;
  const policy = checkPolicy(input.SslPolicy || (former?.sslPolicy ?? DEFAULT_SSL_POLICY), on, at);
  const alpn = checkAlpn(input.AlpnPolicy, protocol) ?? former?.alpnPolicy;
  const clients = checkClients(input.MutualAuthentication, protocol, at) ?? former?.mutualAuthentication;
  return {
    certificates: checkDefault(input.Certificates, on, former, at),
    sslPolicy: policy,
    ...(protocol === "TLS" && alpn !== undefined && { alpnPolicy: alpn }),
    ...(protocol === "HTTPS" && clients && { mutualAuthentication: clients }),
  };
}

/** As `DescribeListeners` tells it: of the certificates only the default. */
export function describeTls(listener: ListenerRecord): Partial<Listener> {
  if (!isEncrypted(listener)) return {};
  const { certificates: shown, sslPolicy: policy = DEFAULT_SSL_POLICY, alpnPolicy, mutualAuthentication } = listener;
  return {
    Certificates: shown.filter(({ isDefault }) => isDefault).map(({ certificateArn }) => ({ CertificateArn: certificateArn })),
    SslPolicy: policy,
    ...(alpnPolicy === undefined ? {} : { AlpnPolicy: [alpnPolicy] }),
    ...(listener.protocol === "HTTPS" && { MutualAuthentication: describeClients(mutualAuthentication) }),
  };
}

/** A certificate that a listener may show: of ACM in this region, or uploaded to IAM. @throws CertificateNotFoundException, UnsupportedCertificate */
export function findCertificate({ CertificateArn: arn, IsDefault }: Certificate, at: Place): ServedCertificate {
  if (arn === undefined) throw invalid("A certificate ARN must be specified");
  if (IsDefault !== undefined) throw invalid("You cannot set IsDefault when you specify a certificate");
  const found = own(at.state.table(certificates).get(arn), at) ?? uploaded(arn, at);
  if (!found) throw new CertificateNotFoundException(because(`Certificate '${arn}' not found`));
  const issued = !("status" in found) || found.status === "ISSUED";
  if (!issued || !SUPPORTED_KEYS.includes(found.body?.facts.keyAlgorithm ?? ""))
    throw new AwsError(
      "UnsupportedCertificate",
      `The certificate '${arn}' must have a fully-qualified domain name, a supported signature, and a supported key size.`,
    );
  return found;
}

function uploaded(arn: string, { state, account }: Place): ServerCertificateRecord | undefined {
  const found = serverCertificate(state, arn);
  return found?.account === account ? found : undefined;
}

/** Source: Application Load Balancers guide, "SSL certificates for your Application Load Balancer". */
const SUPPORTED_KEYS: readonly string[] = ["RSA_2048", "RSA_3072", "RSA_4096", "EC_prime256v1", "EC_secp384r1", "EC_secp521r1"];

function refuseTls({ Certificates = [], SslPolicy = "", AlpnPolicy = [], MutualAuthentication }: TlsInput, protocol: string): void {
  if (Certificates.length > 0) throw invalid(`Certificates cannot be specified for ${protocol} listeners`);
  if (SslPolicy !== "") throw invalid(`An SSL policy cannot be specified for ${protocol} listeners`);
  if (AlpnPolicy.length > 0) throw invalid(`An ALPN policy cannot be specified for ${protocol} listeners`);
  const { Mode = "off", ...members } = MutualAuthentication ?? {};
  if (Mode !== "off" || Object.values(members).some((value) => value !== undefined))
    throw invalid(`Mutual authentication cannot be specified for ${protocol} listeners`);
}

/** The default certificate is replaced by another; the further ones stay. */
function checkDefault(
  wanted: readonly Certificate[] = [],
  { protocol }: On,
  former: ListenerRecord | undefined,
  at: Place,
): ListenerRecord["certificates"] {
  const [one, ...more] = wanted;
  if (more.length > 0)
    throw new TooManyCertificatesException(because("You can specify exactly one certificate, which is the default of the listener"));
  if (one) {
    const others = (former?.certificates ?? []).filter(({ isDefault }) => !isDefault);
    return [{ certificateArn: findCertificate(one, at).arn, isDefault: true }, ...others];
  }
  if (!former) throw invalid(`A certificate must be specified for ${protocol} listeners`);
  return former.certificates;
}

/** A load balancer has policies of FIPS on all of its listeners or on none. */
function checkPolicy(name: string, { balancer, before }: On, at: Place): string {
  const { fips } = findSslPolicy(name);
  const others = at.state
    .table(listeners)
    .by("loadBalancer", balancer.arn)
    .filter((other) => other.arn !== before?.arn && isEncrypted(other));
  if (others.some((other) => sslPolicy(other.sslPolicy ?? DEFAULT_SSL_POLICY)?.fips !== fips))
    throw new InvalidConfigurationRequestException(
      because("All secure listeners attached to a load balancer must use either FIPS security policies or non-FIPS security policies"),
    );
  return name;
}

const ALPN_POLICIES: readonly string[] = ["HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None"];

function checkAlpn(policies: readonly string[] = [], protocol: string): string | undefined {
  const [policy, ...more] = policies;
  if (policy === undefined) return undefined;
  if (protocol !== "TLS") throw new ALPNPolicyNotSupportedException(because("ALPN policies are supported only on TLS listeners"));
  if (more.length > 0 || !ALPN_POLICIES.includes(policy))
    throw new ALPNPolicyNotSupportedException(because(`You can specify one ALPN policy of '${ALPN_POLICIES.join(", ")}'`));
  return policy;
}

function checkClients(wanted: MutualAuthenticationAttributes | undefined, protocol: string, at: Place): MutualAuthentication | undefined {
  if (!wanted) return undefined;
  const {
    Mode,
    TrustStoreArn,
    IgnoreClientCertificateExpiry = false,
    AdvertiseTrustStoreCaNames = "off",
    TrustStoreAssociationStatus,
  } = wanted;
  if (Mode === undefined) throw invalid("A mutual authentication mode must be specified");
  if (!["off", "passthrough", "verify"].includes(Mode))
    throw invalid(`Mutual authentication mode '${Mode}' must be one of 'off, passthrough, verify'`);
  if (TrustStoreAssociationStatus !== undefined) throw invalid("The status of a trust store association cannot be specified");
  if (protocol === "TLS" && Mode !== "off")
    throw new InvalidConfigurationRequestException(because("Mutual authentication is supported only on HTTPS listeners"));
  if (Mode === "verify") {
    if (TrustStoreArn === undefined) throw invalid("A trust store ARN must be specified when the mutual authentication mode is 'verify'");
    return {
      mode: "verify",
      trustStoreArn: findTrustStore(TrustStoreArn, at).arn,
      ignoreClientCertificateExpiry: IgnoreClientCertificateExpiry,
      advertiseTrustStoreCaNames: AdvertiseTrustStoreCaNames === "on",
    };
  }
  if (TrustStoreArn !== undefined) throw invalid(`A trust store ARN cannot be specified when the mutual authentication mode is '${Mode}'`);
  if (IgnoreClientCertificateExpiry || AdvertiseTrustStoreCaNames === "on")
    throw invalid(`Client certificates are not checked when the mutual authentication mode is '${Mode}'`);
  return Mode === "passthrough" ? { mode: "passthrough" } : { mode: "off" };
}

function describeClients(clients: MutualAuthentication | undefined): MutualAuthenticationAttributes {
  if (clients?.mode !== "verify") return { Mode: clients?.mode ?? "off" };
  return {
    Mode: "verify",
    TrustStoreArn: clients.trustStoreArn,
    IgnoreClientCertificateExpiry: clients.ignoreClientCertificateExpiry,
    TrustStoreAssociationStatus: "active",
    AdvertiseTrustStoreCaNames: clients.advertiseTrustStoreCaNames ? "on" : "off",
  };
}
