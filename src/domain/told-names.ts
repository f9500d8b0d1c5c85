/** Stands for the VPC's own resolver, at its base+2, among the name servers of DHCP options. */
export const AMAZON_PROVIDED = "AmazonProvidedDNS";

/** What an interface in a VPC is told of name servers, where that is not what AWS says at first. */
export interface ToldNames {
  /** Addresses; `AmazonProvidedDNS` stands for the VPC's own resolver. Where there are none, names lead nowhere. */
  readonly servers: readonly string[];
  /** Domains in which names without a dot are looked up. */
  readonly search: readonly string[];
}
