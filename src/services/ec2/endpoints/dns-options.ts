import type { DnsOptionsSpecification, IpAddressType } from "@aws-sdk/client-ec2";
import type { EndpointService } from "../../../domain/endpoint-services.ts";
import { unsupported } from "../ec2-operation.ts";
import { invalidParameter } from "./endpoint-parts.ts";

/**
 * Refuses what an interface endpoint cannot have here by its name, and returns whether private DNS is for inbound resolver endpoints only.
 * @throws UnsupportedOperation, InvalidParameter
 */
export function refuseDnsOptions(
  {
    DnsOptions: options = {},
    IpAddressType,
  }: { readonly DnsOptions?: DnsOptionsSpecification | undefined; readonly IpAddressType?: IpAddressType | undefined },
  service: EndpointService,
): boolean | undefined {
  if (IpAddressType !== undefined && IpAddressType !== "ipv4")
    throw unsupported("The parameter IpAddressType is supported with ipv4 only.");
  const { DnsRecordIpType, PrivateDnsPreference, PrivateDnsSpecifiedDomains = [] } = options;
  if (DnsRecordIpType !== undefined && DnsRecordIpType !== "ipv4")
    throw unsupported("The parameter DnsOptions.DnsRecordIpType is supported with ipv4 only.");
  if (PrivateDnsPreference !== undefined) throw unsupported("The parameter DnsOptions.PrivateDnsPreference is not supported.");
  if (PrivateDnsSpecifiedDomains.length > 0) throw unsupported("The parameter DnsOptions.PrivateDnsSpecifiedDomains is not supported.");
  const onlyForInbound = options.PrivateDnsOnlyForInboundResolverEndpoint;
  if (onlyForInbound === true && !service.types.includes("Gateway"))
    throw invalidParameter(`PrivateDnsOnlyForInboundResolverEndpoint is not supported for the service ${service.name}.`);
  return onlyForInbound;
}
