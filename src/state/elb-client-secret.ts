import type { SecretBox } from "../ports/secret-box.ts";

const binding = (loadBalancerArn: string): string => `elb:client-secret:${loadBalancerArn}`;

/** The secret of a client of an OpenID Connect provider, as an action of this load balancer keeps it in its `ClientSecret`. */
export function sealClientSecret(secrets: SecretBox, loadBalancerArn: string, secret: string): string {
  return secrets.seal(Buffer.from(secret), binding(loadBalancerArn));
}

/** @throws where it was not sealed for this load balancer */
export function openClientSecret(secrets: SecretBox, loadBalancerArn: string, sealed: string): string {
  return Buffer.from(secrets.open(sealed, binding(loadBalancerArn))).toString();
}
