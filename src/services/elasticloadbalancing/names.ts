import { invalid } from "./elb-operation.ts";

/** Checks a name as AWS does. @param what as AWS begins its sentences: `The load balancer name`, `Target group name` */
export function checkName(name: string | undefined, what: string): string {
  if (name === undefined || name === "") throw invalid(`${what} cannot be empty`);
  if (name.length > 32) throw invalid(`${what} '${name}' cannot be longer than '32' characters`);
  if (!/^[A-Za-z0-9-]+$/.test(name))
    throw invalid(`${what} '${name}' can only contain characters that are alphanumeric characters or hyphens(-)`);
  if (name.startsWith("-") || name.endsWith("-")) throw invalid(`${what} '${name}' cannot begin or end with '-'`);
  return name;
}

export function checkLoadBalancerName(name: string | undefined): string {
  const checked = checkName(name, "The load balancer name");
  if (checked.startsWith("internal-")) throw invalid(`The load balancer name '${checked}' cannot begin with 'internal-'`);
  return checked;
}
