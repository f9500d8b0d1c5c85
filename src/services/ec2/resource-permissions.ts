import type { TagSpecification } from "@aws-sdk/client-ec2";
import type { AuthorizeScope, Permission } from "../operation.ts";
import { tagAtCreation, tagKeys } from "./ec2-operation.ts";

interface Creates {
  readonly TagSpecifications?: readonly TagSpecification[] | undefined;
}

/**
 * Who makes a resource must be allowed to make one of its kind, to use what it is made in, and to give it its tags.
 * @param kind as in ARNs, such as `route-table`
 * @param within the resources that it is made in, such as `vpc/vpc-0abc`; the VPC among them counts as the new one's, too
 */
export const onNewIn =
  <I extends Creates>(action: string, kind: string, within: (input: I) => readonly string[] = () => []) =>
  (input: I, at: AuthorizeScope): readonly Permission[] => {
    const created = at.arn("ec2", `${kind}/*`);
    const places = within(input).map((place) => at.arn("ec2", place));
    const tags = (input.TagSpecifications ?? []).flatMap(({ Tags = [] }) => Tags);
    const vpc = places.find((place) => place.includes(":vpc/"));
    return [
      { action: `ec2:${action}`, resource: created, context: { ...tagKeys(tags), ...(vpc !== undefined && { "ec2:Vpc": vpc }) } },
      ...(places.length === 0 ? [] : [{ action: `ec2:${action}`, resource: places }]),
      ...tagAtCreation(created, action, input.TagSpecifications),
    ];
  };

/** Who changes resources must be allowed to do so on each that the request names. @param named such as `route-table/rtb-0abc` */
export const onNamed =
  <I>(action: string, named: (input: I, at: AuthorizeScope) => readonly string[]) =>
  (input: I, at: AuthorizeScope): Permission => ({
    action: `ec2:${action}`,
    resource: named(input, at).map((resource) => at.arn("ec2", resource)),
  });
