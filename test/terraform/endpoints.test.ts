import { DescribeNetworkInterfacesCommand, DescribeVpcEndpointsCommand, DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { airfieldProcess } from "../../src/testing/airfield-process.ts";
import { terraform, terraformMirror } from "../../src/testing/terraform.ts";

const CONFIGURATION = `
data "aws_availability_zones" "az" { state = "available" }
data "aws_vpc_endpoint_service" "s3" {
  service      = "s3"
  service_type = "Gateway"
}
resource "aws_vpc" "main" {
  cidr_block           = "10.42.0.0/16"
  enable_dns_hostnames = true
}
resource "aws_subnet" "private" {
  count             = 2
  vpc_id            = aws_vpc.main.id
  cidr_block        = cidrsubnet(aws_vpc.main.cidr_block, 8, count.index)
  availability_zone = data.aws_availability_zones.az.names[count.index]
}
resource "aws_route_table" "private" {
  count  = 2
  vpc_id = aws_vpc.main.id
}
resource "aws_security_group" "endpoints" {
  name   = "endpoints"
  vpc_id = aws_vpc.main.id
  ingress {
    from_port   = 443
    to_port     = 443
    protocol    = "tcp"
    cidr_blocks = [aws_vpc.main.cidr_block]
  }
}
resource "aws_security_group" "other" {
  name   = "other"
  vpc_id = aws_vpc.main.id
}
resource "aws_default_security_group" "main" {
  vpc_id = aws_vpc.main.id
  tags   = { Step = tostring(var.step) }
}
resource "aws_vpc_endpoint" "ecr" {
  for_each            = toset(["ecr.api", "ecr.dkr", "logs"])
  vpc_id              = aws_vpc.main.id
  service_name        = "com.amazonaws.us-east-1.\${each.key}"
  vpc_endpoint_type   = "Interface"
  subnet_ids          = var.step == 1 ? aws_subnet.private[*].id : [aws_subnet.private[0].id]
  security_group_ids  = [aws_security_group.endpoints.id]
  private_dns_enabled = true
  policy = var.step == 1 ? null : jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = "*", Action = "ecr:*", Resource = "*" }]
  })
  tags = { Name = "\${each.key}-\${var.step}" }
}
resource "aws_vpc_endpoint" "s3" {
  vpc_id          = aws_vpc.main.id
  service_name    = data.aws_vpc_endpoint_service.s3.service_name
  route_table_ids = [aws_route_table.private[var.step - 1].id]
}
resource "aws_vpc_endpoint" "dynamodb" {
  vpc_id       = aws_vpc.main.id
  service_name = "com.amazonaws.us-east-1.dynamodb"
}
resource "aws_vpc_endpoint_route_table_association" "dynamodb" {
  route_table_id  = aws_route_table.private[0].id
  vpc_endpoint_id = aws_vpc_endpoint.dynamodb.id
}
resource "aws_vpc_endpoint" "ssm" {
  vpc_id            = aws_vpc.main.id
  service_name      = "com.amazonaws.us-east-1.ssm"
  vpc_endpoint_type = "Interface"
  subnet_ids        = [aws_subnet.private[1].id]
}
resource "aws_vpc_endpoint_security_group_association" "ssm" {
  vpc_endpoint_id             = aws_vpc_endpoint.ssm.id
  security_group_id           = aws_security_group.other.id
  replace_default_association = true
}
resource "aws_vpc_endpoint_private_dns" "ssm" {
  vpc_endpoint_id     = aws_vpc_endpoint.ssm.id
  private_dns_enabled = true
}
resource "aws_vpc_endpoint_policy" "ssm" {
  vpc_endpoint_id = aws_vpc_endpoint.ssm.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = "*", Action = var.step == 1 ? "ssm:*" : "ssm:Get*", Resource = "*" }]
  })
}
resource "aws_network_interface" "own" {
  subnet_id         = aws_subnet.private[0].id
  private_ips_count = var.step
  security_groups   = [aws_security_group.other.id]
  description       = "step \${var.step}"
  source_dest_check = var.step == 1
}
resource "aws_ec2_managed_prefix_list" "office" {
  name           = "office"
  address_family = "IPv4"
  max_entries    = 2
}
resource "aws_vpc_security_group_ingress_rule" "list" {
  security_group_id = aws_security_group.other.id
  prefix_list_id    = aws_ec2_managed_prefix_list.office.id
  from_port         = 443
  to_port           = 443 + var.step
  ip_protocol       = "tcp"
}
resource "aws_vpc_security_group_egress_rule" "s3" {
  security_group_id = aws_security_group.other.id
  prefix_list_id    = aws_vpc_endpoint.s3.prefix_list_id
  from_port         = 443
  to_port           = 443
  ip_protocol       = "tcp"
}
`;

const IMPORTED = [
  "aws_security_group.endpoints",
  'aws_vpc_endpoint.ecr["logs"]',
  "aws_vpc_endpoint.s3",
  "aws_vpc_endpoint_route_table_association.dynamodb",
  "aws_network_interface.own",
  "aws_vpc_security_group_ingress_rule.list",
  "aws_vpc_endpoint_policy.ssm",
];
const bothIds = ({ vpc_endpoint_id: endpoint, route_table_id: table }: Record<string, unknown>): string =>
  `${String(endpoint)}/${String(table)}`;
const IDS = { "aws_vpc_endpoint_route_table_association.dynamodb": bothIds };

const mirror = await terraformMirror();

test.skipIf(mirror === undefined)(
  "terraform applies endpoints with what hangs on them, interfaces and rules of all kinds, plans them empty, changes, imports and destroys them",
  { timeout: 420_000 },
  async () => {
    await using airfield = await airfieldProcess();
    await using tf = await terraform(airfield, mirror ?? "", CONFIGURATION);
    const client = airfield.client(EC2Client);
    await tf.apply(1);
    expect(await tf.plan(1)).toEqual([]);
    await tf.apply(2);
    expect(await tf.plan(2)).toEqual([]);
    expect(await tf.reimport(IMPORTED, 2, IDS)).toEqual([]);
    const Filters = [{ Name: "service-name", Values: ["com.amazonaws.us-east-1.ssm"] }];
    const { VpcEndpoints } = await client.send(new DescribeVpcEndpointsCommand({ Filters }));
    expect(VpcEndpoints?.find(({ Tags }) => Tags?.length === 0)).toMatchObject({
      State: "available",
      PrivateDnsEnabled: true,
      Groups: [{ GroupName: "other" }],
    });
    await tf.destroy(2);
    const { Vpcs } = await client.send(new DescribeVpcsCommand({}));
    expect(Vpcs?.map(({ IsDefault }) => IsDefault)).toEqual([true]);
    const described = await client.send(new DescribeNetworkInterfacesCommand({}));
    expect(new Set(described.NetworkInterfaces?.map(({ VpcId }) => VpcId))).toEqual(new Set([Vpcs?.[0]?.VpcId]));
  },
);
