import { DescribeAddressesCommand, DescribeNatGatewaysCommand, DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { airfieldProcess } from "../../src/testing/airfield-process.ts";
import { terraform, terraformMirror } from "../../src/testing/terraform.ts";

const CONFIGURATION = `
data "aws_availability_zones" "az" { state = "available" }
resource "aws_vpc" "main" {
  cidr_block           = "10.40.0.0/16"
  enable_dns_hostnames = true
}
resource "aws_subnet" "public" {
  count                   = 2
  vpc_id                  = aws_vpc.main.id
  cidr_block              = cidrsubnet(aws_vpc.main.cidr_block, 8, count.index)
  availability_zone       = data.aws_availability_zones.az.names[count.index]
  map_public_ip_on_launch = true
}
resource "aws_subnet" "private" {
  count             = 2
  vpc_id            = aws_vpc.main.id
  cidr_block        = cidrsubnet(aws_vpc.main.cidr_block, 8, 10 + count.index)
  availability_zone = data.aws_availability_zones.az.names[count.index]
}
resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
  tags   = { Name = "gateway-\${var.step}" }
}
resource "aws_egress_only_internet_gateway" "main" { vpc_id = aws_vpc.main.id }
resource "aws_eip" "nat" { domain = "vpc" }
resource "aws_nat_gateway" "outward" {
  allocation_id = aws_eip.nat.id
  subnet_id     = aws_subnet.public[0].id
  depends_on    = [aws_internet_gateway.main]
}
resource "aws_nat_gateway" "inward" {
  connectivity_type = "private"
  subnet_id         = aws_subnet.private[0].id
  private_ip        = "10.40.10.77"
}
resource "aws_route_table" "public" {
  vpc_id = aws_vpc.main.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.main.id
  }
  route {
    ipv6_cidr_block        = "::/0"
    egress_only_gateway_id = aws_egress_only_internet_gateway.main.id
  }
  dynamic "route" {
    for_each = var.step == 1 ? [] : ["192.0.2.0/24"]
    content {
      cidr_block = route.value
      gateway_id = aws_internet_gateway.main.id
    }
  }
}
resource "aws_route_table" "private" { vpc_id = aws_vpc.main.id }
resource "aws_route" "out" {
  route_table_id         = aws_route_table.private.id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = var.step == 1 ? aws_nat_gateway.outward.id : aws_nat_gateway.inward.id
}
resource "aws_route_table_association" "public" {
  count          = 2
  subnet_id      = aws_subnet.public[count.index].id
  route_table_id = aws_route_table.public.id
}
resource "aws_route_table_association" "moved" {
  subnet_id      = aws_subnet.private[0].id
  route_table_id = var.step == 1 ? aws_route_table.private.id : aws_route_table.public.id
}
resource "aws_default_route_table" "main" {
  default_route_table_id = aws_vpc.main.default_route_table_id
  route {
    cidr_block = "198.51.100.0/24"
    gateway_id = aws_internet_gateway.main.id
  }
}
resource "aws_network_acl" "listed" {
  vpc_id     = aws_vpc.main.id
  subnet_ids = [aws_subnet.private[1].id]
  ingress {
    rule_no    = 100
    action     = "allow"
    protocol   = "tcp"
    cidr_block = "10.40.0.0/16"
    from_port  = 5432
    to_port    = var.step == 1 ? 5432 : 5433
  }
  egress {
    rule_no    = 100
    action     = "allow"
    protocol   = "-1"
    cidr_block = "0.0.0.0/0"
    from_port  = 0
    to_port    = 0
  }
}
resource "aws_network_acl" "single" { vpc_id = aws_vpc.main.id }
resource "aws_network_acl_rule" "ping" {
  network_acl_id = aws_network_acl.single.id
  rule_number    = 120
  protocol       = "icmp"
  rule_action    = "allow"
  cidr_block     = "10.0.0.0/8"
  icmp_type      = 8
  icmp_code      = -1
}
resource "aws_network_acl_association" "single" {
  network_acl_id = aws_network_acl.single.id
  subnet_id      = aws_subnet.public[1].id
}
resource "aws_default_network_acl" "main" {
  default_network_acl_id = aws_vpc.main.default_network_acl_id
  ingress {
    rule_no    = 90
    action     = "deny"
    protocol   = "udp"
    cidr_block = "0.0.0.0/0"
    from_port  = 0
    to_port    = 65535
  }
  lifecycle { ignore_changes = [subnet_ids] }
}
resource "aws_vpc" "other" { cidr_block = "10.41.0.0/16" }
resource "aws_route_table" "other" { vpc_id = aws_vpc.other.id }
resource "aws_main_route_table_association" "other" {
  vpc_id         = aws_vpc.other.id
  route_table_id = aws_route_table.other.id
}
resource "aws_internet_gateway" "other" {}
resource "aws_internet_gateway_attachment" "other" {
  internet_gateway_id = aws_internet_gateway.other.id
  vpc_id              = aws_vpc.other.id
}
resource "aws_network_interface" "own" {
  subnet_id = aws_subnet.public[0].id
}
resource "aws_eip" "own" { domain = "vpc" }
resource "aws_eip_association" "own" {
  allocation_id        = aws_eip.own.id
  network_interface_id = aws_network_interface.own.id
  depends_on           = [aws_internet_gateway.main]
}
`;

const IMPORTED = [
  "aws_internet_gateway.main",
  "aws_egress_only_internet_gateway.main",
  "aws_eip.nat",
  "aws_nat_gateway.outward",
  "aws_nat_gateway.inward",
  "aws_route_table.public",
  "aws_route.out",
  "aws_route_table_association.moved",
  "aws_network_acl.listed",
  "aws_network_acl_rule.ping",
  "aws_network_acl_association.single",
  "aws_internet_gateway_attachment.other",
  "aws_eip_association.own",
];

type Values = Readonly<Record<string, string>>;

const mirror = await terraformMirror();

test.skipIf(mirror === undefined)(
  `Terraform makes routes, gateways, addresses and network ACLs, plans clean, changes them, imports and destroys them${mirror === undefined ? " (Terraform or its AWS provider is not here)" : ""}`,
  { timeout: 900_000 },
  async () => {
    await using airfield = await airfieldProcess();
    await using tf = await terraform(airfield, mirror ?? "", CONFIGURATION);
    await tf.apply(1);
    expect(await tf.plan(1)).toEqual([]);
    const ec2 = airfield.client(EC2Client);
    const { NatGateways } = await ec2.send(new DescribeNatGatewaysCommand({}));
    expect(NatGateways?.map(({ State }) => State)).toEqual(["available", "available"]);
    expect(await tf.plan(2)).toEqual(
      [
        "aws_internet_gateway.main update",
        "aws_network_acl.listed update",
        "aws_route.out update",
        "aws_route_table.public update",
        "aws_route_table_association.moved update",
      ].toSorted(),
    );
    await tf.apply(2);
    expect(await tf.plan(2)).toEqual([]);
    const ids = {
      "aws_route.out": (route: Values) => `${route["route_table_id"]}_${route["destination_cidr_block"]}`,
      "aws_route_table_association.moved": (one: Values) => `${one["subnet_id"]}/${one["route_table_id"]}`,
      "aws_network_acl_rule.ping": (rule: Values) => `${rule["network_acl_id"]}:120:icmp:false`,
    };
    expect(await tf.reimport(IMPORTED, 2, ids)).toEqual([]);
    await tf.destroy(2);
    expect((await ec2.send(new DescribeAddressesCommand({}))).Addresses).toEqual([]);
    expect((await ec2.send(new DescribeVpcsCommand({ Filters: [{ Name: "is-default", Values: ["false"] }] }))).Vpcs).toEqual([]);
  },
);
