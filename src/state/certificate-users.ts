import { listeners } from "./elb.ts";
import type { State } from "./state.ts";

/** The load balancers with a listener that serves the certificate, of ACM or of IAM, each once. */
export function certificateUsers(state: State, arn: string): readonly string[] {
  const using = state.table(listeners).by("certificate", arn);
  return [...new Set(using.map(({ loadBalancerArn }) => loadBalancerArn))];
}
