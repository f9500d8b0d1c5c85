/** The name of a target group in the proxy. */
export function backendId(targetGroupArn: string): string {
  const [name = "", id = ""] = targetGroupArn.split("/").slice(-2);
  return `${name}-${id}`;
}

/** The name in the proxy of a listener at its load balancer's own addresses. */
export function ownId(loadBalancerArn: string, port: number): string {
  const [name = "", id = ""] = loadBalancerArn.split("/").slice(-2);
  return `${name}-${id}-port-${port}`;
}

/** The name of what is there for one zone's addresses alone. */
export function zonalId(id: string, zone: string | undefined): string {
  return zone === undefined ? id : `${id}-${zone}`;
}

/** The name in the proxy of a listener where network load balancers reach it. */
export function innerId(loadBalancerArn: string, port: number): string {
  return `${ownId(loadBalancerArn, port)}-inner`;
}

/** The name of a target in the proxy, unique within its group. */
export function serverId(id: string, port: number): string {
  return `${id.replace(/[^A-Za-z0-9.-]/g, "_")}-${port}`;
}

/** Configurations list what they have in this order. */
export function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
