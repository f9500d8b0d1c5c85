/** In what domain AWS names private addresses of a region: `ec2.internal` in us-east-1, `eu-west-1.compute.internal` elsewhere. */
export function internalDomain(region: string): string {
  return region === "us-east-1" ? "ec2.internal" : `${region}.compute.internal`;
}
