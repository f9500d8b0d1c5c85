import { OperationNotPermittedException, TooManyCertificatesException, type Certificate } from "@aws-sdk/client-elastic-load-balancing-v2";
import { isEncrypted, listeners, type ListenerRecord } from "../../state/elb.ts";
import { because } from "../operation.ts";
import { invalid, operation, permission } from "./elb-operation.ts";
import { findListener, type Place } from "./find.ts";
import { findCertificate } from "./listener-tls.ts";
import { pageOf } from "./page.ts";
import { QUOTAS } from "./quotas.ts";

type Shown = ListenerRecord["certificates"][number];

export const addListenerCertificates = operation("AddListenerCertificates", {
  authorize: ({ ListenerArn }) => permission("AddListenerCertificates", ListenerArn ?? "*"),
  run({ ListenerArn, Certificates }, context) {
    const listener = encrypted(ListenerArn, context);
    const named = checkSome(Certificates).map((certificate) => findCertificate(certificate, context).arn);
    const known = new Set(further(listener).map(({ certificateArn }) => certificateArn));
    const added = [...new Set(named)].filter((arn) => !known.has(arn)).map((certificateArn) => ({ certificateArn, isDefault: false }));
    refuseMore(listener, added.length, context);
    if (added.length > 0) put({ ...listener, certificates: [...listener.certificates, ...added] }, context);
    return { Certificates: named.map((arn) => ({ CertificateArn: arn, IsDefault: false })) };
  },
});

export const removeListenerCertificates = operation("RemoveListenerCertificates", {
  authorize: ({ ListenerArn }) => permission("RemoveListenerCertificates", ListenerArn ?? "*"),
  run({ ListenerArn, Certificates }, context) {
    const listener = encrypted(ListenerArn, context);
    const removed = new Set(
      checkSome(Certificates).map(({ CertificateArn, IsDefault }) => {
        if (CertificateArn === undefined) throw invalid("A certificate ARN must be specified");
        if (IsDefault !== undefined) throw invalid("You cannot set IsDefault when you specify a certificate");
        return CertificateArn;
      }),
    );
    const isInList = new Set(further(listener).map(({ certificateArn }) => certificateArn));
    const onlyDefault = listener.certificates.some(({ certificateArn }) => removed.has(certificateArn) && !isInList.has(certificateArn));
    // Terraform's provider knows a removal that is none by these words.
    if (onlyDefault) throw new OperationNotPermittedException(because("Default certificate cannot be removed"));
    const certificates = listener.certificates.filter(({ certificateArn, isDefault }) => isDefault || !removed.has(certificateArn));
    if (certificates.length < listener.certificates.length) put({ ...listener, certificates }, context);
    return {};
  },
});

export const describeListenerCertificates = operation("DescribeListenerCertificates", {
  authorize: () => permission("DescribeListenerCertificates"),
  run({ ListenerArn, ...input }, context) {
    const { certificates } = findListener(ListenerArn, context);
    // The default comes first, and may be in the list besides.
    const keyOf = ({ certificateArn, isDefault }: Shown): string => `${isDefault ? 0 : 1} ${certificateArn}`;
    const { items, ...marker } = pageOf(certificates, keyOf, input, context);
    return {
      Certificates: items.map(({ certificateArn, isDefault }) => ({ CertificateArn: certificateArn, IsDefault: isDefault })),
      ...marker,
    };
  },
});

function encrypted(arn: string | undefined, at: Place): ListenerRecord {
  const listener = findListener(arn, at);
  if (!isEncrypted(listener)) throw invalid(`Certificates cannot be specified for ${listener.protocol} listeners`);
  return listener;
}

function checkSome(certificates: readonly Certificate[] | undefined): readonly Certificate[] {
  if (!certificates || certificates.length === 0) throw invalid("At least one certificate must be specified");
  return certificates;
}

function further({ certificates }: ListenerRecord): readonly Shown[] {
  return certificates.filter(({ isDefault }) => !isDefault);
}

/** The quota is of a load balancer, and does not count the defaults. */
function refuseMore({ loadBalancerArn }: ListenerRecord, more: number, { state }: Place): void {
  const counted = new Set(
    state
      .table(listeners)
      .by("loadBalancer", loadBalancerArn)
      .flatMap((listener) => further(listener).map(({ certificateArn }) => `${listener.arn} ${certificateArn}`)),
  );
  if (more > 0 && counted.size + more > QUOTAS["certificates-per-application-load-balancer"])
    throw new TooManyCertificatesException(because("The maximum number of certificates has been reached on the load balancer"));
}

function put(listener: ListenerRecord, { state }: Place): void {
  state.commit(() => state.table(listeners).put(listener));
}
