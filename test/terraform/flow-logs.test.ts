import { expect, test } from "vitest";
import { airfieldProcess } from "../../src/testing/airfield-process.ts";
import { terraform, terraformMirror } from "../../src/testing/terraform.ts";

const CONFIGURATION = `
data "aws_vpc" "default" { default = true }
resource "aws_cloudwatch_log_group" "flows" { name = "flows" }
resource "aws_iam_role" "flows" {
  name = "flows"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "vpc-flow-logs.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}
resource "aws_flow_log" "all" {
  vpc_id          = data.aws_vpc.default.id
  traffic_type    = "ALL"
  log_destination = aws_cloudwatch_log_group.flows.arn
  iam_role_arn    = aws_iam_role.flows.arn
  tags            = { step = var.step }
}
resource "aws_flow_log" "rejected" {
  vpc_id                   = data.aws_vpc.default.id
  traffic_type             = "REJECT"
  log_destination          = aws_cloudwatch_log_group.flows.arn
  iam_role_arn             = aws_iam_role.flows.arn
  max_aggregation_interval = 60
  log_format               = "$\${version} $\${srcaddr} $\${dstaddr} $\${flow-direction}"
}
`;

const mirror = await terraformMirror();

test.skipIf(mirror === undefined)(
  `Terraform makes flow logs, plans clean, changes them in place, imports and destroys them${mirror === undefined ? " (Terraform or its AWS provider is not here)" : ""}`,
  { timeout: 300_000 },
  async () => {
    await using airfield = await airfieldProcess();
    await using stack = await terraform(airfield, mirror ?? "", CONFIGURATION);
    await stack.apply(1);
    expect(await stack.plan(1)).toEqual([]);
    expect(await stack.plan(2)).toEqual(["aws_flow_log.all update"]);
    await stack.apply(2);
    expect(await stack.plan(2)).toEqual([]);
    expect(await stack.reimport(["aws_flow_log.all", "aws_flow_log.rejected"], 2)).toEqual([]);
    await stack.destroy(2);
    const { stdout } = await airfield.aws("ec2", "describe-flow-logs", "--query", "length(FlowLogs)", "--output", "text");
    expect(stdout.trim()).toBe("0");
  },
);
