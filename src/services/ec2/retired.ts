import { AwsError } from "../aws-error.ts";
import { onAny, operation } from "./ec2-operation.ts";

// ClassicLink went with EC2-Classic. AWS answers so in every region that never had it, and clients that look know the code.

function gone(): never {
  throw new AwsError("UnsupportedOperation", "The functionality you requested is not available in this region.");
}

export const describeVpcClassicLink = operation("DescribeVpcClassicLink", { authorize: onAny("DescribeVpcClassicLink"), run: gone });

export const describeVpcClassicLinkDnsSupport = operation("DescribeVpcClassicLinkDnsSupport", {
  authorize: onAny("DescribeVpcClassicLinkDnsSupport"),
  run: gone,
});
